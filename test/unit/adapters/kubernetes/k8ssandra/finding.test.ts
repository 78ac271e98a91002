import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { adaptersOn } from '../../../../../src/adapters/kubernetes/kubernetes.ts';
import type { Access } from '../../../../../src/domain/rights.ts';
import { afterRestore } from '../../../../../src/engine/verbs/after-restore.ts';
import { beforeRestore } from '../../../../../src/engine/verbs/before-restore.ts';
import {
  RECORDED_CLUSTER,
  RECORDED_DATACENTERS,
  RECORDED_PODS,
  RECORDED_TASK,
} from '../../../support/recorded-k8ssandra.ts';
import { OPTIONS, RestorableCluster } from '../../../support/restorable-cluster.ts';

type Objects = Readonly<Record<string, readonly object[]>>;

interface Given {
  /** Null where there is none. */
  readonly cluster?: object | null;
  readonly datacenters?: Objects;
  readonly pods?: Objects;
  /** CassandraTasks. */
  readonly tasks?: Objects;
  /** Whether the whole cluster may be looked at. */
  readonly everywhere?: boolean;
  /** `namespace verb resource` that are not allowed. */
  readonly forbidden?: readonly string[];
}

const refused = (status: number) => new ApiException(status, `HTTP ${status}`, '', {});
const CALLER = { account: { namespace: 'k8ss', name: 'kassette' }, user: 'k8ss/kassette', context: null };

/** An API server with these objects, and what was asked of it. */
function serving(given: Given) {
  const { cluster = RECORDED_CLUSTER, datacenters = RECORDED_DATACENTERS as Objects } = given;
  const {
    pods = RECORDED_PODS as Objects,
    everywhere = false,
    forbidden = [],
    tasks = { 'k8ss-b': [RECORDED_TASK] },
  } = given;
  const calls: string[] = [];
  const events: unknown[] = [];
  interface Asked {
    readonly namespace: string;
    readonly name: string;
  }
  const connection = {
    ...{ namespace: 'k8ss', inside: true, caller: CALLER, others: { names: null, named: new Map() } },
    objects: {
      getNamespacedCustomObject: async ({ namespace, name }: Asked) => {
        calls.push(`get ${namespace}/${name}`);
        if (forbidden.includes('k8ss get k8ssandraclusters')) throw refused(403);
        if (cluster === null || name !== 'two') throw refused(404);
        return cluster;
      },
      listNamespacedCustomObject: async ({ namespace, plural }: Asked & { readonly plural: string }) => {
        if (plural === 'cassandratasks') {
          if (forbidden.includes(`${namespace} list ${plural}`)) throw refused(403);
          return { items: tasks[namespace] ?? [] };
        }
        calls.push(`list ${namespace}`);
        return { items: datacenters[namespace] ?? [] };
      },
      listClusterCustomObject: async ({ labelSelector }: { readonly labelSelector?: string }) => {
        if (!everywhere) throw refused(403);
        assert.equal(labelSelector, 'k8ssandra.io/cluster-name=two,k8ssandra.io/cluster-namespace=k8ss');
        return { items: Object.values(datacenters).flat() };
      },
    },
    batch: {},
    coordination: { readNamespacedLease: async () => Promise.reject(refused(404)) },
    core: {
      listNamespacedPod: async ({ namespace }: Asked) => ({
        items: pods[namespace] ?? [],
      }),
      readNamespacedSecret: async ({ namespace, name }: Asked) => {
        calls.push(`secret ${namespace}/${name}`);
        const of = (text: string) => Buffer.from(text).toString('base64');
        return { data: { username: of(name), password: of(`of ${namespace}`) } };
      },
      createNamespacedEvent: async ({ namespace, body }: Asked & { readonly body: object }) => {
        events.push([namespace, (body as { involvedObject: { name: string } }).involvedObject.name]);
      },
    },
    authorization: {
      createSelfSubjectAccessReview: async ({
        body,
      }: {
        body: { spec: { resourceAttributes: Attributes } };
      }) => {
        const { namespace, verb, resource } = body.spec.resourceAttributes;
        return { status: { allowed: !forbidden.includes(`${namespace} ${verb} ${resource}`) } };
      },
    },
  } as unknown as Connection;
  return { connection, calls, events };
}

interface Attributes {
  readonly namespace: string;
  readonly verb: string;
  readonly resource: string;
}

const adaptersFor = (
  connection: Connection,
  name = 'two',
  access: Access = 'read',
  awaitsK8ssandra = false,
) =>
  adaptersOn(
    connection,
    {
      ...{ access, usesCql: true, cqlTls: false, image: undefined, pullSecrets: [] },
      jobs: { requests: {}, limits: {}, labels: {}, annotations: {}, user: undefined },
      againAfterMs: [],
      ...{ k8ssandraCluster: name, awaitsK8ssandra },
    },
    1000,
    () => {},
  );

async function find(given: Given, names: readonly string[] = []) {
  const { connection } = serving(given);
  return (await adaptersFor(connection)).datacenters.find(names);
}

test('datacenters are found where the recorded object declares them, with their nodes; no other namespace is asked', async () => {
  const { connection, calls } = serving({});
  const all = await (await adaptersFor(connection)).datacenters.find([]);
  assert.deepEqual(
    all.map((d) => [d.name, d.namespace, d.cluster, d.nodes.map((n) => n.name), d.unready]),
    [
      ['dc1', 'k8ss', 'Two Rings', ['tworings-dc1-default-sts-0'], null],
      ['dc2', 'k8ss-b', 'Two Rings', ['tworings-dc2-default-sts-0'], null],
    ],
  );
  assert.deepEqual(calls, ['get k8ss/two', 'list k8ss', 'list k8ss-b']);
});

test('each datacenter’s secret and events are in its own namespace', async () => {
  const { connection, calls, events } = serving({});
  const { datacenters, credentials, events: reports } = await adaptersFor(connection);
  const all = await datacenters.find([]);
  for (const d of all) {
    const { password, origin } = await credentials([d]);
    assert.equal(password, `of ${d.namespace}`);
    assert.equal(origin?.called, `secret ${d.namespace}/tworings-superuser`);
  }
  await reports.report(all, 'BackupMade', 'A backup.');
  assert.deepEqual(events, [
    ['k8ss', 'dc1'],
    ['k8ss-b', 'dc2'],
  ]);
  assert.deepEqual(calls.slice(-2), ['secret k8ss/tworings-superuser', 'secret k8ss-b/tworings-superuser']);
});

test('some of its datacenters can be named; one that it has not is named with those that it has', async () => {
  assert.deepEqual(
    (await find({}, ['dc2'])).map((d) => d.name),
    ['dc2'],
  );
  await assert.rejects(find({}, ['dc3']), {
    code: 'NOT_FOUND',
    message: 'K8ssandraCluster k8ss/two has no datacenter `dc3`; it has: dc1, dc2.',
  });
});

test('an object that is not there', async () => {
  await assert.rejects(find({ cluster: null }), {
    code: 'NOT_FOUND',
    message: 'There is no K8ssandraCluster `two` in namespace k8ss.',
    hint: /`kubectl get k8ssandraclusters -A`/,
  });
});

test('before a restore that brings the object back, that it is not there is no failure; for others it is one', async () => {
  const { connection } = serving({ cluster: null });
  const { datacenters, lease } = await adaptersFor(connection, 'two', 'write');
  const ports = { ...new RestorableCluster().ports, datacenters, lease };
  const { findings } = await beforeRestore(ports, { ...OPTIONS, otherNamespaces: [] });
  assert.deepEqual(
    findings.map((f) => [f.ok, f.message]),
    [
      [
        true,
        'There is no K8ssandraCluster `two` in namespace k8ss. There is nothing to check before it is restored.',
      ],
    ],
  );
  await assert.rejects(afterRestore(ports, OPTIONS), { code: 'NOT_FOUND' });
});

test('what a restore lacks is said by before-restore in its order, and what was done out of it as a finding', async () => {
  const { connection } = serving({ cluster: null });
  const { datacenters, lease, above } = await adaptersFor(connection, 'two', 'write');
  const of = { namespace: 'k8ss', name: 'two' };
  const lacking = async () => ({ of, steps: ['the claims of dc1', 'its status'], wrong: ['it is wrong'] });
  const ports = { ...new RestorableCluster().ports, datacenters, lease };
  const { findings } = await beforeRestore(
    { ...ports, above: { ...(above ?? assert.fail()), lacking } },
    { ...OPTIONS, otherNamespaces: [] },
  );
  assert.deepEqual(
    findings.slice(1).map((f) => [f.ok, f.code, f.message]),
    [
      [false, 'NOT_READY', 'it is wrong.'],
      [
        true,
        null,
        'K8ssandraCluster k8ss/two is not all there. Restore in this order: 1. the claims of dc1; 2. its status.',
      ],
    ],
  );
});

test('a hook of one namespace waits for an object that the restore of another one brings back', async () => {
  const { connection, calls } = serving({});
  const { getNamespacedCustomObject: get } = connection.objects;
  let looks = 0;
  Object.assign(connection.objects, {
    getNamespacedCustomObject: async (asked: Parameters<typeof get>[0]) => {
      if (++looks === 1) throw refused(404);
      return get.call(connection.objects, asked);
    },
  });
  const { datacenters } = await adaptersFor(connection, 'two', 'write', true);
  assert.equal((await datacenters.find([])).length, 2);
  assert.deepEqual([looks, calls[0]], [2, 'get k8ss/two']);
});

test('a datacenter that is not there yet', async () => {
  await assert.rejects(find({ datacenters: { k8ss: RECORDED_DATACENTERS.k8ss } }), {
    code: 'NOT_FOUND',
    message: /declares datacenter dc2 in namespace k8ss-b, where there is none/,
  });
});

test('a right that is missing in one of the namespaces is named with that', async () => {
  const { connection, calls } = serving({ forbidden: ['k8ss-b list pods'] });
  await assert.rejects(adaptersFor(connection), {
    code: 'FORBIDDEN',
    message: 'Kubernetes does not allow in namespace k8ss-b: `list pods` to find the nodes.',
    hint: /kassette rbac --namespace k8ss --k8ssandra-cluster two --service-account k8ss\/kassette/,
  });
  assert.deepEqual(calls, ['get k8ss/two']);
});

/** Each look at the clock is a second later than the one before: what is not allowed is soon given up. */
function hurry(t: TestContext): void {
  let now = 0;
  t.mock.method(performance, 'now', () => {
    now += 1000;
    return now;
  });
}

test('so is one that is missed only by the call itself', async (t) => {
  hurry(t);
  const { connection } = serving({ forbidden: ['k8ss-b list cassandratasks'] });
  const { datacenters } = await adaptersFor(connection);
  await assert.rejects(datacenters.checkRestorable?.() ?? Promise.resolve(), {
    code: 'FORBIDDEN',
    message: /^Kubernetes does not allow in namespace k8ss-b: `list cassandratasks/,
    hint: /kassette rbac --namespace k8ss --k8ssandra-cluster two --service-account k8ss\/kassette/,
  });
});

test('so is the right to read the object, with the command that grants all that is needed for it', async (t) => {
  hurry(t);
  const { connection } = serving({ forbidden: ['k8ss get k8ssandraclusters'] });
  await assert.rejects(adaptersFor(connection), {
    code: 'FORBIDDEN',
    message:
      'Kubernetes does not allow in namespace k8ss: `get k8ssandraclusters.k8ssandra.io/two` to find the datacenters of the K8ssandraCluster.',
  });
});

/** The recorded datacenter of this namespace with other properties. */
function changed(namespace: keyof typeof RECORDED_DATACENTERS, metadata: object, spec: object = {}) {
  const [dc] = RECORDED_DATACENTERS[namespace];
  return { ...dc, metadata: { ...dc?.metadata, ...metadata }, spec: { ...dc?.spec, ...spec } };
}

test('one with the labels that is not declared is refused, also in another namespace where that may be seen', async () => {
  const copy = changed('k8ss-b', { name: 'dc2', namespace: 'copy' });
  const beside = changed('k8ss', { name: 'dc0' });
  const stray = { code: 'CLUSTER_ELSEWHERE', message: /has the labels of K8ssandraCluster k8ss\/two/ };
  const { k8ss } = RECORDED_DATACENTERS;
  const inOne = { ...RECORDED_DATACENTERS, k8ss: [...k8ss, beside] };
  await assert.rejects(find({ datacenters: inOne }), {
    ...stray,
    message: /CassandraDatacenter dc0 in namespace k8ss has/,
  });
  const inAnother = { ...RECORDED_DATACENTERS, copy: [copy] };
  await assert.rejects(find({ datacenters: inAnother, everywhere: true }), {
    ...stray,
    message: /CassandraDatacenter dc2 in namespace copy has/,
  });
  assert.equal((await find({ datacenters: inAnother })).length, 2);
});

test('one of another K8ssandraCluster or Cassandra cluster is not taken for the declared one; one without labels is', async () => {
  const { k8ss } = RECORDED_DATACENTERS;
  const withDc2 = (dc2: object) => find({ datacenters: { k8ss, 'k8ss-b': [dc2] } });
  const labels = { 'k8ssandra.io/cluster-name': 'other', 'k8ssandra.io/cluster-namespace': 'k8ss' };
  await assert.rejects(withDc2(changed('k8ss-b', { labels })), {
    code: 'CLUSTER_ELSEWHERE',
    message:
      /declares datacenter dc2 in namespace k8ss-b, but that has the labels of K8ssandraCluster k8ss\/other/,
  });
  await assert.rejects(withDc2(changed('k8ss-b', {}, { clusterName: 'two' })), {
    code: 'CLUSTER_ELSEWHERE',
    message: /is of Cassandra cluster `two` instead of `Two Rings`/,
  });
  assert.equal((await withDc2(changed('k8ss-b', { labels: {} }))).length, 2);
});

test('what cannot be told apart, or reached, is refused before any namespace is asked', async () => {
  const declaring = (...datacenters: readonly object[]) => {
    const cassandra = { ...RECORDED_CLUSTER.spec.cassandra, datacenters };
    return { cluster: { ...RECORDED_CLUSTER, spec: { ...RECORDED_CLUSTER.spec, cassandra } } };
  };
  const [dc1, dc2] = RECORDED_CLUSTER.spec.cassandra.datacenters;
  const twice = { metadata: { name: 'dc1', namespace: 'k8ss-b' } };
  await assert.rejects(find(declaring(dc1 ?? {}, twice)), {
    code: 'CLUSTER_ELSEWHERE',
    message: /two datacenters called dc1, in namespaces k8ss and k8ss-b/,
  });
  await assert.rejects(find(declaring(dc1 ?? {}, { ...dc2, k8sContext: 'east' })), {
    code: 'PARTIAL_CLUSTER',
    message: /other Kubernetes clusters, which this run does not reach: dc2 \(k8sContext east\)/,
    hint: /This run is a pod and reaches its own Kubernetes alone; so do the hooks of Kasten/,
  });
  await assert.rejects(find(declaring()), { code: 'NOT_FOUND', message: /has no datacenter/ });
});

test('two pods of one name, in two namespaces, are not taken for one node', async () => {
  const { k8ss } = RECORDED_PODS;
  const [pod] = RECORDED_PODS['k8ss-b'];
  const alike = { ...pod, metadata: { ...pod?.metadata, name: k8ss[0]?.metadata.name } };
  await assert.rejects(find({ pods: { k8ss, 'k8ss-b': [alike] } }), {
    code: 'CLUSTER_ELSEWHERE',
    message:
      /Datacenters dc1 and dc2 of K8ssandraCluster k8ss\/two both have a pod tworings-dc1-default-sts-0/,
  });
});

test('a restore is refused while a datacenter is rebuilt, or would be as soon as the operator looks', async () => {
  const checked = async (given: Given) => {
    const { datacenters } = await adaptersFor(serving(given).connection);
    await datacenters.checkRestorable?.();
  };
  // As it was recorded: the rebuild of when dc2 was new has ended.
  await checked({});
  // One that names no datacenter is nobody's.
  await checked({ tasks: { 'k8ss-b': [{ metadata: { name: 'odd' }, spec: { datacenter: {} } }] } });
  const { completionTime: _, ...under } = RECORDED_TASK.status;
  await assert.rejects(checked({ tasks: { 'k8ss-b': [{ ...RECORDED_TASK, status: under }] } }), {
    code: 'NOT_READY',
    message:
      /^CassandraTask dc2-rebuild in namespace k8ss-b rebuilds a datacenter of K8ssandraCluster k8ss\/two\./,
  });
  const annotations = { ...RECORDED_CLUSTER.metadata.annotations, 'k8ssandra.io/rebuild-dc': 'dc2' };
  const annotated = { ...RECORDED_CLUSTER, metadata: { ...RECORDED_CLUSTER.metadata, annotations } };
  await assert.rejects(checked({ cluster: annotated }), {
    code: 'NOT_READY',
    message: /has its datacenter dc2 rebuilt \(annotation k8ssandra\.io\/rebuild-dc\)/,
    hint: /kubectl annotate k8ssandracluster two --namespace k8ss k8ssandra.io\/rebuild-dc-/,
  });
  for (const [datacenters, unknown] of [
    [{}, 'dc1, dc2'],
    [{ dc1: {} }, 'dc2'],
  ] as const) {
    const status = { ...RECORDED_CLUSTER.status, datacenters };
    await assert.rejects(checked({ cluster: { ...RECORDED_CLUSTER, status } }), {
      code: 'NOT_READY',
      message: new RegExp(
        `The status of K8ssandraCluster k8ss/two does not have ${unknown}: k8ssandra-operator`,
      ),
      hint: /--subresource status/,
    });
  }
  const { status: __, ...fresh } = RECORDED_CLUSTER;
  const [dc1] = RECORDED_CLUSTER.spec.cassandra.datacenters;
  const alone = { ...RECORDED_CLUSTER.spec.cassandra, datacenters: [dc1] };
  await checked({ cluster: { ...fresh, spec: { ...fresh.spec, cassandra: alone } } });
});
