import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toK8ssandra } from '../../../src/domain/rights.ts';
import { K8SSANDRA_DEFINITIONS } from '../../e2e/bed/k8ssandra/definitions.ts';
import { desiredDatacenter, HASH, type KubeObject } from '../../e2e/bed/k8ssandra/objects.ts';
import { alone, assertCured, Bed, CLUSTER, DC1, DC2, NEW, restoredAtOnce } from '../support/k8ssandra-bed.ts';
import {
  RECORDED_CLUSTER,
  RECORDED_DATACENTERS,
  RECORDED_PODS,
  RECORDED_SEEDS,
} from '../support/recorded-k8ssandra.ts';

// Each of these is a fact of the recording of k8ssandra-operator: the test bed's controller must be no kinder.

test('the test bed serves the kind that kassette reads, with a status of its own', () => {
  const [served] = K8SSANDRA_DEFINITIONS;
  const right = toK8ssandra('two');
  assert.equal(`${right.resource}.${right.group}`, served?.metadata.name);
  assert.equal(`${right.group}/${served?.spec.versions[0]?.name}`, RECORDED_CLUSTER.apiVersion);
  assert.deepEqual(served?.spec.versions[0]?.subresources, { status: {} });
});

const passwordOf = ({ data }: KubeObject) => Buffer.from(data?.['password'] ?? '', 'base64').toString();

/** What of a datacenter's metadata was recorded. */
const shown = ({ metadata }: KubeObject) => ({
  labels: metadata.labels,
  finalizer: metadata.finalizers?.[0],
  owners: metadata.ownerReferences,
  annotations: Object.keys(metadata.annotations ?? {}).toSorted(),
});

test('a datacenter has labels, hash, finalizer and the name of its secret, and no owner; the second one makes no users', async () => {
  const bed = await Bed.running();
  for (const [name, recorded] of [
    ['dc1', RECORDED_DATACENTERS.k8ss[0]],
    ['dc2', RECORDED_DATACENTERS['k8ss-b'][0]],
  ] as const) {
    const made = await bed.datacenter(name);
    assert.deepEqual(shown(made), shown(recorded as unknown as KubeObject), name);
    assert.equal(made.spec?.['superuserSecretName'], 'tworings-superuser');
    assert.equal(made.spec?.['clusterName'], 'Two Rings');
  }
});

test('datacenters are made one after the other, none while the one before is not ready', async () => {
  const bed = new Bed();
  await bed.store.create('K8ssandraCluster', NEW);
  await bed.reconcile(5);
  assert.equal(await bed.store.get('CassandraDatacenter', 'k8ss-b', 'dc2'), null);
  await bed.ready('dc1');
  await bed.reconcile();
  assert.ok(await bed.datacenter('dc2'));
});

/** As cass-operator calls one of its pods a seed, with an address of its own where it is started anew. */
async function startPod(bed: Bed, namespace: 'k8ss' | 'k8ss-b', podIP?: string): Promise<void> {
  const pod = RECORDED_PODS[namespace][0] ?? assert.fail();
  const { name } = pod.metadata;
  await bed.store.delete('Pod', namespace, name);
  await bed.store.create('Pod', {
    ...pod,
    status: { ...pod.status, ...(podIP === undefined ? {} : { podIP }) },
  });
}

test('the nodes of a datacenter find those of the others, before it is there itself and when one has another address', async () => {
  const bed = new Bed();
  // Its service has the version in its labels.
  await bed.store.create('K8ssandraCluster', {
    ...NEW,
    spec: { cassandra: { ...CLUSTER.spec.cassandra, serverVersion: '5.0.6' } },
  });
  await bed.reconcile();
  await startPod(bed, 'k8ss');
  await bed.ready('dc1');
  const slice = async (name: 'dc1' | 'dc2') => {
    const { namespace, name: called } = RECORDED_SEEDS[name].metadata;
    return bed.store.get('EndpointSlice', namespace, called);
  };
  const shownSlice = (s: KubeObject | null) => ({
    ...{ labels: s?.metadata.labels, type: s?.addressType, endpoints: s?.endpoints },
    owners: s?.metadata.ownerReferences,
  });
  await bed.reconcile();
  assert.equal(await slice('dc1'), null);
  assert.deepEqual(shownSlice(await slice('dc2')), shownSlice(RECORDED_SEEDS.dc2));
  await startPod(bed, 'k8ss-b');
  await bed.reconcile();
  assert.deepEqual(shownSlice(await slice('dc1')), shownSlice(RECORDED_SEEDS.dc1));
  await startPod(bed, 'k8ss', '10.244.0.200');
  await bed.reconcile();
  assert.deepEqual((await slice('dc2'))?.endpoints, [{ addresses: ['10.244.0.200'], conditions: {} }]);
});

test("options of the object's JVM are those of each datacenter", async () => {
  const bed = await Bed.running({
    ...NEW,
    spec: {
      cassandra: { ...CLUSTER.spec.cassandra, config: { jvmOptions: { additionalOptions: ['-Dmine=1'] } } },
    },
  });
  const optionsOf = async (name: 'dc1' | 'dc2') => {
    const config = (await bed.datacenter(name)).spec?.['config'] as Readonly<Record<string, object>>;
    return config['cassandra-env-sh'];
  };
  const allow = '-Dcassandra.allow_alter_rf_during_range_movement=true';
  const replication = '-Dcassandra.system_distributed_replication=dc1:1';
  assert.deepEqual(await optionsOf('dc1'), { 'additional-jvm-opts': ['-Dmine=1', allow, replication] });
  assert.deepEqual(await optionsOf('dc2'), { 'additional-jvm-opts': ['-Dmine=1', allow] });
});

test('what somebody writes into the status during a reconcile stays', async () => {
  const bed = await Bed.running();
  const { status } = await bed.cluster();
  bed.meanwhile = async () => {
    const now = await bed.cluster();
    await bed.store.replaceStatus('K8ssandraCluster', { ...now, status: { ...now.status, saved: 'back' } });
  };
  await bed.reconcile();
  assert.deepEqual((await bed.cluster()).status, { ...status, saved: 'back' });
});

test('the object gets a finalizer, the initial replication, and a status by name without namespaces', async () => {
  const bed = await Bed.running();
  const { metadata, status } = await bed.cluster();
  assert.deepEqual(metadata.finalizers, RECORDED_CLUSTER.metadata.finalizers);
  assert.deepEqual(metadata.annotations, RECORDED_CLUSTER.metadata.annotations);
  assert.deepEqual(Object.keys(status?.['datacenters'] as object), ['dc1', 'dc2']);
  assert.deepEqual(
    [status?.['error'], status?.['observedGeneration'], status?.['conditions']],
    ['None', 1, RECORDED_CLUSTER.status.conditions],
  );
});

test('the secret is named after itself and the object owns it; its copy in the other namespace has a label and no owner', async () => {
  const bed = await Bed.running();
  const [own, copy] = [await bed.secret(), await bed.secret('k8ss-b')];
  assert.equal(Buffer.from(own.data?.['username'] ?? '', 'base64').toString(), 'tworings-superuser');
  assert.equal(passwordOf(own).length, 20);
  assert.equal(own.metadata.ownerReferences?.[0]?.kind, 'K8ssandraCluster');
  assert.deepEqual(copy.data, own.data);
  assert.equal(copy.metadata.ownerReferences, undefined);
  assert.equal(copy.metadata.labels?.['k8ssandra.io/replicated-secret-name'], 'k8ss.two');
});

test('a second datacenter that is made is rebuilt from the first: an annotation, a task, and then neither is asked for', async () => {
  const bed = new Bed();
  await bed.store.create('K8ssandraCluster', NEW);
  await bed.reconcile();
  await bed.ready('dc1');
  await bed.reconcile();
  await bed.ready('dc2');
  await bed.reconcile();
  assert.equal((await bed.cluster()).metadata.annotations?.['k8ssandra.io/rebuild-dc'], 'dc2');
  const task = await bed.store.get('CassandraTask', 'k8ss-b', 'dc2-rebuild');
  assert.deepEqual(task?.spec?.['jobs'], [
    { name: 'dc2-rebuild', command: 'rebuild', args: { source_datacenter: 'dc1' } },
  ]);
  await bed.rebuilt();
  await bed.reconcile();
  assert.equal((await bed.cluster()).metadata.annotations?.['k8ssandra.io/rebuild-dc'], undefined);
  assert.equal((await bed.status())['error'], 'None');
});

/** Stop the datacenter itself, with notes of kassette on it. */
async function stopDirectly(bed: Bed): Promise<void> {
  const dc1 = await bed.datacenter('dc1');
  const annotations = { ...dc1.metadata.annotations, 'kassette/cold-restore': 'changing' };
  await bed.store.replace('CassandraDatacenter', {
    ...dc1,
    metadata: { ...dc1.metadata, annotations },
    spec: { ...dc1.spec, stopped: true },
  });
}

test('a datacenter that is stopped itself stays so: reconciles and annotations of the object change nothing', async () => {
  const bed = await Bed.running();
  await stopDirectly(bed);
  await bed.reconcile(3);
  await bed.annotate();
  await bed.reconcile(3);
  const { spec, metadata } = await bed.datacenter('dc1');
  assert.equal(spec?.['stopped'], true);
  assert.equal(metadata.annotations?.['kassette/cold-restore'], 'changing');
});

test('a change of the object that alters the hash replaces spec, labels and annotations as a whole', async () => {
  const bed = await Bed.running();
  await stopDirectly(bed);
  const before = await bed.datacenter('dc1');
  await bed.change((c) => ({
    ...c,
    spec: { ...c.spec, cassandra: { ...(c.spec?.['cassandra'] as object), serverVersion: '5.0.6' } },
  }));
  await bed.reconcile();
  const { spec, metadata } = await bed.datacenter('dc1');
  assert.equal(spec?.['stopped'], undefined);
  assert.equal(metadata.annotations?.['kassette/cold-restore'], undefined);
  assert.notEqual(metadata.annotations?.[HASH], before.metadata.annotations?.[HASH]);
  assert.equal(metadata.uid, before.metadata.uid);
});

test('`stopped` in the object stops it; starting the datacenter itself then stays, too', async () => {
  const bed = await Bed.running(alone(NEW));
  await bed.change((c) => ({
    ...c,
    spec: { cassandra: { clusterName: 'Two Rings', datacenters: [{ ...DC1, stopped: true }] } },
  }));
  await bed.reconcile();
  const stopped = await bed.datacenter('dc1');
  assert.equal(stopped.spec?.['stopped'], true);
  await bed.ready('dc1');
  await bed.reconcile();
  await bed.store.replace('CassandraDatacenter', {
    ...stopped,
    metadata: {
      ...stopped.metadata,
      resourceVersion: (await bed.datacenter('dc1')).metadata.resourceVersion ?? '',
    },
    spec: { ...stopped.spec, stopped: false },
  });
  await bed.ready('dc1');
  await bed.reconcile(3);
  assert.equal((await bed.datacenter('dc1')).spec?.['stopped'], false);
});

test('without its hash a datacenter requires an update, which it gets once it is asked for', async () => {
  const bed = await Bed.running();
  const dc1 = await bed.datacenter('dc1');
  await bed.store.replace('CassandraDatacenter', { ...dc1, metadata: { ...dc1.metadata, annotations: {} } });
  await bed.reconcile();
  const requires = async () =>
    ((await bed.status())['conditions'] as readonly { type: string; status: string }[]).find(
      (c) => c.type === 'RequiresUpdate',
    )?.status;
  assert.equal(await requires(), 'True');
  assert.equal((await bed.datacenter('dc1')).metadata.annotations?.[HASH], undefined);
  await bed.annotate('k8ssandra.io/autoupdate-spec', 'once');
  await bed.reconcile();
  assert.equal((await bed.datacenter('dc1')).metadata.annotations?.[HASH], dc1.metadata.annotations?.[HASH]);
  await bed.reconcile();
  assert.equal((await bed.cluster()).metadata.annotations?.['k8ssandra.io/autoupdate-spec'], undefined);
  assert.equal(await requires(), 'False');
});

test('a datacenter that is deleted is made again, as another object', async () => {
  const bed = await Bed.running();
  const { metadata } = await bed.datacenter('dc1');
  await bed.store.delete('CassandraDatacenter', 'k8ss', 'dc1');
  await bed.reconcile(2);
  assert.notEqual((await bed.datacenter('dc1')).metadata.uid, metadata.uid);
});

test('with the object go its datacenters, and then secret, ReplicatedSecret and copies', async () => {
  const bed = await Bed.running();
  await bed.store.delete('K8ssandraCluster', 'k8ss', 'two');
  await bed.reconcile();
  assert.ok(bed.store.keys.includes('Secret k8ss/tworings-superuser'));
  assert.ok(!bed.store.keys.some((k) => k.startsWith('CassandraDatacenter')));
  await bed.reconcile();
  bed.store.collectGarbage();
  assert.deepEqual(bed.store.keys, ['CassandraTask k8ss-b/dc2-rebuild']);
});

/** What Kasten brings back, in this order. */
async function saved(cluster: KubeObject) {
  const bed = await Bed.running(cluster);
  const objects = {
    cluster: await bed.cluster(),
    secret: await bed.secret(),
    dc1: await bed.datacenter('dc1'),
  };
  const bare = ({
    metadata: { uid: _uid, resourceVersion: _v, generation: _g, ...metadata },
    ...o
  }: KubeObject) => {
    const { status: _status, ...rest } = o;
    return { ...rest, metadata };
  };
  return { bed, objects, bare };
}

test('claims, secret and datacenter first, then the object: the datacenter is adopted with its uid, and the password kept', async () => {
  const { objects, bare } = await saved(alone(NEW));
  const to = new Bed();
  const { ownerReferences: _owner, ...unowned } = bare(objects.secret).metadata;
  await to.store.create('Secret', { ...bare(objects.secret), metadata: unowned });
  const made = await to.store.create('CassandraDatacenter', bare(objects.dc1));
  await to.ready('dc1');
  await to.store.create('K8ssandraCluster', bare(objects.cluster));
  await to.reconcile(3);
  to.store.collectGarbage();
  const dc1 = await to.datacenter('dc1');
  assert.equal(dc1.metadata.uid, made.metadata.uid);
  assert.deepEqual(dc1.spec, objects.dc1.spec);
  assert.equal(passwordOf(await to.secret()), passwordOf(objects.secret));
  assert.equal((await to.status())['observedGeneration'], 1);
});

test('the object first, without the secret: a new password; and the datacenter exists already', async () => {
  const { objects, bare } = await saved(alone(NEW));
  const to = new Bed();
  await to.store.create('K8ssandraCluster', bare(objects.cluster));
  await to.reconcile();
  assert.notEqual(passwordOf(await to.secret()), passwordOf(objects.secret));
  await assert.rejects(to.store.create('CassandraDatacenter', bare(objects.dc1)), /AlreadyExists/);
});

test('a secret that comes back with its old owner is collected, and the next reconcile makes another password', async () => {
  const { objects, bare } = await saved(alone(NEW));
  const to = new Bed();
  await to.store.create('Secret', bare(objects.secret));
  await to.store.create('CassandraDatacenter', bare(objects.dc1));
  await to.store.create('K8ssandraCluster', bare(objects.cluster));
  // Its uid is another one than that of the backup.
  await to.reconcile();
  assert.equal(passwordOf(await to.secret()), passwordOf(objects.secret));
  const { uid } = (await to.cluster()).metadata;
  assert.notEqual(uid, (await to.secret()).metadata.ownerReferences?.[0]?.uid);
  await to.store.replace('Secret', {
    ...(await to.secret()),
    metadata: {
      ...(await to.secret()).metadata,
      ownerReferences: [{ kind: 'K8ssandraCluster', name: 'two', uid: 'gone' }],
    },
  });
  to.store.collectGarbage();
  assert.equal(await to.store.get('Secret', 'k8ss', 'tworings-superuser'), null);
  await to.reconcile();
  assert.notEqual(passwordOf(await to.secret()), passwordOf(objects.secret));
});

test('two datacenters at once without the status: system keyspaces are altered to the first alone, and system_auth fails for good', async () => {
  const bed = await restoredAtOnce();
  await bed.reconcile();
  assert.deepEqual(bed.altered, ['dc1 system_traces dc1', 'dc1 system_distributed dc1']);
  await bed.reconcile(5);
  assert.match(String((await bed.status())['error']), /CALL alter keyspaces system_auth failed/);
});

test('the cure: the saved status is written back and an annotation touched; no rebuild, replication of both', async () => {
  const bed = await restoredAtOnce();
  await bed.reconcile();
  const datacenters = Object.fromEntries(
    await Promise.all(
      (['dc1', 'dc2'] as const).map(async (n) => [n, { cassandra: (await bed.datacenter(n)).status }]),
    ),
  );
  const now = await bed.cluster();
  const status = { ...now.status, datacenters, conditions: RECORDED_CLUSTER.status.conditions };
  await bed.store.replaceStatus('K8ssandraCluster', { ...now, status });
  await bed.annotate();
  await bed.reconcile(2);
  await assertCured(bed);
});

test('the object first with two datacenters: the second is not made while the first is not ready, which waits for it', async () => {
  const bed = new Bed();
  await bed.store.create('K8ssandraCluster', NEW);
  await bed.reconcile();
  // cass-operator has seen it, and cannot create the role without the other datacenter.
  const status = { conditions: [{ type: 'Ready', status: 'False' }], observedGeneration: 1 };
  await bed.store.replaceStatus('CassandraDatacenter', { ...(await bed.datacenter('dc1')), status });
  await bed.reconcile(10);
  assert.deepEqual(
    bed.store.keys.filter((k) => k.startsWith('CassandraDatacenter')),
    ['CassandraDatacenter k8ss/dc1'],
  );
});

test('a datacenter in the status that is not declared is looked for by its labels in every namespace, and removed: a copy as well', async () => {
  const bed = await Bed.running(alone(NEW));
  const copy = desiredDatacenter(
    await bed.cluster(),
    { ...(DC2 ?? assert.fail()), metadata: { name: 'dc2', namespace: 'copy' } },
    1,
  );
  await bed.store.create('CassandraDatacenter', copy);
  const now = await bed.cluster();
  const known = now.status?.['datacenters'] as object;
  await bed.store.replaceStatus('K8ssandraCluster', {
    ...now,
    status: { ...now.status, datacenters: { ...known, dc2: {} } },
  });
  await bed.reconcile();
  assert.equal(await bed.store.get('CassandraDatacenter', 'copy', 'dc2'), null);
});
