import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewProgressOf } from '../../../../src/adapters/cql/index-builds.ts';
import { droppedAt } from '../../../../src/domain/backup/untrusted.ts';
import { truncationTime } from '../../../../src/domain/moment/same-moment.ts';

test('what builds of views have done grows with partitions and with tokens; other work does not count', () => {
  const builds = [{ keys_built: 1001 }, { keys_built: 2001 }];
  const tasks = [
    { kind: 'view build', progress: 500 },
    { kind: 'compaction', progress: 7_000_000 },
    { kind: 'secondary index build', progress: 90 },
  ];
  assert.equal(viewProgressOf(builds, tasks), 3502);
  assert.equal(viewProgressOf([], []), 0);
});

test('the time of a truncation is behind its position in the commit log', () => {
  const position = '0000019ac4e3d2f10000a1b2';
  assert.equal(truncationTime(`${position}0000019ac4e3d300`), 0x19ac4e3d300);
  assert.equal(truncationTime(undefined), 0);
});

test('an automatic snapshot is of the table that was dropped, by its id', () => {
  const view = { keyspace: 'shop', name: 'by_day', id: '00000001-c7b1-11f0-8f0c-000000000000' };
  const directory = 'data/shop/by_day-00000001c7b111f08f0c000000000000';
  assert.equal(droppedAt(`${directory}/snapshots/dropped-1772331422117-by_day`, view), 1772331422117);
  assert.equal(droppedAt(`${directory}/snapshots/truncated-1772331422117-by_day`, view), null);
  assert.equal(droppedAt(`${directory}9/snapshots/dropped-1772331422117-by_day`, view), null);
});
