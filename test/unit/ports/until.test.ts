import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Look, lookUntil, SYSTEM_CLOCK, until } from '../../../src/ports/until.ts';
import { fakeClock } from '../support/fake-clock.ts';

const late = () => new Error('late');

/** What looks see, one after the other; nothing after the last. */
function seeing(...sights: readonly Look<number>[]) {
  let looks = 0;
  return { look: async () => sights[looks++] ?? null, looks: () => looks };
}

test('it looks at once, and again at its pace until it has come', async () => {
  const clock = fakeClock();
  assert.equal(await until(seeing({ found: 1 }).look, { every: 1000, clock, late }), 1);
  assert.equal(clock.seconds(), 0);
  await until(seeing(null, null, { found: 1 }).look, { every: 1000, clock, late });
  assert.equal(clock.seconds(), 2);
  const slower = fakeClock();
  const { look } = seeing(null, null, null, null, { found: 1 });
  await until(look, { every: { first: 1000, slowest: 2000 }, clock: slower, late });
  assert.equal(slower.seconds(), 1 + 1.5 + 2 + 2);
});

test('its time runs from the beginning, or from when it last got nearer, and one look there always is', async () => {
  const clock = fakeClock();
  await assert.rejects(until(seeing().look, { every: 1000, within: 3000, clock, late }), /late/);
  assert.equal(clock.seconds(), 3);
  const nearer = seeing('a', 'a', 'b', 'b', 'b', { found: 1 });
  assert.deepEqual(await lookUntil(nearer.look, { every: 1000, within: 3000, clock }), { found: 1 });
  const stuck = seeing('a', 'a', 'b', 'b', 'b', 'b', { found: 1 });
  assert.equal(await lookUntil(stuck.look, { every: 1000, within: 3000, clock }), null);
  const none = seeing(null);
  assert.equal(await lookUntil(none.look, { every: 1000, within: 0, clock }), null);
  assert.equal(none.looks(), 1);
});

test('a signal ends it before the next look', async () => {
  const signal = AbortSignal.abort(new Error('stop'));
  const { look, looks } = seeing({ found: 1 });
  await assert.rejects(until(look, { every: 1, clock: fakeClock(), late, signal }), /stop/);
  assert.equal(looks(), 0);
});

test('a clock that is set while a run waits makes no wait longer or shorter', async (t) => {
  const began = SYSTEM_CLOCK.now().getTime();
  for (const hours of [-1, 1]) {
    t.mock.timers.enable({ apis: ['Date'], now: began + hours * 3_600_000 });
    const { look } = seeing(null, { found: 1 });
    assert.deepEqual(await lookUntil(look, { every: 1, within: 600_000 }), { found: 1 });
    assert.ok(Math.abs(SYSTEM_CLOCK.now().getTime() - began) < 600_000, `${hours}`);
    t.mock.timers.reset();
  }
});
