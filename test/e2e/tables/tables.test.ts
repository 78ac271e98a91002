import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Client } from 'cassandra-driver';
import { resultOf } from '../../../lab/cli.ts';
import { compareData, describeDifferences } from '../../../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData } from '../../../lab/dataset/compare/record.ts';
import { compareReplicas } from '../../../lab/dataset/compare/replicas.ts';
import { restoredTables } from '../../cluster/support/tables.ts';
import { sharedBed } from '../support/bed.ts';
import { afterBackup, beforeBackup, inPods, outside, type Runner } from '../support/kassette/kassette.ts';
import { sharedRing } from '../support/ring.ts';

// Single tables from a backup in the volumes of pods, from outside and by pods.
const bed = sharedBed();
const datacenter = sharedRing(bed);
let client: Client;
let record: DataRecord;
let from: string;
const isOurs = (keyspace: string) => keyspace === 'Shop';

before(async () => {
  await datacenter.create();
  client = await datacenter.connect(20);
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
  await client.execute('DROP KEYSPACE IF EXISTS "Shop"');
  await client.execute(`CREATE KEYSPACE "Shop" WITH replication = ${replication}`);
  for (const table of ['"Orders"', 'others']) {
    await client.execute(`CREATE TABLE "Shop".${table} (id int PRIMARY KEY, value text)`);
    for (let id = 0; id < 100; id++) {
      await client.execute(`INSERT INTO "Shop".${table} (id, value) VALUES (${id}, 'row ${id}')`);
    }
  }
  record = await recordData(client, { include: isOurs });
  from = `backup:${(await beforeBackup(outside(datacenter))).tag}`;
});
after(async () => {
  await afterBackup(outside(datacenter), '--tag', from.slice('backup:'.length));
  await client.execute('DROP KEYSPACE "Shop"');
  await client.shutdown();
});

const WAYS: readonly (readonly [string, () => Runner | Promise<Runner>])[] = [
  ['from outside through tunnels', () => outside(datacenter)],
  ['by a pod', () => inPods(datacenter)],
];

async function restore(runner: Runner) {
  const run = await runner.run(['restore-table', '"Shop"."Orders"', '--from', from, '--output', 'json']);
  assert.equal(run.status, 0, run.stderr);
  return resultOf(run.stdout, restoredTables);
}

async function assertSame(): Promise<void> {
  const replicas = await compareReplicas(client);
  assert.equal(replicas.outcome, 'agree', describeDifferences(replicas));
  const comparison = compareData(record, await recordData(client, { include: isOurs }));
  assert.ok(comparison.identical && comparison.rows === 200, describeDifferences(comparison));
}

for (const [way, runnerOf] of WAYS) {
  test(`a dropped table comes back ${way}, and the backup is whole before and after`, async () => {
    const runner = await runnerOf();
    const verify = await runner.run(['verify', '--from', from, '--deep']);
    assert.equal(verify.status, 0, verify.stderr);
    await client.execute('DROP TABLE "Shop"."Orders"');
    const { bytesCopied } = await restore(runner);
    assert.equal(bytesCopied, 0);
    await assertSame();
  });
}

test('with another replication since, files go from pod to pod, and each keeps what it owns', async () => {
  const replicate = (factor: number) =>
    client.execute(
      `ALTER KEYSPACE "Shop" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': ${factor}}`,
    );
  await replicate(2);
  await client.execute('TRUNCATE "Shop"."Orders"');
  const { plan, bytesCopied } = await restore(outside(datacenter));
  assert.ok(plan.redistribute && bytesCopied > 0);
  const rows = await recordData(client, { include: (k, t) => k === 'Shop' && t === 'Orders' });
  const saved = { tables: { '"Shop"."Orders"': record.tables['"Shop"."Orders"'] ?? assert.fail() } };
  const comparison = compareData(saved, rows);
  assert.ok(comparison.identical, describeDifferences(comparison));
  await replicate(3);
  await restore(outside(datacenter));
  await assertSame();
});
