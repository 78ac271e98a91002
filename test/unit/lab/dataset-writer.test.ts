import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventRow } from '../../../lab/dataset/events.ts';
import { judgeLive } from '../../../lab/dataset/live-check.ts';
import type { LiveWrite } from '../../../lab/dataset/writer.ts';

const WINDOW = { start: 1000, end: 2000 };

function write(id: number, version: number, sentAt: number, acknowledgedAt?: number): LiveWrite {
  return { id, version, sentAt, acknowledgedAt };
}

/** Row 1 acknowledged before the backup, twice; 2 during it; 3 after it; 4 never. */
const WRITES = [
  write(1, 0, 100, 110),
  write(1, 1, 900, 910),
  write(2, 0, 990, 1010),
  write(3, 0, 2001, 2010),
  write(4, 0, 500),
];

function judge(...rows: readonly (readonly [id: number, version: number])[]) {
  return judgeLive(
    rows.map(([id, version]) => ({ ...eventRow(id, version) })),
    WRITES,
    WINDOW,
  );
}

test('what was acknowledged before the backup suffices', () => {
  const check = judge([1, 1]);
  assert.deepEqual(check, {
    ok: true,
    rows: 1,
    due: 1,
    present: 1,
    optional: 0,
    missing: [],
    tooNew: [],
    altered: [],
  });
});

test('what was under way or failed may be there', () => {
  const check = judge([1, 1], [2, 0], [4, 0]);
  assert.equal(check.ok, true);
  assert.equal(check.optional, 2);
});

test('a missing row is found', () => {
  assert.deepEqual(judge([2, 0]).missing, ['row 1: not there, version 1 was acknowledged']);
});

test('an older version than the acknowledged one is found', () => {
  assert.deepEqual(judge([1, 0]).missing, ['row 1: version 0, but 1 was acknowledged']);
});

test('a row from after the backup is found', () => {
  assert.deepEqual(judge([1, 1], [3, 0]).tooNew, ['row 3: version 0 was sent later']);
});

test('a version that nobody wrote is found', () => {
  assert.deepEqual(judge([1, 7]).altered, ['row 1: version 7 was never written']);
});

test('a changed cell is found', () => {
  const row = { ...eventRow(1, 1), body: 'changed' };
  const check = judgeLive([row], WRITES, WINDOW);
  assert.equal(check.ok, false);
  assert.match(check.altered[0] ?? '', /^row 1: expected .* got .*changed/);
});
