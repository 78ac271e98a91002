import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderJournal } from '../../../../src/domain/restore/journal.ts';
import { afterRestore } from '../../../../src/engine/verbs/after-restore.ts';
import { OPTIONS, outcomeOf, RestorableCluster, TAG } from '../../support/restorable-cluster.ts';

/** Runs after-restore on it; answers the events as well. */
async function eventsOf(c: RestorableCluster) {
  return { outcome: await outcomeOf(afterRestore(c.ports, OPTIONS)), told: c.told };
}

test('a restore that is refused is told on the datacenters, with why', async () => {
  const c = new RestorableCluster();
  for (const { volume } of c.nodes) rmSync(join(volume, 'kassette', TAG, 'complete'));
  const { told, outcome } = await eventsOf(c);
  assert.equal(outcome, 'BACKUP_INCOMPLETE');
  assert.equal(told.length, 1);
  assert.match(told.join(), /^RestoreRefused: This run changed nothing: .*n-dc1/);
});

test('a restore that was cut off when all was loaded still tells which tables were written to', async () => {
  const c = new RestorableCluster();
  const journal = renderJournal({
    ...{ version: 1, tag: TAG, stage: 'loaded', startedAt: '2026-03-01T03:00:00.000Z' },
    ...{
      autoSnapshots: [],
      recreated: [],
      concurrentWrites: ['"shop"."orders"'],
      tables: 2,
      files: 16,
      bytes: 100,
    },
  });
  c.put(`${TAG}/restore.json`, journal);
  const { told, outcome } = await eventsOf(c);
  assert.ok(typeof outcome !== 'string');
  assert.deepEqual(
    outcome.clusters.map((r) => [r.outcome, r.tables, r.concurrentWrites]),
    [['finished', 2, ['"shop"."orders"']]],
  );
  assert.match(told.join(), /^RestoreFinished: .* "shop"\."orders": written to while being restored\. /);
});
