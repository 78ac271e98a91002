import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterRestore } from '../../src/commands/after-restore/after-restore.ts';
import { renderJournal } from '../../src/domain/journal.ts';
import { FakeCluster, OPTIONS, outcomeOf, TAG } from './fake-cluster.ts';

/** Runs after-restore on it; answers the events as well. */
async function eventsOf(fake: FakeCluster) {
  const told: string[] = [];
  const tell = async (_: unknown, reason: string, what: string) => void told.push(`${reason}: ${what}`);
  const outcome = await outcomeOf(afterRestore({ ...fake.ports, events: { tell } }, OPTIONS));
  return { told, outcome };
}

test('a restore that is refused is told on the datacenters, with why', async () => {
  const fake = new FakeCluster();
  for (const { name } of fake.nodes)
    fake.entries.set(name, { tag: TAG, complete: false, marker: null, journal: null, cold: null });
  const { told, outcome } = await eventsOf(fake);
  assert.equal(outcome, 'BACKUP_INCOMPLETE');
  assert.equal(told.length, 1);
  assert.match(told.join(), /^RestoreRefused: This run changed nothing: .*n-dc1/);
});

test('a restore that was cut off when all was loaded still tells which tables were written to', async () => {
  const fake = new FakeCluster();
  const journal = renderJournal({
    ...{ version: 1, tag: TAG, stage: 'loaded', startedAt: '2026-03-01T03:00:00.000Z' },
    ...{ automatic: [], made: [], writtenTo: ['"shop"."orders"'], tables: 2, files: 16, bytes: 100 },
  });
  for (const { name } of fake.nodes)
    fake.entries.set(name, { tag: TAG, complete: true, marker: null, journal, cold: null });
  const { told, outcome } = await eventsOf(fake);
  assert.ok(typeof outcome !== 'string');
  assert.deepEqual(
    outcome.clusters.map((c) => [c.outcome, c.tables, c.writtenTo]),
    [['finished', 2, ['"shop"."orders"']]],
  );
  assert.match(told.join(), /^RestoreFinished: .* "shop"\."orders": written to while being restored\. /);
});
