import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { cassandraAddresses } from '../../../../../src/adapters/kubernetes/datacenters/claims.ts';
import { declaredIn } from '../../../../../src/adapters/kubernetes/k8ssandra/spec.ts';
import { secretsAt } from '../../../../../src/adapters/kubernetes/kubernetes.ts';
import type { Node } from '../../../../../src/domain/cluster/topology.ts';
import { hintText } from '../../../../../src/domain/hint.ts';
import { parseSaved } from '../../../../../src/domain/k8ssandra/saved.ts';
import type { KubeObject } from '../../../../e2e/bed/k8ssandra/objects.ts';
import { Bed } from '../../../support/k8ssandra-bed.ts';
import { adaptersFor, connectionTo, type Server } from '../../../support/object-connection.ts';
import { ObjectStore } from '../../../support/object-store.ts';
import { RECORDED_PODS, RECORDED_TASK } from '../../../support/recorded-k8ssandra.ts';

// The recorded K8ssandraCluster with dc2 in another Kubernetes, in a namespace that is called as that of dc1: two API servers.

const TAG = 'kassette-20260301T021500Z-1a2b';
const PLACES = { here: 'k8ss', east: 'k8ss of k8sContext east' };

interface Given {
  readonly here?: Server;
  readonly east?: Server;
  /** By k8sContext, as on the command line. */
  readonly named?: ReadonlyMap<string, string>;
  /** Of the kubeconfig; null for a pod. */
  readonly contexts?: readonly string[] | null;
  /** Which Kubernetes datacenters are in. */
  readonly k8sContexts?: readonly [string | undefined, string | undefined];
}

const caller = (context: string) => ({
  ...{ server: `https://${context}:6443`, context, user: `${context}-admin`, account: null },
});

const inK8ss = <T extends { readonly metadata: object }>(object: T): T => ({
  ...object,
  metadata: { ...object.metadata, namespace: 'k8ss' },
});

/** Both API servers, of which the first has the object. */
async function two(given: Given = {}) {
  const { contexts = ['main', 'prod-east'], named = new Map([['east', 'prod-east']]) } = given;
  const [first, second] = given.k8sContexts ?? [undefined, 'east'];
  const bed = await Bed.running();
  const stores = { here: new ObjectStore(), east: new ObjectStore() };
  const storeOf = (k8sContext: string | undefined) => (k8sContext === undefined ? stores.here : stores.east);
  const declared = (name: string, k8sContext: string | undefined) => ({
    ...{ metadata: { name }, size: 1 },
    ...(k8sContext === undefined ? {} : { k8sContext }),
  });
  const cluster = await bed.cluster();
  const datacenters = [declared('dc1', first), declared('dc2', second)];
  const cassandra = { clusterName: 'Two Rings', datacenters };
  await stores.here.create('K8ssandraCluster', { ...cluster, spec: { ...cluster.spec, cassandra } });
  const put = async (store: ObjectStore, object: KubeObject) => {
    await store.create('CassandraDatacenter', inK8ss(object));
  };
  await put(storeOf(first), await bed.datacenter('dc1'));
  await put(storeOf(second), await bed.datacenter('dc2'));
  const secret = await bed.secret();
  for (const store of Object.values(stores)) await store.create('Secret', secret);
  const east = connectionTo(stores.east, {
    pods: { k8ss: RECORDED_PODS['k8ss-b'] },
    ...given.east,
    from: {
      caller: { ...caller('prod-east'), of: { namespace: 'k8ss', name: 'two' } } as never,
      inside: false,
    },
  });
  const reached: string[] = [];
  const connect = (context: string) => {
    reached.push(context);
    return context === 'prod-east' || context === 'east' ? east.connection : here.connection;
  };
  const inside = contexts === null;
  const own = inside ? {} : { caller: caller('main') as never, inside };
  const here = connectionTo(stores.here, {
    pods: { k8ss: RECORDED_PODS.k8ss },
    ...given.here,
    from: { ...own, others: { names: contexts, named, connect } },
  });
  return { stores, here, east, reached };
}

/** Of the datacenters: where they are, and how their nodes are reached. */
async function found(connection: Connection) {
  const { datacenters } = await adaptersFor(connection);
  return datacenters.find([]);
}

test('each datacenter is looked for in its own Kubernetes, and reached by tunnels of that', async () => {
  const { here, reached } = await two();
  const all = await found(here.connection);
  assert.deepEqual(
    all.map(({ name, namespace, k8sContext, reachedBy }) => [name, namespace, k8sContext, reachedBy]),
    [
      ['dc1', 'k8ss', undefined, undefined],
      ['dc2', 'k8ss', 'east', 'prod-east'],
    ],
  );
  assert.deepEqual(reached, ['prod-east']);
  const urls = all.flatMap((d) => d.nodes.map((n) => n.managementUrl));
  assert.equal(new Set(urls).size, 2);
  for (const url of urls) assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
});

test('a context of the name of the k8sContext need not be named; what is not reached, or cannot be, is refused', async () => {
  const alike = await two({ contexts: ['main', 'east'], named: new Map() });
  assert.equal((await found(alike.here.connection)).length, 2);
  assert.deepEqual(alike.reached, ['east']);
  const unknown = await two({ contexts: ['main', 'prod-east'], named: new Map() });
  await assert.rejects(found(unknown.here.connection), {
    code: 'PARTIAL_CLUSTER',
    message: /which this run does not reach: dc2 \(k8sContext east\)/,
    hint: /`--context east=CONTEXT`; contexts: main, prod-east/,
  });
  const pod = await two({ contexts: null, named: new Map() });
  await assert.rejects(found(pod.here.connection), {
    code: 'PARTIAL_CLUSTER',
    hint: /This run is a pod and reaches its own Kubernetes alone/,
  });
  assert.deepEqual([unknown.reached, pod.reached], [[], []]);
});

test('leases are taken in both, all or none, although the namespaces have one name', async () => {
  const { here, east } = await two();
  const { lease } = await adaptersFor(here.connection);
  const holder = (of: typeof here) =>
    String(of.leases.get('k8ss')?.spec?.['holderIdentity'] ?? '').split(' ')[0];
  const held = await lease.acquire('before-backup');
  assert.deepEqual([holder(here), holder(east)], ['before-backup', 'before-backup']);
  await held.confirm();
  await held.release();
  assert.deepEqual([holder(here), holder(east)], ['', '']);
});

test('a lease that another run holds in the other Kubernetes is said with that', async () => {
  const { here, east } = await two();
  const kept = east.leases.get('k8ss') as KubeObject;
  let renewals = 0;
  const renewing = setInterval(() => {
    const metadata = { ...kept.metadata, resourceVersion: `${++renewals + 1}` };
    const spec = {
      ...{ holderIdentity: 'after-restore there 1 a', leaseDurationSeconds: 30 },
      renewTime: `${renewals}`,
    };
    east.leases.set('k8ss', { ...kept, metadata, spec });
  }, 50);
  await new Promise((done) => setTimeout(done, 100));
  const { lease } = await adaptersFor(here.connection);
  await assert.rejects(lease.acquire('before-backup'), {
    code: 'BUSY',
    message: `Another kassette run works in namespace ${PLACES.east}: after-restore there 1 a.`,
  });
  clearInterval(renewing);
  assert.equal(here.leases.get('k8ss')?.spec?.['holderIdentity'], '');
});

test('a right that is missing in the other Kubernetes is named with its context; so is what grants it in each', async () => {
  const { here } = await two({ east: { forbidden: ['k8ss list pods'] } });
  await assert.rejects(adaptersFor(here.connection), (error: Error & { readonly advice: never }) => {
    assert.equal(
      error.message,
      'Kubernetes does not allow in namespace k8ss of context prod-east: `list pods` to find the nodes.',
    );
    const advice = hintText(error.advice);
    assert.match(advice, /as user prod-east-admin of context prod-east/);
    assert.match(
      advice,
      /`kassette rbac --namespace k8ss --k8ssandra-cluster two` prints the rights for each/,
    );
    return true;
  });
});

test('where the other Kubernetes does not know datacenters, it is named', async () => {
  const { here, east } = await two();
  Object.assign(east.connection.objects, {
    listNamespacedCustomObject: async () => Promise.reject(new ApiException(404, 'no', '', {})),
  });
  await assert.rejects(found(here.connection), {
    code: 'NOT_FOUND',
    message: `CassandraDatacenter is not served in namespace ${PLACES.east}.`,
    hint: /`kubectl api-resources --api-group cassandra\.datastax\.com --context prod-east`/,
  });
});

test('a datacenter with the labels that is not declared is found in each Kubernetes', async () => {
  const copied = async (namespace: string, everywhere: boolean) => {
    const given = await two({ east: { everywhere } });
    const dc2 = await given.stores.east.get('CassandraDatacenter', 'k8ss', 'dc2');
    const metadata = { ...(dc2 as KubeObject).metadata, name: 'dc0', namespace };
    await given.stores.east.create('CassandraDatacenter', { ...(dc2 as KubeObject), metadata });
    return found(given.here.connection);
  };
  for (const [namespace, everywhere] of [
    ['k8ss', false],
    ['copy', true],
  ] as const) {
    await assert.rejects(copied(namespace, everywhere), {
      code: 'CLUSTER_ELSEWHERE',
      message: new RegExp(
        `^CassandraDatacenter dc0 in namespace ${namespace} of k8sContext east has the labels`,
      ),
      hint: new RegExp(
        `kubectl describe cassandradatacenter dc0 --namespace ${namespace} --context prod-east`,
      ),
    });
  }
  assert.equal((await copied('copy', false)).length, 2);
  // What is declared in the other Kubernetes must not be here as well.
  const given = await two();
  const dc2 = await given.stores.east.get('CassandraDatacenter', 'k8ss', 'dc2');
  await given.stores.here.create('CassandraDatacenter', dc2 as KubeObject);
  await assert.rejects(found(given.here.connection), {
    code: 'CLUSTER_ELSEWHERE',
    message: /^CassandraDatacenter dc2 in namespace k8ss has the labels/,
    hint: /If two contexts of the kubeconfig lead to one Kubernetes, name one of them for both/,
  });
});

test('one that is declared in the other Kubernetes and is not there is missed there', async () => {
  const { here, stores } = await two();
  const dc2 = (await stores.east.get('CassandraDatacenter', 'k8ss', 'dc2')) as KubeObject;
  await stores.east.replace('CassandraDatacenter', { ...dc2, metadata: { ...dc2.metadata, finalizers: [] } });
  await stores.east.delete('CassandraDatacenter', 'k8ss', 'dc2');
  await assert.rejects(found(here.connection), {
    code: 'NOT_FOUND',
    message: /declares datacenter dc2 in namespace k8ss of k8sContext east, where there is none/,
    hint: /kubectl get cassandradatacenters --namespace k8ss --context prod-east/,
  });
});

test('the object is kept in both, the superuser’s secret beside the object; the text says which Kubernetes is meant', async () => {
  const { here, east } = await two();
  const { above, datacenters, events } = await adaptersFor(here.connection);
  const all = await datacenters.find([]);
  const text = (await above?.read()) ?? assert.fail();
  await above?.keep(TAG, text);
  await events.report(all, 'BackupMade', 'made');
  assert.deepEqual(here.writes, [
    ...[
      'apply Secret k8ss/kassette-superuser-two',
      'apply ConfigMap k8ss/kassette-k8ssandra-two',
      'event k8ss/dc1',
    ],
  ]);
  assert.deepEqual(east.writes, ['apply ConfigMap k8ss/kassette-k8ssandra-two', 'event k8ss/dc2']);
  assert.deepEqual(parseSaved('n1', text).secrets, [
    { namespace: 'k8ss', names: ['tworings-superuser'] },
    { namespace: 'k8ss', k8sContext: 'east', names: ['tworings-superuser'] },
  ]);
});

test('all datacenters may be in other Kubernetes clusters: the object and the secret are kept at the object as well', async () => {
  const { here, east } = await two({
    k8sContexts: ['east', 'east'],
    east: { pods: { k8ss: Object.values(RECORDED_PODS).flat() } },
  });
  const { above, datacenters, lease } = await adaptersFor(here.connection);
  assert.deepEqual(
    (await datacenters.find([])).map((d) => d.k8sContext),
    ['east', 'east'],
  );
  await above?.keep(TAG, (await above.read()) ?? '');
  assert.deepEqual(here.writes, [
    ...['apply Secret k8ss/kassette-superuser-two', 'apply ConfigMap k8ss/kassette-k8ssandra-two'],
  ]);
  assert.deepEqual(east.writes, ['apply ConfigMap k8ss/kassette-k8ssandra-two']);
  await (await lease.acquire('before-backup')).release();
  assert.equal(here.leases.get('k8ss')?.spec, undefined);
});

test('what may not be kept in the other Kubernetes is said before anything is made', async () => {
  const { here, east } = await two({
    east: { forbidden: ['k8ss create configmaps/kassette-k8ssandra-two'] },
  });
  const { above, datacenters } = await adaptersFor(here.connection);
  await datacenters.find([]);
  assert.ok(above);
  await assert.rejects(above.read(), {
    code: 'FORBIDDEN',
    message: /^Kubernetes does not allow in namespace k8ss of context prod-east: `create configmaps/,
  });
  assert.deepEqual([here.writes, east.writes], [[], []]);
});

test('a rebuild in the other Kubernetes keeps a restore from beginning', async () => {
  const { here, stores } = await two();
  const { datacenters } = await adaptersFor(here.connection);
  await datacenters.checkRestorable?.();
  const { status: _, ...task } = RECORDED_TASK;
  await stores.east.create('CassandraTask', inK8ss(task) as KubeObject);
  await assert.rejects(datacenters.checkRestorable?.() ?? Promise.resolve(), {
    code: 'NOT_READY',
    message: /^CassandraTask dc2-rebuild in namespace k8ss of k8sContext east rebuilds a datacenter/,
    hint: /kubectl delete cassandratask dc2-rebuild --namespace k8ss --context prod-east/,
  });
});

test('the status is given back to the object, and datacenters are touched where they are', async () => {
  const { here, east } = await two();
  const { above, datacenters } = await adaptersFor(here.connection);
  const all = await datacenters.find([]);
  await above?.giveBack(
    () => null,
    all.map(({ name, namespace = '', k8sContext }) => ({ name, namespace, k8sContext })),
  );
  assert.deepEqual(here.writes, ['touch k8ssandraclusters k8ss/two', 'touch cassandradatacenters k8ss/dc1']);
  assert.deepEqual(east.writes, ['touch cassandradatacenters k8ss/dc2']);
});

test('what a restore lacks is looked for in each Kubernetes', async () => {
  const { here, stores } = await two({ here: { claims: ['k8ss/dc1'] } });
  await stores.east.delete('Secret', 'k8ss', 'tworings-superuser');
  const { above } = await adaptersFor(here.connection);
  const lacking = await above?.lacking();
  assert.deepEqual(lacking?.steps, [
    'the claims of dc2 (namespace k8ss of k8sContext east)',
    'without ownerReferences the secrets k8ss/tworings-superuser (k8sContext east)',
  ]);
});

test('the note of a cold restore is in the Kubernetes of the datacenter, and a node of any belongs to the ring', async () => {
  const { here, east } = await two();
  const { datacenters, recovery } = await adaptersFor(here.connection);
  const [, dc2] = await datacenters.find([]);
  const fine = async () => {};
  assert.ok(dc2);
  await recovery.stop(dc2, 'stopped', fine);
  await recovery.stop(dc2, 'changing', fine);
  assert.match(east.leases.get('k8ss')?.metadata.annotations?.['kassette/cold-restores'] ?? '', /dc2/);
  assert.equal(here.leases.get('k8ss')?.metadata.annotations, undefined);
  assert.deepEqual(here.writes, []);
  const { all } = await declaredIn(here.connection, 'two');
  for (const site of all) assert.deepEqual(await cassandraAddresses(site), ['10.244.0.173', '10.244.0.176']);
});

test('claims are found in the Kubernetes of their datacenter', async () => {
  const { here } = await two({ here: { claims: ['k8ss/dc1'] }, east: { claims: ['k8ss/dc2'] } });
  const { datacenters, recovery } = await adaptersFor(here.connection);
  await datacenters.find([]);
  for (const datacenter of ['dc1', 'dc2']) {
    const own = await recovery.volumes({ datacenter });
    assert.deepEqual(
      own.map((v) => [v.name, v.datacenter]),
      [[`server-data-tworings-${datacenter}-default-sts-0`, datacenter]],
    );
  }
  const names = ['server-data-tworings-dc2-default-sts-0'];
  assert.equal((await recovery.volumes({ names }))[0]?.datacenter, 'dc2');
  const both = await two({ here: { claims: ['k8ss/dc2'] }, east: { claims: ['k8ss/dc2'] } });
  const twice = await adaptersFor(both.here.connection);
  await twice.datacenters.find([]);
  await assert.rejects(twice.recovery.volumes({ names }), {
    code: 'USAGE',
    message: /Several namespaces of/,
  });
});

test('a k8sContext that leads back to the Kubernetes of the object is that one: one lease, nothing asked twice', async () => {
  const { here, stores } = await two({
    contexts: ['main'],
    named: new Map([['east', 'main']]),
    here: { pods: { k8ss: Object.values(RECORDED_PODS).flat() } },
  });
  const dc2 = await stores.east.get('CassandraDatacenter', 'k8ss', 'dc2');
  await stores.here.create('CassandraDatacenter', dc2 as KubeObject);
  const all = await found(here.connection);
  assert.deepEqual(
    all.map((d) => [d.name, d.namespace, d.k8sContext]),
    [
      ['dc1', 'k8ss', undefined],
      ['dc2', 'k8ss', undefined],
    ],
  );
  const { all: sites } = await declaredIn(here.connection, 'two');
  assert.equal(sites.length, 1);
});

test('Kasten’s hooks and doctor are refused in their own words', async () => {
  const { here } = await two();
  await assert.rejects(adaptersFor(here.connection, 'k8ss'), {
    code: 'USAGE',
    message:
      /^Hooks of namespaces \(`--for-namespace`\) do not join one backup for K8ssandraCluster k8ss\/two/,
  });
  const { kasten } = await adaptersFor(here.connection);
  await assert.rejects(kasten.look('kasten-io'), {
    code: 'USAGE',
    message:
      /^doctor does not look at how Kasten is set up .* several Kubernetes clusters: dc2 \(k8sContext east\)/,
  });
});

test('secrets for the rights are those of the datacenters in each place', async () => {
  const { here } = await two();
  assert.deepEqual(await secretsAt(here.connection, 'two'), [
    { namespace: 'k8ss', k8sContext: undefined, reachedBy: undefined, secrets: ['tworings-superuser'] },
    { namespace: 'k8ss', k8sContext: 'east', reachedBy: 'prod-east', secrets: ['tworings-superuser'] },
  ]);
});

test('the superuser’s password is read where the first datacenter is', async () => {
  const { here } = await two({ k8sContexts: ['east', undefined] });
  const { datacenters, credentials } = await adaptersFor(here.connection);
  const all = await datacenters.find([]);
  assert.deepEqual(
    all.map((d) => d.k8sContext),
    ['east', undefined],
  );
  const { origin } = await credentials(all);
  assert.equal(origin?.called, 'secret k8ss/tworings-superuser');
  assert.ok(all.flatMap((d): readonly Node[] => d.nodes).every((n) => n.cluster === 'Two Rings'));
});
