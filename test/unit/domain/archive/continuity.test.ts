import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { continuityFrom } from '../../../../src/domain/archive/continuity.ts';
import type { Segment } from '../../../../src/domain/archive/segments.ts';

const START = 1_795_720_842_000;
const segment = (id: number, modifiedAt: number): Segment => ({
  ...{ name: `CommitLog-7-${id}.log`, id: BigInt(id), bytes: 10, modifiedAt },
});

/** What one run of a node leaves: ids from its start on, a segment every 20 s. */
const run = (start: number, count: number): readonly Segment[] =>
  Array.from({ length: count }, (_, i) => segment(start + 1 + i, start + (i + 1) * 20_000));

const names = (segments: readonly Segment[]) => segments.map((s) => Number(s.id));

test('what one run has written follows each other from the first that is needed', () => {
  const all = run(START, 5);
  const { whole, gaps, restarts } = continuityFrom(all[2]?.id ?? 0n, all.toReversed());
  assert.deepEqual(names(whole), [START + 3, START + 4, START + 5]);
  assert.deepEqual([gaps, restarts], [[], []]);
});

test('a start of the node is no gap: its ids begin with a time at which all before was written', () => {
  const second = START + 200_000;
  const all = [...run(START, 3), ...run(second, 2)];
  const { whole, gaps, restarts } = continuityFrom(BigInt(START + 1), all);
  assert.equal(whole.length, 5);
  assert.deepEqual(gaps, []);
  assert.deepEqual(restarts, [{ from: START + 60_000, to: second + 1 }]);
});

test('a missing segment ends the log, with what is known of it', () => {
  const all = run(START, 6);
  const { whole, gaps } = continuityFrom(
    BigInt(START + 1),
    all.filter((_, i) => i !== 2 && i !== 3),
  );
  assert.deepEqual(names(whole), [START + 1, START + 2]);
  const [after, before] = [`CommitLog-7-${START + 2}.log`, `CommitLog-7-${START + 5}.log`];
  assert.deepEqual(gaps, [{ after, before, from: START + 40_000, segments: 2 }]);
});

test('without the first segment nothing is in reach, whatever follows', () => {
  const { whole, gaps, restarts } = continuityFrom(BigInt(START + 1), run(START, 3).slice(1));
  assert.deepEqual(whole, []);
  assert.deepEqual(restarts, []);
  assert.deepEqual(gaps, [{ after: null, before: `CommitLog-7-${START + 2}.log`, from: null, segments: 1 }]);
  assert.equal(continuityFrom(1n, []).gaps.length, 1);
});

test('a segment that is in the archive and still in the log counts once', () => {
  const all = run(START, 3);
  assert.equal(continuityFrom(BigInt(START + 1), [...all, ...all]).whole.length, 3);
});

test('what is not certain is a gap: a clock that was set back while the node was down', () => {
  const [first, ...others] = run(START, 3);
  // Cassandra takes one more than the highest id that it finds, and leaves that out.
  const after = [...others].map((s) => segment(Number(s.id) + 1, s.modifiedAt - 3_600_000));
  assert.equal(
    continuityFrom(
      BigInt(START + 1),
      [first, ...after].flatMap((s) => s ?? []),
    ).gaps.length,
    1,
  );
});

test('of any runs of a node: whole as it is, and never whole without one of its segments but the last ones', () => {
  const runs = fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 20 }), pause: fc.integer({ min: 1, max: 10 ** 7 }) }),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(
      runs,
      fc.nat(),
      fc.infiniteStream(fc.integer({ min: 5, max: 60_000 })),
      (given, lost, durations) => {
        const all: Segment[] = [];
        let at = START;
        for (const { count, pause } of given) {
          at += pause;
          const base = at;
          for (let n = 1; n <= count; n++) {
            at += durations.next().value ?? 1;
            all.push(segment(base + n, at));
          }
        }
        const first = all[0]?.id ?? 0n;
        assert.deepEqual(continuityFrom(first, all), { ...continuityFrom(first, all), whole: all, gaps: [] });
        const index = lost % all.length;
        const without = all.filter((_, i) => i !== index);
        const { gaps, whole } = continuityFrom(first, without);
        const [missing, next] = [all[index], all[index + 1]];
        // The last of a run leaves no trace in names: Cassandra archives what it finds at its next start.
        if (missing === undefined || next === undefined || next.id !== missing.id + 1n) return;
        const isFirst = index > 0 && all[index - 1]?.id !== missing.id - 1n;
        if (isFirst) return;
        assert.equal(gaps.length, 1);
        assert.deepEqual(whole, index === 0 ? [] : all.slice(0, index));
      },
    ),
  );
});
