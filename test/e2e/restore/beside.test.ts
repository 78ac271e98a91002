import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { runProgram } from '../../../lab/cli.ts';
import { load } from '../../../lab/dataset/load.ts';
import { generatedTables } from '../../../lab/dataset/schema/schema.ts';
import { RELEASE, sharedBed } from '../support/bed.ts';
import { TestDatacenter } from '../support/datacenter.ts';
import {
  afterBackup,
  afterRestore,
  beforeBackup,
  beforeRestore,
  outside,
} from '../support/kassette/kassette.ts';
import { KASSETTE_IMAGE } from '../support/kassette/kassette-image.ts';
import { assertSame, type Recorded, record } from '../support/proof.ts';
import {
  backUpVolumes,
  destroy,
  forget,
  type NamespaceBackup,
  restoreVolumes,
} from '../support/volumes/volume-snapshots.ts';

// Volumes of a cluster that goes on running, restored into another namespace: the two must never meet.
const bed = sharedBed();
/** Two nodes, so that each remembers the other's address in system.peers. */
const options = { version: RELEASE, size: 2, name: 'twin', cluster: 'twins' };
const original = new TestDatacenter(bed, { ...options, namespace: 'original' });
/** docs/how-to/restore-into-another-namespace.md: with the memory unused, and, in the same place later, without it. */
const copy = new TestDatacenter(bed, { ...options, namespace: 'beside' }, [
  '-Dcassandra.load_ring_state=false',
]);
const forgetful = new TestDatacenter(bed, { ...options, namespace: 'beside' });
/** Gossip goes round every second; a node that remembers another one calls it in the first rounds. */
const GOSSIP_MS = 20_000;
const dataset = generatedTables(10, { datacenter: 'twin', keyspace: 'both', replication: 2 });
const clients = new Map<TestDatacenter, Client>();
let recorded: Recorded;
let snapshots: NamespaceBackup;
let tag: string;

before(async () => {
  await original.create();
  const client = await connect(original);
  await load(client, dataset, original.storage());
  recorded = await record(client, dataset);
});
after(async () => {
  for (const client of clients.values()) await client.shutdown();
  for (const datacenter of [forgetful, original]) await datacenter.delete();
});

async function connect(datacenter: TestDatacenter): Promise<Client> {
  const client = await datacenter.connect();
  clients.set(datacenter, client);
  return client;
}

test('before-restore, where nothing is restored yet, says where to read how a copy is kept apart', async () => {
  ({ tag } = await beforeBackup(outside(original)));
  snapshots = await backUpVolumes(original);
  assert.deepEqual((await afterBackup(outside(original))).removed, [tag]);
  const { findings } = await beforeRestore(outside(copy));
  assert.deepEqual(
    findings.map((f) => f.code),
    [null],
  );
  assert.match(
    findings[0]?.message ?? '',
    /nothing to check before it is restored\. .*restore-into-another-namespace\.md/,
  );
});

test('restored beside the original, the two rings stay apart and each has its own data', async () => {
  await restoreVolumes(snapshots, copy);
  await copy.apply();
  await copy.ready();
  await sleep(GOSSIP_MS);
  await assertApart(copy);
  const client = await connect(copy);
  const { clusters } = await afterRestore(outside(copy));
  assert.deepEqual(
    clusters.map((c) => c.outcome),
    ['restored'],
  );
  await assertSame(client, recorded);
  // Whatever the copy remembers of the original, the restore emptied and loaded nothing there.
  await assertSame(clients.get(original) as Client, recorded);
  // A replica of the other one would have these rows, too.
  await client.execute("INSERT INTO both.table_000 (id, value) VALUES (1000, 'of the copy')");
  await clients
    .get(original)
    ?.execute("INSERT INTO both.table_001 (id, value) VALUES (2000, 'of the original')");
  await sleep(GOSSIP_MS);
  await assertApart(copy);
  const rows = async (datacenter: TestDatacenter, table: string, id: number) =>
    (await clients.get(datacenter)?.execute(`SELECT id FROM both.${table} WHERE id = ${id}`))?.rowLength;
  assert.deepEqual([await rows(original, 'table_000', 1000), await rows(copy, 'table_000', 1000)], [0, 1]);
  assert.deepEqual([await rows(original, 'table_001', 2000), await rows(copy, 'table_001', 2000)], [1, 0]);
  await client.shutdown();
  await destroy(copy);
});

test('a cold restore that would keep the memory of nodes that run is refused', async () => {
  await restoreVolumes(snapshots, forgetful);
  const volume = await bed.volumes.ofClaim(forgetful.namespace, claims()[0] ?? '');
  // No namespace tells that it is another one: as on another Kubernetes, from which the original can be reached.
  const { status, stderr } = await runProgram(['clean-volume', '--path', bed.volumes.path(volume ?? '')]);
  assert.equal(status, 18, stderr);
  const [address] = (await original.pods()).map((p) => p.ip);
  assert.ok(stderr.includes(`runs at ${address} and at 1 more`), stderr);
});

test('restored cold beside the original, nodes start without memory of it, and the rings stay apart', async () => {
  const image = ['--image', KASSETTE_IMAGE];
  const args = ['clean-volume', '--datacenter', forgetful.name, ...image, '--output', 'json'];
  const cleaned = await outside(forgetful).run(args);
  assert.equal(cleaned.status, 0, cleaned.stderr);
  await forgetful.apply();
  await forgetful.ready();
  await sleep(GOSSIP_MS);
  await assertApart(forgetful);
  const { clusters } = await afterRestore(outside(forgetful));
  assert.deepEqual(
    clusters.map((c) => [c.outcome, c.tag]),
    [['finished', tag]],
  );
  const client = await connect(forgetful);
  await assertSame(client, recorded);
  // Clients of the copy are led to its own nodes alone.
  const known = (await client.execute('SELECT peer FROM system.peers')).rows.map((r) => String(r.get(0)));
  const own = (await forgetful.pods()).map((p) => p.ip);
  assert.ok(known.length > 0 && known.every((peer) => own.includes(peer)), `${known} are not ${own}`);
  await forget(snapshots, forgetful);
});

const claims = () => snapshots.snapshots.map((s) => s.claim.metadata.name);

/** Every node knows the nodes of its own namespace, and no other. */
async function assertApart(beside: TestDatacenter): Promise<void> {
  for (const datacenter of [original, beside]) {
    const pods = await datacenter.pods();
    const own = pods.map((p) => p.ip).toSorted();
    assert.equal(own.length, options.size);
    for (const { ip } of pods) assert.deepEqual(await ring(ip), own, datacenter.namespace);
  }
}

/** The addresses that a node's gossip knows. */
async function ring(ip: string): Promise<readonly string[]> {
  const response = await fetch(`http://${ip}:8080/api/v0/metadata/endpoints`);
  const { entity } = (await response.json()) as { entity: readonly { ENDPOINT_IP: string }[] };
  return entity.map((e) => e.ENDPOINT_IP).toSorted();
}
