import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException, type V1Pod } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { kastenInspector } from '../../../../../src/adapters/kubernetes/kasten/kasten-inspector.ts';
import { NO_SETTINGS } from '../../../../../src/domain/jobs/settings.ts';
import { DIAGNOSE, nameOfRight, toSecret } from '../../../../../src/domain/rights.ts';

type Answers = Readonly<Record<string, readonly object[] | number>>;

const answer = (value: readonly object[] | number = []) => {
  if (typeof value === 'number') throw new ApiException(value, 'no', '', {});
  return { items: value };
};

/** A cluster that answers lists by their plural, with objects or a status. */
function inspectorWith(
  answers: Answers,
  allowed: (attributes: { resource: string; name?: string }) => boolean = () => true,
  admit: (asked: { namespace: string; body: V1Pod; dryRun?: string }) => V1Pod = ({ body }) => body,
  above?: Connection['above'],
) {
  const connection = {
    namespace: 'cass-operator',
    above,
    objects: {
      listNamespacedCustomObject: async ({ plural }: { plural: string }) => answer(answers[plural]),
    },
    core: {
      listNamespacedPod: async () => answer(answers['pods']),
      listNamespacedEvent: async () => answer(answers['events']),
      createNamespacedPod: async (asked: { namespace: string; body: V1Pod; dryRun?: string }) => admit(asked),
      readNamespacedServiceAccount: async () => answer(answers['serviceaccounts']),
    },
    authorization: {
      createNamespacedLocalSubjectAccessReview: async ({
        body,
      }: {
        body: { spec: { resourceAttributes: { resource: string } } };
      }) => ({
        status: { allowed: allowed(body.spec.resourceAttributes) },
      }),
    },
  };
  return kastenInspector(connection as unknown as Connection);
}

const PLACE = { namespace: 'kassette', serviceAccount: 'kassette', image: 'kassette:1', resources: null };
const DATACENTER = {
  metadata: { name: 'cass-prd', annotations: { a: 'b' } },
  spec: { clusterName: 'dse', size: 1 },
};

test('what may not be seen, is not served or cannot be understood is said', async () => {
  const { policies, blueprints, bindings, restorePoints, datacenters } = await inspectorWith({
    policies: 404,
    blueprints: 403,
    blueprintbindings: [{ metadata: { name: 'a' }, spec: {} }],
    restorepoints: 404,
    cassandradatacenters: [DATACENTER],
  }).look('kasten-io');
  assert.ok('unserved' in policies && policies.unknown.includes('does not serve policies'));
  assert.ok(
    'unknown' in blueprints && blueprints.unknown.includes(`\`${nameOfRight(DIAGNOSE.kasten.blueprints)}\``),
  );
  assert.ok('unknown' in bindings && bindings.unknown.includes('a form that doctor cannot read'));
  assert.ok('unknown' in restorePoints && restorePoints.unknown.includes('does not serve restorepoints'));
  assert.deepEqual(datacenters, { value: [{ name: 'cass-prd', labels: {}, annotations: { a: 'b' } }] });
});

test("restores are found in the namespace, and in Kasten's where they are of it", async () => {
  const restoreOf = (name: string, targetNamespace: string) => ({
    metadata: { name, creationTimestamp: '2026-03-01T00:00:00Z' },
    spec: { targetNamespace },
    status: { state: 'Complete' },
  });
  const restoreactions = [restoreOf('a', 'cass-operator'), restoreOf('b', 'other')];
  const { restores } = await inspectorWith({ restoreactions }).look('kasten-io');
  assert.ok('value' in restores);
  // The stand-in gives both lists the same objects.
  assert.deepEqual(
    restores.value.map((r) => r.name),
    ['a', 'b', 'a'],
  );
});

test("a hook's place: the account, the rights that it lacks, an image that is not there", async () => {
  const spec = { containers: [{ name: 'container', image: 'kassette:1' }] };
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off' };
  const pods = [
    { spec, status: { containerStatuses: [{ name: 'container', imageID: '', state: { waiting } }] } },
  ];
  const told = {
    reason: 'Failed',
    message: 'Failed to pull image "kassette:1": nowhere',
    lastTimestamp: new Date(),
  };
  const old = { ...told, message: `${told.message}, long ago`, lastTimestamp: new Date(0) };
  const answers = { pods, events: [told, old], serviceaccounts: 404, cassandradatacenters: [DATACENTER] };
  const inspector = inspectorWith(
    answers,
    ({ resource, name }) => resource !== 'secrets' || name !== 'dse-superuser',
  );
  const facts = await inspector.examine(PLACE);
  assert.deepEqual(facts, {
    place: PLACE,
    account: { value: false },
    missing: { value: [toSecret('dse-superuser', "for the superuser's password")] },
    image: { value: { failures: ['Back-off', told.message], pulled: false } },
    admission: { value: { refused: null, beside: [] } },
    policies: { value: [] },
  });
});

test('of a K8ssandraCluster hooks need rights to it and to what is kept of it, in its own namespace more than in others', async () => {
  const missingIn = async (namespace: string) => {
    const above = { namespace, name: 'demo', clusterName: 'dse', datacenters: [] };
    const answers = { serviceaccounts: [], cassandradatacenters: [DATACENTER] };
    const isOf = ({ resource, name = '' }: { resource: string; name?: string }) =>
      /k8ssandra|cassandratasks/.test(resource) || /demo/.test(name);
    const { missing } = await inspectorWith(answers, (a) => !isOf(a), undefined, above).examine(PLACE);
    return 'value' in missing ? missing.value.map(nameOfRight).toSorted() : assert.fail();
  };
  const everywhere = [
    ...['create', 'get', 'patch'].map((verb) => `${verb} configmaps/kassette-k8ssandra-demo`),
    'list cassandratasks.control.k8ssandra.io',
  ];
  const own = [
    ...['create', 'patch'].map((verb) => `${verb} secrets/kassette-superuser-demo`),
    ...['get', 'patch'].map((verb) => `${verb} k8ssandraclusters.k8ssandra.io/demo`),
    'patch k8ssandraclusters/status.k8ssandra.io/demo',
  ];
  assert.deepEqual(await missingIn('control'), everywhere.toSorted());
  assert.deepEqual(await missingIn('cass-operator'), [...everywhere, ...own].toSorted());
});

/** As the API server answers, with a `Status` as text. */
function refuses(code: number, message: string): never {
  throw new ApiException(
    code,
    'no',
    JSON.stringify({ kind: 'Status', status: 'Failure', code, message }),
    {},
  );
}

test('pods are asked for and none is made: what is refused, put into them, or may not be asked', async () => {
  const asked: { namespace: string; dryRun?: string; body: V1Pod }[] = [];
  const proxy = (restartPolicy?: string) => ({
    name: 'istio-proxy',
    ...(restartPolicy && { restartPolicy }),
  });
  const answers = { cassandradatacenters: [DATACENTER], pods: [] };
  const place = { ...PLACE, resources: { limits: { cpu: '3' } } };
  const inspector = inspectorWith(answers, undefined, (query) => {
    asked.push(query);
    const spec = query.body.spec ?? { containers: [] };
    return { ...query.body, spec: { ...spec, containers: [...spec.containers, proxy()] } };
  });
  const { admission } = await inspector.examine(place);
  assert.deepEqual(admission, { value: { refused: null, beside: ['istio-proxy'] } });
  await inspector.surroundings({ ...NO_SETTINGS, limits: { cpu: '2' } }, 'registry/kassette@sha256:00');
  assert.deepEqual(
    asked.map(({ namespace, dryRun, body }) => [
      namespace,
      dryRun,
      body.spec?.containers[0]?.resources?.limits?.['cpu'],
    ]),
    [
      ['kassette', 'All', '3'],
      ['cass-operator', 'All', '2'],
    ],
  );
  assert.equal(asked[1]?.body.spec?.containers[0]?.image, 'registry/kassette@sha256:00');
  // A sidecar of Kubernetes itself ends with its pod.
  const native = inspectorWith(answers, undefined, ({ body }) => ({
    ...body,
    spec: { ...(body.spec ?? { containers: [] }), initContainers: [proxy('Always')] },
  }));
  assert.deepEqual((await native.examine(place)).admission, { value: { refused: null, beside: [] } });
  const why =
    'pods "kassette-asked-x" is forbidden: failed quota: compute: must specify limits.cpu for: kassette';
  const { jobs } = await inspectorWith(answers, undefined, () => refuses(403, why)).surroundings(
    NO_SETTINGS,
    'i',
  );
  const user = { runAsUser: 999, runAsGroup: 999, fsGroup: 999 };
  assert.deepEqual(jobs, { value: [{ refused: why, beside: [], user }] });
  const mayNot =
    'pods is forbidden: User "x" cannot create resource "pods" in API group "" in the namespace "cass-operator"';
  const denied = await inspectorWith(answers, undefined, () => refuses(403, mayNot)).surroundings(
    NO_SETTINGS,
    'i',
  );
  assert.ok(
    'unknown' in denied.jobs && denied.jobs.unknown.includes('`create pods` to ask whether'),
    JSON.stringify(denied),
  );
});

test('policies and proxies around the nodes are read as Kubernetes has them', async () => {
  const networkpolicies = [
    { metadata: { name: 'deny' }, spec: { podSelector: {}, policyTypes: ['Ingress'] } },
    {
      metadata: { name: 'dns' },
      spec: {
        podSelector: { matchLabels: { app: 'x' } },
        egress: [{ ports: [{ protocol: 'UDP', port: 53 }] }],
      },
    },
  ];
  const labels = { 'cassandra.datastax.com/cluster': 'dse', 'cassandra.datastax.com/datacenter': 'cass-prd' };
  const spec = {
    containers: [{ name: 'cassandra' }],
    initContainers: [{ name: 'linkerd-proxy', restartPolicy: 'Always' }],
  };
  const pods = [{ metadata: { name: 'p-0', labels }, spec }];
  const found = await inspectorWith({
    networkpolicies,
    pods,
    cassandradatacenters: [DATACENTER],
  }).surroundings(NO_SETTINGS, 'i');
  assert.deepEqual(found.proxies, { value: ['linkerd-proxy'] });
  assert.deepEqual(found.policies, {
    value: [
      { name: 'deny', selector: [], ingress: [], egressRules: null },
      { name: 'dns', selector: ['app'], ingress: [], egressRules: 1 },
    ],
  });
});
