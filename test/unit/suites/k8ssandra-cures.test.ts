import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderManifest, renderMarker, sha256 } from '../../../src/domain/backup/manifest.ts';
import { scanManifest } from '../../../src/domain/backup/manifest-scan.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { renderSaved, type SavedK8ssandra, savedOf } from '../../../src/domain/k8ssandra/saved.ts';
import { mendAbove } from '../../../src/engine/above/mend.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import type { KubeObject } from '../../e2e/bed/k8ssandra/objects.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { assertCured, assertGoesOn, Bed, NEW, restoredAtOnce } from '../support/k8ssandra-bed.ts';
import { OPTIONS, TAG } from '../support/kept-volumes.ts';
import { adaptersFor, connectionTo } from '../support/object-connection.ts';
import { HOST_IDS, RECORDED_CLUSTER } from '../support/recorded-k8ssandra.ts';

// The stuck states of the recording, met by the test bed's controller, and what `after-restore` does about them before anything else.

const SAVED = savedOf(RECORDED_CLUSTER, 'Two Rings', []);
const nodeOf = (dc: string) => ({
  ...{ name: `tworings-${dc}-default-sts-0`, datacenter: dc, rack: 'default' },
  ...{ hostId: HOST_IDS.get(dc)?.[0] ?? '', address: '10.0.0.1' },
});
const NODES = ['dc1', 'dc2'].map(nodeOf);

/** A node's part of a backup, with this text beside the manifest. */
function contentsOf(node: Node, text: string | undefined) {
  const schema = 'CREATE TABLE';
  const own = NODES.find((n) => n.name === node.name) ?? assert.fail(node.name);
  const manifest = renderManifest({
    ...{ version: 1, kassette: '0.1.0', tag: TAG, cluster: 'Two Rings' },
    node: { ...own, tokens: ['1'], gossipGeneration: 1 },
    nodes: NODES,
    ...{ cassandraVersion: '5.0.6', schemaVersion: 'v', schemaSha256: sha256(schema) },
    ...(text === undefined ? {} : { k8ssandraSha256: sha256(text) }),
    ...{ startedAt: '2026-03-01T02:15:00.000Z', endedAt: '2026-03-01T02:15:01.000Z', skewMs: 1 },
    ...{ tables: [], permissions: [] },
  });
  return {
    ...{ manifest: scanManifest(String(manifest)), marker: renderMarker(TAG, manifest), schema, parts: [] },
    ...(text === undefined ? {} : { k8ssandra: text }),
  };
}

interface Given {
  /** What each volume has kept; undefined for nothing. */
  readonly kept?: (node: Node) => string | undefined;
  readonly hasBackup?: boolean;
}

/** The production adapters on the bed's objects, and volumes with a backup; the operator works while somebody waits. */
async function portsOn(bed: Bed, { kept = () => renderSaved(SAVED), hasBackup = true }: Given = {}) {
  const { connection, writes } = connectionTo(bed.store);
  const { above, datacenters } = await adaptersFor(connection);
  const warnings: string[] = [];
  const clock = fakeClock();
  const backup = { tag: TAG, complete: true, marker: '', journal: null, cold: null };
  const ports = {
    ...{ above, datacenters },
    volumes: {
      survey: async () => ({ backups: hasBackup ? [backup] : [] }),
      read: async (node: Node) => contentsOf(node, kept(node)),
    },
    clock: {
      ...clock,
      sleep: async (ms: number) => {
        await clock.sleep(ms);
        await bed.reconcile();
      },
    },
    progress: {
      step: async (_: string, work: (report: object) => Promise<unknown>) =>
        work({ count: () => {}, note: () => {} }),
      warn: (text: string) => void warnings.push(text),
    },
  } as unknown as Ports;
  return { ports, writes, warnings };
}

const mend = (ports: Ports) => mendAbove(ports, { ...OPTIONS, tag: undefined });
const known = async (bed: Bed) => Object.keys((await bed.status())['datacenters'] as object);

test('two datacenters at once, stuck on the replication of system_auth: the saved status is given back, and the operator gets on', async () => {
  const bed = await restoredAtOnce();
  await bed.reconcile(5);
  assert.match(String((await bed.status())['error']), /CALL alter keyspaces system_auth failed/);
  const { ports, writes, warnings } = await portsOn(bed);
  await mend(ports);
  await bed.reconcile(2);
  assert.deepEqual(writes, ['status k8ssandraclusters k8ss/two', 'touch k8ssandraclusters k8ss/two']);
  await assertCured(bed);
  assert.match(warnings.join(), /altered system keyspaces to a part of the datacenters/);
  // And the next run has nothing to do.
  await mend((await portsOn(bed)).ports);
  assert.equal(writes.length, 2);
});

test('before the first datacenter is ready, the status is given back before the operator does any harm', async () => {
  const bed = await restoredAtOnce();
  await mend((await portsOn(bed)).ports);
  await bed.reconcile(3);
  assert.deepEqual(await known(bed), ['dc1', 'dc2']);
  assert.ok(!bed.altered.some((a) => a.endsWith(' dc1')));
  assert.equal((await bed.status())['error'], 'None');
});

/** As cass-operator does: it tries again when it is told to look, and creates the role where all datacenters are there. */
async function letCassOperatorLook(bed: Bed): Promise<void> {
  for (const name of ['dc1', 'dc2'] as const) {
    const { metadata } = await bed.datacenter(name);
    if (metadata.annotations?.['kassette/touched'] !== undefined) await bed.ready(name);
  }
}

test('the object first, which waits for its role: dc2 is named as missing; once that is created the same cure gets both on', async () => {
  const before = await Bed.running();
  const bed = new Bed();
  await bed.store.create('K8ssandraCluster', NEW);
  await bed.reconcile();
  const waits = { conditions: [{ type: 'Ready', status: 'False' }], observedGeneration: 1 };
  await bed.store.replaceStatus('CassandraDatacenter', { ...(await bed.datacenter('dc1')), status: waits });
  await bed.reconcile(5);
  await assert.rejects(
    async () => mend((await portsOn(bed)).ports),
    (error: Error & { code?: string; hint?: string }) =>
      error.code === 'NOT_FOUND' && /create it from the backup/.test(error.hint ?? ''),
  );
  const { uid: _u, resourceVersion: _r, ...metadata } = (await before.datacenter('dc2')).metadata;
  await bed.store.create('CassandraDatacenter', {
    ...(await before.datacenter('dc2')),
    metadata,
    status: {},
  });
  const { ports, writes, warnings } = await portsOn(bed);
  await mend(ports);
  assert.deepEqual(writes, [
    'status k8ssandraclusters k8ss/two',
    'touch k8ssandraclusters k8ss/two',
    'touch cassandradatacenters k8ss/dc1',
    'touch cassandradatacenters k8ss-b/dc2',
  ]);
  assert.match(warnings[0] ?? '', /Datacenter dc1 in namespace k8ss had not got its superuser yet/);
  await letCassOperatorLook(bed);
  await bed.reconcile(3);
  assert.deepEqual(await known(bed), ['dc1', 'dc2']);
  await assertGoesOn(bed);
});

test('an operator that does not get on with the cure is reported, in its own words', async () => {
  const bed = await restoredAtOnce();
  bed.replicas = ['dc1', 'dc2', 'dc3'];
  await bed.reconcile(2);
  const { ports, writes } = await portsOn(bed);
  await assert.rejects(mend(ports), {
    code: 'NOT_READY',
    message: /does not get further with K8ssandraCluster k8ss\/two: CALL alter keyspaces system_auth failed/,
  });
  assert.equal(writes.length, 2);
});

test('nothing is written while a rebuild is asked for, and nothing where all is well', async () => {
  const bed = await restoredAtOnce();
  await bed.annotate('k8ssandra.io/rebuild-dc', 'dc2');
  const rebuilding = await portsOn(bed);
  await assert.rejects(mend(rebuilding.ports), {
    code: 'NOT_READY',
    message: /has its datacenter dc2 rebuilt/,
  });
  const well = await portsOn(await Bed.running());
  await mend(well.ports);
  assert.deepEqual([rebuilding.writes, well.writes], [[], []]);
});

test('what is not in all volumes alike, or is of other nodes, is given back to nobody; what was forged is refused', async () => {
  const lacking = (change: (saved: SavedK8ssandra) => unknown) =>
    renderSaved(change(SAVED) as SavedK8ssandra);
  const ofOthers = lacking((s) => {
    const datacenters = structuredClone(s.status.datacenters);
    for (const d of Object.values(datacenters)) d.cassandra.nodeStatuses = {};
    return { ...s, status: { ...s.status, datacenters } };
  });
  for (const given of [
    { kept: () => undefined },
    { hasBackup: false },
    { kept: ({ datacenter }: Node) => (datacenter === 'dc1' ? renderSaved(SAVED) : undefined) },
    { kept: ({ datacenter }: Node) => lacking((s) => ({ ...s, labels: { of: datacenter } })) },
    { kept: () => ofOthers },
    { kept: () => lacking((s) => ({ ...s, clusterName: 'Other' })) },
  ] satisfies readonly Given[]) {
    const bed = await restoredAtOnce();
    const { ports, writes } = await portsOn(bed, given);
    await mend(ports);
    assert.deepEqual(
      writes.filter((w) => w.startsWith('status')),
      [],
      JSON.stringify(given),
    );
  }
  const { ports, writes } = await portsOn(await restoredAtOnce(), {
    kept: () => lacking((s) => ({ ...s, status: { ...s.status, error: 'None' } })),
  });
  await assert.rejects(mend(ports), { code: 'MANIFEST_DAMAGED' });
  assert.deepEqual(writes, []);
});

test('where the object is changed meanwhile, what it lacks is looked at once more', async () => {
  const bed = await restoredAtOnce();
  const seen: (readonly string[])[] = [];
  const meanwhile = async () => {
    if (seen.length === 1) await bed.reconcile();
  };
  const { connection } = connectionTo(bed.store, { meanwhile });
  const { above } = await adaptersFor(connection);
  const written = await above?.giveBack((now) => {
    seen.push(now.known);
    return { datacenters: { dc2: { cassandra: {} } }, conditions: [] };
  }, []);
  assert.deepEqual([written, seen], [['dc2'], [[], ['dc1']]]);
});

/** Of an object of the bed what a tool brings back. */
const bare = ({ metadata: { name, namespace, labels, annotations }, spec, data }: KubeObject): KubeObject =>
  ({ metadata: { name, namespace, labels, annotations }, spec, data }) as KubeObject;

test('what a restore lacks is said in the order that works, and what came too early', async () => {
  const before = await Bed.running();
  const first = connectionTo(before.store);
  const { above, datacenters } = await adaptersFor(first.connection);
  await datacenters.find([]);
  await above?.keep(TAG, (await above.read()) ?? '');
  const bed = new Bed();
  const lacking = async (claims: readonly string[] = []) => {
    const { connection, kept } = connectionTo(bed.store, { claims });
    for (const [key, object] of first.kept) kept.set(key, object);
    return (await adaptersFor(connection)).above?.lacking();
  };
  const of = { namespace: 'k8ss', name: 'two' };
  const steps = {
    claims: 'the claims of dc1 (namespace k8ss), dc2 (namespace k8ss-b)',
    secrets: 'without ownerReferences the secrets k8ss/tworings-superuser, k8ss-b/tworings-superuser',
    datacenters: 'the CassandraDatacenters dc1 (namespace k8ss), dc2 (namespace k8ss-b)',
    object: 'K8ssandraCluster k8ss/two',
    status: 'in its status dc1, dc2',
  };
  const seen = async (claims?: readonly string[]) => {
    const found = (await lacking(claims)) ?? assert.fail();
    assert.deepEqual([found.of.namespace, found.of.name], [of.namespace, of.name]);
    return [found.steps, found.wrong];
  };
  assert.deepEqual(await seen(), [Object.values(steps), []]);
  const claims = ['k8ss/dc1', 'k8ss-b/dc2'];
  assert.deepEqual(await seen(claims), [Object.values(steps).slice(1), []]);
  const owner = [{ kind: 'K8ssandraCluster', name: 'two', uid: 'gone' }];
  const secret = bare(await before.secret());
  await bed.store.create('Secret', { ...secret, metadata: { ...secret.metadata, ownerReferences: owner } });
  await bed.store.create('Secret', bare(await before.secret('k8ss-b')));
  assert.deepEqual(await seen(claims), [
    [steps.datacenters, steps.object, steps.status],
    [
      'secret k8ss/tworings-superuser has an owner that is gone and is about to be removed: restore it without ownerReferences',
    ],
  ]);
  bed.store.collectGarbage();
  await bed.store.create('Secret', secret);
  await bed.store.create('K8ssandraCluster', NEW);
  await bed.reconcile();
  assert.deepEqual(await seen(claims), [
    ['the CassandraDatacenters dc2 (namespace k8ss-b)', 'in its status dc1, dc2'],
    [
      'the K8ssandraCluster came before dc2 (namespace k8ss-b): the operator makes datacenters one after the other, and none while the one before is not ready',
    ],
  ]);
  const known = await bed.cluster();
  const status = { ...known.status, datacenters: { dc1: {}, dc2: {} } };
  await bed.store.replaceStatus('K8ssandraCluster', { ...known, status });
  assert.deepEqual(await seen(claims), [
    ['the CassandraDatacenters dc2 (namespace k8ss-b)'],
    [
      'dc2 (namespace k8ss-b) was deleted under the K8ssandraCluster, which makes it again within seconds, with empty volumes: to restore in place, delete the K8ssandraCluster',
    ],
  ]);
  const { connection } = connectionTo(before.store, { claims });
  const whole = await (await adaptersFor(connection)).above?.lacking();
  assert.deepEqual([whole?.steps, whole?.wrong], [[], []]);
});
