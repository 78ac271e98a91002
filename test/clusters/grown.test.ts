import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Client } from 'cassandra-driver';
import { mustRun } from '../../lab/cli.ts';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { compareData, describeDifferences } from '../../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData } from '../../lab/dataset/compare/record.ts';
import { compareReplicas } from '../../lab/dataset/compare/replicas.ts';
import { define } from '../../lab/dataset/define.ts';
import { startLoaded } from '../../lab/golden.ts';
import { connectLab, startLab } from '../../lab/lab.ts';
import * as results from '../../lab/results.ts';
import { copyVolumes } from '../../lab/volume-copies.ts';
import { ManagementCalls } from '../../src/adapters/embedded/nodes/management-call.ts';
import { smallDataset } from '../cluster/support/dataset.ts';
import { restoredTables, tablePlan } from '../cluster/support/tables.ts';
import { TEST_SUBNET } from '../tiers.ts';

const NAMES = ['replicated_once', 'deletions.tombstones', 'indexed.base_of_views', 'counted.counters'];

// Rows have other owners then: each node is given the files of all, and keeps what it owns.
test('three nodes back up, a fourth joins: tables are restored from the volumes and from copies', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-test-'));
  const subnet = TEST_SUBNET;
  const dataset = smallDataset('5.0.6', 'cass-prd');
  let cluster = await startLoaded({ directory, subnet, nodes: 3, detached: false }, dataset);
  let client = await connectLab(cluster);
  try {
    const before = await recordData(client);
    const { result } = await mustRun(directory, ['before-backup'], results.beforeBackupResult);
    await copyVolumes(cluster, join(directory, 'copies'), 0);
    await client.shutdown();
    cluster = await startLab({ directory, subnet, nodes: 4, joining: 1, detached: false });
    client = await connectLab(cluster);
    // The first three keep what they gave away until they are told: what is compared later must be the restore's doing.
    await cleanUp(cluster);
    await assertEveryRow(client, before);
    for (const from of [`backup:${result.tag}`, `path:${join(directory, 'copies')}`]) {
      await define(client, [
        'DROP KEYSPACE replicated_once',
        'TRUNCATE deletions.tombstones',
        'TRUNCATE indexed.base_of_views',
        'TRUNCATE counted.counters',
      ]);
      const args = [...NAMES, '--from', from];
      const plan = await mustRun(directory, ['plan', 'restore-table', ...args], tablePlan);
      assert(plan.result.redistribute && plan.result.notes.some((n) => n.includes('keeps what it owns')));
      const done = await mustRun(directory, ['restore-table', ...args], restoredTables);
      assert.deepEqual(done.result.plan, plan.result);
      await assertEveryRow(client, before);
    }
  } finally {
    await client.shutdown();
    await cluster.kill();
    await rm(directory, { recursive: true, force: true });
  }
});

/** Every row of every table is as it was, on its owners and on no other node. */
async function assertEveryRow(client: Client, before: DataRecord): Promise<void> {
  // Before anything reads at ALL, which repairs what differs.
  const replicas = await compareReplicas(client);
  assert.equal(replicas.outcome, 'agree', describeDifferences(replicas));
  const comparison = compareData(before, await recordData(client));
  assert(comparison.identical, describeDifferences(comparison));
}

/** Each node forgets the rows of all tables that it does not own any more. */
async function cleanUp(cluster: EmbeddedCluster): Promise<void> {
  const calls = new ManagementCalls(cluster.file);
  try {
    for (const node of cluster.nodes) {
      await calls.demand(node, 'POST', '/api/v0/ops/keyspace/cleanup', {
        keyspace_name: 'NON_LOCAL_STRATEGY',
      });
    }
  } finally {
    await calls.close();
  }
}
