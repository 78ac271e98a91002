import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Base, baseIn, firstNeeded } from '../../../../src/domain/archive/base.ts';
import { continuityFrom } from '../../../../src/domain/archive/continuity.ts';
import { planRetention, prunable, type RetainedBackup } from '../../../../src/domain/archive/retention.ts';
import type { Segment } from '../../../../src/domain/archive/segments.ts';
import { renderMarker } from '../../../../src/domain/backup/manifest.ts';

const tag = (day: number) => `kassette-202603${String(day).padStart(2, '0')}T021500Z-1a2b`;
const base = (first: number): Base => ({
  ...{ first: String(first), startedAt: '2026-03-01T02:15:00.000Z', endedAt: '2026-03-01T02:15:01.000Z' },
});
const kept = (day: number, first = day): RetainedBackup => ({
  tag: tag(day),
  marker: renderMarker(tag(day), { sha256: '' }, undefined, base(first)),
});
const volume = (retained: readonly RetainedBackup[], more = {}) => ({
  ...{ retained, restoredAt: null, stopped: false, ...more },
});
const segments = (...ids: readonly number[]): readonly Segment[] =>
  ids.map((id) => ({ name: `CommitLog-7-${id}.log`, id: BigInt(id), bytes: 1, modifiedAt: 0 }));

test('the newest backups stay, with the new one as many as asked for', () => {
  const volumes = [volume([kept(1), kept(2), kept(3)]), volume([kept(3), kept(2), kept(1)])];
  assert.deepEqual(planRetention(volumes, 3), { stay: [tag(2), tag(3)], go: [tag(1)] });
  assert.deepEqual(planRetention(volumes, 1), { stay: [], go: [tag(1), tag(2), tag(3)] });
  assert.deepEqual(planRetention(volumes, 9).go, []);
  assert.deepEqual(planRetention([], 2), { stay: [], go: [] });
});

test('as long as a rewind can be undone all stay', () => {
  const volumes = [volume([kept(1), kept(2)], { stopped: true }), volume([kept(2)])];
  assert.deepEqual(planRetention(volumes, 1, true), { stay: [tag(1), tag(2)], go: [] });
});

test('what is no base any more does not stay', () => {
  const all = [kept(1), kept(2)];
  const go = (...volumes: readonly ReturnType<typeof volume>[]) => planRetention(volumes, 9).go;
  assert.deepEqual(go(volume(all), volume([kept(2)])), [tag(1)], 'missing on a node');
  assert.deepEqual(
    go(volume(all), volume([kept(2), { tag: tag(1), marker: null }])),
    [tag(1)],
    'half removed',
  );
  assert.deepEqual(go(volume(all), volume(all, { restoredAt: '2026-03-01T12:00:00.000Z' })), [tag(1)]);
  assert.deepEqual(go(volume(all), volume(all, { stopped: true })), [tag(1), tag(2)]);
});

test('segments that a kept backup needs stay, and the last of the others', () => {
  const archived = segments(9, 10, 4, 5, 6);
  const names = (...ids: readonly number[]) => ids.map((id) => `CommitLog-7-${id}.log`);
  assert.deepEqual(prunable(archived, [kept(2, 9), kept(1, 6)]), names(4));
  assert.deepEqual(prunable(archived, [kept(2, 10)]), names(4, 5, 6));
  assert.deepEqual(prunable(archived, []), names(4, 5, 6, 9));
  assert.deepEqual(prunable([], []), []);
});

test('of any archive: pruning never makes a gap for what is kept', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
  fc.assert(
    fc.property(ids, fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }), (archived, firsts) => {
      const all = segments(...archived);
      const gone = prunable(
        all,
        firsts.map((first) => kept(1, first)),
      );
      const left = all.filter((s) => !gone.includes(s.name));
      for (const first of firsts)
        assert.deepEqual(continuityFrom(BigInt(first), left), continuityFrom(BigInt(first), all));
    }),
  );
});

test('the log goes on from the segment that is written; where none is seen, behind the newest archived one', () => {
  assert.equal(firstNeeded(segments(5, 6), segments(8, 7)), 7n);
  assert.equal(
    firstNeeded(segments(5, 6), segments(2, 6, 7, 8)),
    7n,
    'older ones have ended, archived or not',
  );
  assert.equal(firstNeeded([], segments(7)), 7n);
  assert.equal(firstNeeded(segments(5, 6), []), 7n);
  assert.equal(firstNeeded([], segments(8, 7)), 7n);
  assert.equal(firstNeeded([], []), null);
});

test('a marker says where the log goes on, or nothing; what was altered says nothing', () => {
  assert.deepEqual(baseIn(kept(1, 12).marker), base(12));
  for (const text of [null, '', '{', '{"base":1}', '{"base":{"first":"x"}}', '{"base":{"first":"-1"}}'])
    assert.equal(baseIn(text), null);
});
