import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stop } from '../../../../src/domain/archive/stopped.ts';
import type { SegmentCheck } from '../../../../src/domain/rewind/log-check.ts';
import {
  checkNotSilent,
  checkReaches,
  nodeLog,
  type SegmentFile,
} from '../../../../src/domain/rewind/node-log.ts';

const START = Date.parse('2026-03-01T14:00:00Z');
const WHOLE: SegmentCheck = { kind: 'whole', mutations: 1, bytes: 5 };
const DAMAGED: SegmentCheck = { kind: 'damaged', at: 99, why: 'it is torn', torn: true };
const BASE = {
  first: String(START + 2),
  startedAt: '2026-03-01T14:00:00.000Z',
  endedAt: '2026-03-01T14:00:01.500Z',
};

/** The n-th segment of a run of the node that started at `START`; each is written for ten seconds. */
const file = (n: number, run = 0): SegmentFile => ({
  ...{ id: BigInt(START + run + n), name: `s${run + n}`, path: `kassette/commitlog/s${run + n}`, bytes: 10 },
  modifiedAt: START + run + n * 10_000,
});
const log = (
  files: readonly SegmentFile[],
  checks: Readonly<Record<string, SegmentCheck>> = {},
  { stop = null, running = false }: { stop?: Stop | null; running?: boolean } = {},
) => {
  const checkOf = (path: string) => checks[path.split('/').at(-1) ?? ''] ?? WHOLE;
  return nodeLog('n', BASE, files, { checkOf, stop, running });
};
const until = (found: ReturnType<typeof nodeLog>) => found.end?.until?.toISOString();
const names = (of: ReturnType<typeof nodeLog>) =>
  of.segments.map((s) => `${s.path.split('/').at(-1)}${s.last ? ' last' : ''}`);

test('what was written before the backup is left out, and the rest is in the order of replay', () => {
  const found = log([file(4), file(1), file(3), file(2)]);
  assert.deepEqual(names(found), ['s2', 's3', 's4 last']);
  assert.equal(found.end, null);
});

test('the last segment of each run of the node may be torn, and one that was made in advance is left out', () => {
  const later = 3_600_000;
  const found = log([file(2), file(3), file(1, later), file(2, later), file(3, later)], {
    s3: DAMAGED,
    [`s${later + 3}`]: { kind: 'empty' },
  });
  assert.deepEqual(names(found), ['s2', 's3 last', `s${later + 1}`, `s${later + 2} last`]);
  assert.equal(found.end, null);
  assert.deepEqual(found.torn, [{ ...DAMAGED, name: 's3' }]);
});

test('damage with more behind it is none that the end of the node has left, also in the last segment of a run', () => {
  const followed = { ...DAMAGED, torn: false };
  for (const files of [
    [file(2), file(3), file(1, 3_600_000)],
    [file(2), file(3)],
  ]) {
    const found = log(files, { s3: followed });
    assert.deepEqual([names(found), until(found)], [['s2'], '2026-03-01T14:00:20.000Z']);
    assert.deepEqual([found.restarts, found.torn], [[], []]);
  }
});

test('a segment that is being written may look like anything but at its beginning; no other may', () => {
  const followed = { ...DAMAGED, torn: false };
  const found = log([file(2), file(3), file(4)], { s3: followed, s4: { kind: 'empty' } }, { running: true });
  assert.deepEqual([names(found), found.end, found.torn], [['s2', 's3 last'], null, []]);
  assert.deepEqual(names(log([file(2), file(3)], { s2: followed }, { running: true })), []);
  const later = [file(2), file(3), file(1, 3_600_000)];
  assert.deepEqual(names(log(later, { s3: followed }, { running: true })), ['s2']);
  assert.deepEqual(names(log([file(2), file(3)], { s3: { ...followed, at: 0 } }, { running: true })), ['s2']);
});

test('one that is empty while the next of the same run is not is damaged, and no start of the node is made of it', () => {
  const empty: SegmentCheck = { kind: 'empty' };
  const found = log([file(2), file(3), file(4)], { s3: empty });
  assert.deepEqual([names(found), until(found)], [['s2'], '2026-03-01T14:00:20.000Z']);
  assert.match(found.end?.why ?? '', /^s3 is damaged .*nothing is in it/);
  assert.deepEqual(found.restarts, []);
  assert.deepEqual(names(log([file(2), file(3), file(4), file(5)], { s3: empty, s4: empty })), ['s2']);
  assert.deepEqual(names(log([file(2), file(3), file(4)], { s3: empty, s4: empty })), ['s2 last']);
});

test('a gap, or damage in the middle, ends what can be replayed', () => {
  const gap = log([file(2), file(3), file(5), file(6)]);
  assert.deepEqual(names(gap), ['s2', 's3 last']);
  assert.equal(until(gap), '2026-03-01T14:00:30.000Z');
  const damaged = log([file(2), file(3), file(4), file(5)], { s4: DAMAGED });
  assert.deepEqual(names(damaged), ['s2', 's3']);
  assert.equal(until(damaged), '2026-03-01T14:00:30.000Z');
  assert.match(damaged.end?.why ?? '', /s4 is damaged at byte 99/);
  assert.equal(log([file(3), file(4)]).end?.until, null);
  assert.equal(log([]).end?.until, null);
});

test('a target beyond is refused with the latest second that every node has', () => {
  const logs = new Map([
    ['a', log([file(2), file(3), file(5)])],
    ['b', log([file(2), file(4)])],
    ['c', log([file(2), file(3)])],
  ]);
  const from = new Date(BASE.endedAt);
  checkReaches(logs, new Date('2026-03-01T14:00:20Z'), from);
  assert.throws(
    () => checkReaches(logs, new Date('2026-03-01T14:00:21Z'), from),
    (error: Error & { hint: string }) => {
      assert.match(
        error.message,
        /The log of b does not go on to 2026-03-01T14:00:21Z: 1 segment is missing after s2/,
      );
      assert.match(error.hint, /is 2026-03-01T14:00:20Z/);
      return true;
    },
  );
  const none = new Map([['a', log([file(3)])]]);
  assert.throws(() => checkReaches(none, new Date('2026-03-01T14:00:20Z'), from), {
    code: 'LOG_GAP',
    hint: /no second can be reached/,
  });
});

test('a segment that cannot be looked into is refused', () => {
  assert.throws(() => log([file(2)], { s2: { kind: 'closed', why: 'is compressed' } }), {
    code: 'REWIND_UNSUPPORTED',
  });
});

const HOUR = 3_600_000;
/** Of a node that wrote its last second at 14:00:30, and was started again at 15:00:00. */
const restarted = () => log([file(2), file(3), file(1, HOUR), file(2, HOUR)]);
/** Of one that wrote for an hour and more. */
const steady = () => log([file(2), { ...file(3), modifiedAt: START + 2 * HOUR }]);
const silent = (at: string, restored: boolean, ...logs: readonly ReturnType<typeof nodeLog>[]) =>
  checkNotSilent(new Map(logs.map((l, i) => [`n${i}`, l])), new Date(at), new Date(BASE.endedAt), restored);

test('a second at which no node wrote its log is refused with the latest before', () => {
  for (const restored of [false, true]) {
    assert.equal(silent('2026-03-01T14:00:29Z', restored, restarted(), restarted()), null);
    assert.equal(silent('2026-03-01T15:00:00Z', restored, restarted(), restarted()), null);
    assert.throws(() => silent('2026-03-01T14:00:30Z', restored, restarted(), restarted()), {
      code: 'LOG_GAP',
      message: /until 2026-03-01T14:00:30Z: from 2026-03-01T14:00:30Z to 2026-03-01T15:00:00Z n0 has no log/,
      hint: /is 2026-03-01T14:00:29Z/,
    });
  }
});

test('a node that was down while others worked is named; where volumes were restored, it ends what can be reached', () => {
  const at = '2026-03-01T14:30:00Z';
  assert.match(silent(at, false, restarted(), steady()) ?? '', /^n0 logged nothing at 2026-03-01T14:30:00Z/);
  assert.throws(() => silent(at, true, steady(), restarted()), {
    code: 'LOG_GAP',
    message: / n1 has no log/,
  });
});

test('what a compressed segment expands to counts, and of another one what its file takes', () => {
  const found = log([file(2), file(3)], { s3: { kind: 'whole', mutations: null, bytes: 70 } });
  assert.deepEqual(
    found.segments.map((s) => [s.bytes, s.content]),
    [
      [10, 10],
      [10, 70],
    ],
  );
});

test('one that was made in advance says nothing of when a run ended', () => {
  const found = log([file(2), file(3), { ...file(4), modifiedAt: START }, file(1, HOUR)], {
    s4: { kind: 'empty' },
  });
  assert.deepEqual(found.restarts, [{ from: START + 30_000, to: START + HOUR + 1 }]);
});

test('what an archive that stopped has lost is not taken for a start of the node, nor is what lies behind it in reach', () => {
  const stop = { id: BigInt(START + 4), why: 'its archive stopped' };
  const started = log([file(2), file(3), file(1, HOUR)], {}, { stop });
  assert.deepEqual(names(started), ['s2', 's3 last']);
  assert.deepEqual(started.restarts, []);
  for (const found of [
    started,
    log([file(2), file(3), file(4)], {}, { stop }),
    log([file(2), file(3)], {}, { stop }),
  ]) {
    assert.equal(until(found), '2026-03-01T14:00:30.000Z');
    const logs = new Map([['n', found]]);
    checkReaches(logs, new Date('2026-03-01T14:00:30Z'), new Date(BASE.endedAt));
    assert.throws(() => checkReaches(logs, new Date('2026-03-01T15:30:00Z'), new Date(BASE.endedAt)), {
      code: 'LOG_GAP',
      message: /does not go on to 2026-03-01T15:30:00Z: its archive stopped\.$/,
      hint: /is 2026-03-01T14:00:30Z/,
    });
  }
  assert.equal(log([file(2)], {}, { stop: { ...stop, id: BigInt(START + 2) } }).end?.until, null);
});
