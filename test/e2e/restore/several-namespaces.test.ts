import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, types } from 'cassandra-driver';
import { resultOf } from '../../../lab/cli.ts';
import type { DataRecord } from '../../../lab/dataset/compare/record.ts';
import { type LoadStage, load } from '../../../lab/dataset/load.ts';
import type { Dataset } from '../../../lab/dataset/model.ts';
import { testDataset } from '../../../lab/dataset/schema/schema.ts';
import { restoredTables } from '../../cluster/support/tables.ts';
import { SLOW } from '../../tiers.ts';
import { ANNOTATIONS } from '../bed/k8ssandra/objects.ts';
import { RELEASE, sharedBed } from '../support/bed.ts';
import { KastenStory } from '../support/k8ssandra/kasten-story.ts';
import { assertData, assertSameInEach, recordAgreed, recordEach } from '../support/k8ssandra/proof.ts';
import { RingInNamespaces } from '../support/k8ssandra/ring-in-namespaces.ts';
import { doctorOutside } from '../support/kassette/doctor.ts';
import { afterBackup, afterRestore, beforeBackup, inPods, outside } from '../support/kassette/kassette.ts';
import { podsPlace } from '../support/pods-place.ts';
import type { Recorded } from '../support/proof.ts';

// One ring of a K8ssandraCluster, a datacenter in each of two namespaces: backed up and restored as one, by hand and by Kasten's hooks.
const ring = new RingInNamespaces(sharedBed());
const { one, two } = ring;
const dataset = inBoth(testDataset({ release: RELEASE, datacenter: one.name }));
const TABLE = 'replicated_once.rows';
const [NOT_READY, PARTIAL_CLUSTER] = [19, 28];
/** The operator looks every two seconds. */
const NOTICED_MS = 60_000;
const clients: Client[] = [];
let recorded: Recorded;

before(async () => {
  await ring.create();
  await connect();
  const onStage = ({ name, milliseconds }: LoadStage) =>
    console.log(`loading the test data: ${name} in ${(milliseconds / 1000).toFixed(1)} s`);
  await load(first(), dataset, ring.storage(), { onStage });
  await agreement();
  // Acknowledged by a majority of each datacenter, from either side.
  for (const [i, client] of clients.entries())
    await write(client, `INSERT INTO ${TABLE} (id, value) VALUES (${1000 + i}, 'from ${i}') USING TTL 86400`);
  recorded = await recordAgreed(clients, dataset);
});
after(async () => {
  await disconnect();
  await ring.delete();
});

async function connect(): Promise<void> {
  for (const datacenter of ring.datacenters) clients.push(await ring.connect(datacenter));
}

async function disconnect(): Promise<void> {
  await Promise.all(clients.splice(0).map((c) => c.shutdown()));
}

/** The test data, each row once in each datacenter. */
function inBoth({ keyspaces, roles }: Dataset): Dataset {
  const replication = `{'class': 'NetworkTopologyStrategy', '${one.name}': 1, '${two.name}': 1}`;
  return { roles, keyspaces: keyspaces.map((k) => ({ ...k, replication })) };
}

const first = (): Client => clients[0] ?? assert.fail('not connected');

const write = (client: Client, cql: string) =>
  client.execute(cql, [], { consistency: types.consistencies.eachQuorum });

/**
 * Rows that are newer, gone or too many, from either side; a table that is gone, one that is empty.
 * @returns what each datacenter has now
 */
async function harm(): Promise<readonly DataRecord[]> {
  for (const [i, client] of clients.entries()) {
    await write(client, `UPDATE ${TABLE} SET value = 'newer' WHERE id = ${i}`);
    await write(client, `INSERT INTO ${TABLE} (id, value) VALUES (${2000 + i}, 'too late')`);
    await write(client, `DELETE FROM ${TABLE} WHERE id = ${10 + i}`);
  }
  await first().execute('TRUNCATE shapes.composite_key_mixed_order');
  await first().execute('DROP TABLE shapes.key_only');
  await agreement();
  const dirty = await recordEach(clients);
  for (const data of dirty) assert.throws(() => assertData([data], recorded.data), /missing row/);
  return dirty;
}

/** Of both nodes, on the schema. */
async function agreement(): Promise<void> {
  const query = 'SELECT schema_version FROM system.local';
  for (let attempt = 1; ; attempt++) {
    const versions = await Promise.all(clients.map((c) => c.execute(query)));
    const [version, ...others] = versions.map((v) => String(v.first().get('schema_version')));
    if (others.every((other) => other === version)) return;
    if (attempt === 120) throw new Error(`Waited a minute for one schema: ${version}, ${others}`);
    await sleep(500);
  }
}

test('either part of the ring alone is refused for a backup; status, plan and doctor know both datacenters', async () => {
  for (const datacenter of ring.datacenters) {
    const { status, stderr } = await outside(datacenter).run(['before-backup']);
    assert.equal(status, PARTIAL_CLUSTER, stderr);
  }
  const { status, stdout, stderr } = await ring.outside.run(['status', '--output', 'json']);
  assert.equal(status, 0, stderr);
  const [cluster] = JSON.parse(stdout).result.clusters;
  assert.deepEqual(
    cluster.datacenters.map((d: { name: string; namespace: string }) => [d.name, d.namespace]),
    ring.datacenters.map((d) => [d.name, d.namespace]),
  );
  assert.deepEqual(await operatorFindings(), []);
});

/** Of doctor's check of the operator. */
async function operatorFindings(): Promise<readonly string[]> {
  const { checks } = await doctorOutside(one, ...ring.option);
  const check = checks.find((c) => c.check === 'operator');
  return (check ?? assert.fail('it was not checked')).findings.map((f) => `${f.level}: ${f.message}`);
}

test('backed up and restored as one, by a pod with the rights that rbac prints; then in use', async () => {
  const pods = await inPods(one, ...ring.option);
  const { tag } = await beforeBackup(pods, ...ring.option);
  await harm();
  assert.equal((await ring.outside.run(['plan'])).status, 0);
  const restored = await afterRestore(pods, ...ring.option);
  assert.deepEqual(
    [restored.method, restored.clusters.map((c) => [c.outcome, c.tag, c.bytesCopied])],
    ['warm', [['restored', tag, 0]]],
  );
  await assertSameInEach(clients, recorded);
  await use();
  await assertSameInEach(clients, recorded);
});

/** Serial reads and a condition that does not hold, a full repair, and compaction of everything: what is there stays the same. */
async function use(): Promise<void> {
  const { serial, localSerial } = types.consistencies;
  for (const client of clients) {
    for (const consistency of [serial, localSerial]) {
      const read = await client.execute(`SELECT value FROM ${TABLE} WHERE id = 1`, [], { consistency });
      assert.equal(read.first().get('value'), 'one copy of 1');
    }
    const condition = `UPDATE ${TABLE} SET value = 'other' WHERE id = 1 IF value = 'none such'`;
    assert.equal((await client.execute(condition)).first().get('[applied]'), false);
  }
  for (const datacenter of ring.datacenters) {
    const { nodes, nodetool } = await podsPlace(datacenter);
    // A node's ranges are those of the other datacenter's only node.
    for (const args of datacenter === one ? [['repair', '--full'], ['compact']] : [['compact']])
      for (const node of nodes) {
        console.log(`${node}: nodetool ${args.join(' ')}`);
        await nodetool(node, args);
      }
  }
}

test('a single table comes back from the backup in the volumes of both namespaces, and the backup can be removed', async () => {
  const { tag } = await beforeBackup(ring.outside);
  const from = ['--from', `backup:${tag}`];
  const verified = await ring.outside.run(['verify', ...from, '--deep']);
  assert.equal(verified.status, 0, verified.stderr);
  await write(first(), `DELETE FROM ${TABLE} WHERE id = 3`);
  await first().execute(`TRUNCATE ${TABLE}`);
  const run = await ring.outside.run(['restore-table', TABLE, ...from, '--output', 'json']);
  assert.equal(run.status, 0, run.stderr);
  assert.equal(resultOf(run.stdout, restoredTables).tag, tag);
  await assertSameInEach(clients, recorded);
  assert.deepEqual((await afterBackup(ring.outside)).removed, [tag]);
});

const BOTH = ['plan', 'after-restore'] as const;

/** A backup, and rows that are newer: what a restore that is refused must leave as it is. */
async function backedUpAndHarmed(): Promise<{ readonly tag: string; readonly dirty: readonly DataRecord[] }> {
  const { tag } = await beforeBackup(ring.outside);
  return { tag, dirty: await harm() };
}

/** In these words, which doctor knows as well; no cell was changed. */
async function assertRefused(
  commands: readonly ('plan' | 'after-restore')[],
  why: RegExp,
  dirty: readonly DataRecord[],
): Promise<void> {
  for (const command of commands) {
    const { status, stderr } = await ring.outside.run([command]);
    assert.equal(status, NOT_READY, stderr);
    assert.match(stderr, why);
    assert.match(stderr, /hint: Nothing was changed\. /);
  }
  const [finding, ...more] = await operatorFindings();
  assert.deepEqual(more, []);
  assert.match(finding ?? '', why);
  for (const [i, data] of (await recordEach(clients)).entries())
    assertData([data], dirty[i] ?? assert.fail());
}

async function assertRestored(tag: string): Promise<void> {
  const { clusters } = await afterRestore(ring.outside);
  assert.deepEqual(
    clusters.map((c) => [c.outcome, c.tag]),
    [['restored', tag]],
  );
  await assertSameInEach(clients, recorded);
}

test('while a datacenter is to be rebuilt, or a task does it, a restore is refused and changes nothing', async () => {
  const { tag, dirty } = await backedUpAndHarmed();
  // The operator would take the annotation away: its task of that name has ended.
  await ring.stopOperator();
  await ring.annotate(ANNOTATIONS.rebuild, two.name);
  await assertRefused(BOTH, /K8ssandraCluster k8ss\/both has its datacenter two rebuilt/, dirty);
  await ring.annotate(ANNOTATIONS.rebuild, null);
  await ring.startOperator();
  await sharedBed().apply([futureRebuild()]);
  await assertRefused(BOTH, /CassandraTask later in namespace k8ss-b rebuilds a datacenter/, dirty);
  await two.kubectl('delete', 'cassandratask', 'later');
  await assertRestored(tag);
});

/** One that cass-operator has accepted and not begun. */
function futureRebuild(): object {
  const { name, namespace } = two;
  const job = { name: 'later', command: 'rebuild', args: { source_datacenter: one.name } };
  return {
    apiVersion: 'control.k8ssandra.io/v1alpha1',
    kind: 'CassandraTask',
    metadata: { name: 'later', namespace },
    spec: { datacenter: { name, namespace }, scheduledTime: '2100-01-01T00:00:00Z', jobs: [job] },
  };
}

test('without its status the operator is stuck, as recorded: a plan is refused, and after-restore gives back what the backup has kept', async () => {
  const { tag, dirty } = await backedUpAndHarmed();
  await ring.stopOperator();
  await ring.patchStatus({ datacenters: null, conditions: null, observedGeneration: null });
  await ring.startOperator();
  await ring.until(NOTICED_MS, 'an error at the replication of system_auth', ({ status }) =>
    String(status?.['error']).includes('CALL alter keyspaces system_auth failed'),
  );
  await assertRefused(['plan'], /The status of K8ssandraCluster k8ss\/both does not have two/, dirty);
  await assertRestored(tag);
  await ring.settled();
  assert.deepEqual(await operatorFindings(), []);
});

test(
  "by Kasten's hooks, one policy on both namespaces; all of it deleted, restored and given its status back",
  SLOW,
  async () => {
    const story = await KastenStory.begin(sharedBed(), ring);
    const made = await story.backUp(async ({ name }) => {
      await write(first(), `UPDATE ${TABLE} SET value = 'newer' WHERE id = ${name === one.name ? 1 : 2}`);
    });
    const [tag, ...tags] = made.map((run) => run.before?.outputs['beforeBackup']?.['tag']);
    assert.match(tag ?? '', /^kassette-/);
    assert.deepEqual(tags, [tag]);
    await disconnect();
    await ring.delete();
    const restored = await story.restore();
    await ring.settled();
    const ends = restored.map((run) => run.after?.outputs['afterRestore'] ?? {});
    assert.deepEqual(
      ends.map((end) => end['tag']),
      [tag, tag],
    );
    assert.ok(
      ends.some((end) => end['outcome'] === 'restored'),
      JSON.stringify(ends),
    );
    await connect();
    await assertSameInEach(clients, recorded);
    await use();
    await assertSameInEach(clients, recorded);
    assert.deepEqual(await operatorFindings(), []);
  },
);
