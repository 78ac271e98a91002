import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseBase } from '../../../../src/domain/rewind/base.ts';

const tag = (hour: number) => `kassette-20260301T${String(hour).padStart(2, '0')}0000Z-1a2b`;
const at = (hour: number, second = 0) => new Date(Date.UTC(2026, 2, 1, hour, 0, second));
/** Of a backup that took two seconds and a half on each node. */
const marker = (hour: number) => {
  const to = new Date(at(hour, 2).getTime() + 500);
  return JSON.stringify({
    tag: tag(hour),
    base: { first: '7', startedAt: at(hour).toISOString(), endedAt: to.toISOString() },
  });
};
const NODES = ['a', 'b'];
const both = (hour: number, text: string | null = marker(hour)) =>
  NODES.map((node) => ({ node, tag: tag(hour), marker: text }));
const chosen = (parts: Parameters<typeof chooseBase>[1], target: Date, since: string | null = null) =>
  chooseBase(NODES, parts, target, since).tag;

test('the newest that every node has, and that was whole by then', () => {
  const parts = [...both(2), ...both(4), ...both(6)];
  assert.equal(chosen(parts, at(5)), tag(4));
  assert.equal(chosen(parts, at(4, 3)), tag(4));
  assert.equal(chosen(parts, at(4, 2)), tag(2));
  assert.equal(chosen([...parts, { node: 'a', tag: tag(7), marker: marker(7) }], at(8)), tag(6));
});

for (const [what, parts, target, since, message, hint] of [
  ['none is there', [], at(5), null, /: there is none/, /before-backup/],
  ['one that is not complete', both(2, null), at(5), null, /archived no log by then/, /before-backup/],
  ['an older marker', both(2, '{"tag":"x"}'), at(5), null, /archived no log by then/, /before-backup/],
  [
    'a target before all of them',
    both(4),
    at(3),
    null,
    /was whole at 2026-03-01T04:00:03Z/,
    /from 2026-03-01T04:00:03Z on/,
  ],
  [
    'a restore since',
    both(4),
    at(6),
    at(5).toISOString(),
    /became another one at 2026-03-01T05/,
    /before-backup/,
  ],
] as const)
  test(`refused with what can be reached: ${what}`, () => {
    assert.throws(() => chosen(parts, target, since), { code: 'NO_BASE', message, hint });
  });

test('a backup that was made after the last restore is a base', () => {
  assert.equal(chosen([...both(2), ...both(4)], at(6), at(3).toISOString()), tag(4));
});
