import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { cassandraDatacenter } from '../../../../../src/adapters/kubernetes/client/resources.ts';
import { kubernetesRecovery } from '../../../../../src/adapters/kubernetes/datacenters/recovery.ts';
import type { Datacenter } from '../../../../../src/domain/cluster/topology.ts';
import { NO_SETTINGS } from '../../../../../src/domain/jobs/settings.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import {
  type Course,
  ended,
  failedCreate,
  NamespaceWithJobs,
  podOf,
  running,
  waiting,
} from '../../../support/namespace-with-jobs.ts';

// A Job is tried before a datacenter is stopped: what it meets, and as whom it runs.
const LABELS = { 'cassandra.datastax.com/cluster': 'c', 'cassandra.datastax.com/datacenter': 'd' };

function cassandra(
  i: number,
  more: { readonly annotations?: Record<string, string>; readonly pod?: object; readonly own?: object } = {},
): V1Pod {
  const resources = { requests: { cpu: '1', memory: '2Gi' }, limits: { cpu: '2', memory: '2Gi' } };
  return {
    metadata: { name: `c-d-r-sts-${i}`, labels: LABELS, annotations: more.annotations ?? {} },
    spec: {
      containers: [
        { name: 'server-system-logger' },
        { name: 'cassandra', resources, ...(more.own === undefined ? {} : { securityContext: more.own }) },
      ],
      ...(more.pod === undefined ? {} : { securityContext: more.pod }),
    },
  };
}

function world(
  course: Course,
  pods: readonly V1Pod[] = [0, 1, 2].map((i) => cassandra(i)),
  spec: object = {},
  annotations = {},
) {
  const namespace = new NamespaceWithJobs(course);
  namespace.pods = pods;
  const object = cassandraDatacenter.parse({
    metadata: { name: 'd', annotations },
    spec: { clusterName: 'c', size: 3, ...spec },
  });
  const patches: { metadata: { annotations: Record<string, unknown> } }[] = [];
  const connection = {
    ...namespace.connection,
    objects: {
      getNamespacedCustomObject: async () => ({
        metadata: { name: 'd', uid: 'u', generation: 7, annotations },
        spec: { clusterName: 'c', size: 3, ...spec, stopped: true },
      }),
      patchNamespacedCustomObject: async ({ body }: { body: (typeof patches)[0] }) => patches.push(body),
    },
  };
  const clock = fakeClock();
  const sleep = async (ms: number) => {
    await clock.sleep(ms);
    await new Promise((done) => setImmediate(done));
  };
  const recovery = kubernetesRecovery(
    connection as unknown as typeof namespace.connection,
    new Map([['d', object]]),
    {
      shell: { run: async () => Buffer.alloc(0) },
      image: 'registry/kassette@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
      pullSecrets: ['own'],
      settings: NO_SETTINGS,
      timeoutMs: 60_000,
      clock: { ...clock, sleep },
    },
  );
  const rehearse = () => recovery.rehearse(DATACENTER, { signal: AbortSignal.timeout(10_000) });
  return { namespace, recovery, rehearse, patches };
}
const DATACENTER = { name: 'd' } as Datacenter;

const fine: Course = (job, looks) => ({
  pod: podOf(job, {
    phase: 'Running',
    containerStatuses: [running('istio-proxy'), looks < 1 ? running('kassette') : ended('kassette')],
  }),
});
const specOf = (job: V1Job | undefined) => job?.spec?.template.spec ?? assert.fail();

test('the trial is the Job that will be, with its image by digest, without a volume; it leaves nothing', async () => {
  const template = {
    imagePullSecrets: [{ name: 'theirs' }],
    priorityClassName: 'db',
    serviceAccountName: 's',
  };
  const tolerations = [{ key: 'db', operator: 'Exists' }];
  const { namespace, rehearse } = world(fine, undefined, {
    tolerations,
    podTemplateSpec: { spec: template },
  });
  await rehearse();
  const [job, ...more] = namespace.created;
  assert.deepEqual(more, []);
  assert.deepEqual(namespace.removed, [job?.metadata?.name]);
  assert.match(job?.metadata?.name ?? '', /^kassette-try-d-[0-9a-f]{6}$/);
  const spec = specOf(job);
  assert.deepEqual([spec.volumes, spec.containers[0]?.args], [undefined, ['--version']]);
  assert.match(spec.containers[0]?.image ?? '', /^registry\/kassette@sha256:2c26b4/);
  assert.deepEqual(spec.imagePullSecrets, [{ name: 'own' }, { name: 'theirs' }]);
  assert.deepEqual(
    [spec.priorityClassName, spec.serviceAccountName, spec.tolerations],
    ['db', 's', tolerations],
  );
});

const refusing =
  (why: string): Course =>
  (job) => ({ events: [failedCreate(job, why)] });

test('what the namespace does not admit is said in its own words, and that nothing was stopped', async () => {
  const why = 'failed quota: compute: must specify requests.ephemeral-storage for: kassette';
  const { namespace, rehearse } = world(refusing(why));
  await assert.rejects(rehearse(), (error: Error & { code?: string; hint?: string }) => {
    assert.equal(error.code, 'JOB_FAILED');
    assert.ok(error.message.includes(why), error.message);
    assert.match(error.hint ?? '', /^Nothing was stopped or changed\. .*--job-limit/);
    return true;
  });
  assert.equal(namespace.removed.length, 1);
});

test('a quota that Cassandra itself uses up has room when it is stopped; one that is used up otherwise has none', async () => {
  const full = (requested: string, used: string, limited: string) =>
    refusing(`exceeded quota: full, requested: ${requested}, used: ${used}, limited: ${limited}`);
  await world(full('limits.cpu=1,pods=1', 'limits.cpu=6,pods=3', 'limits.cpu=6,pods=3')).rehearse();
  await world(full('requests.memory=128Mi', 'requests.memory=6Gi', 'requests.memory=6Gi')).rehearse();
  for (const course of [
    // Others have the most of it.
    full('limits.cpu=1', 'limits.cpu=60', 'limits.cpu=10'),
    full('pods=1', 'pods=9', 'pods=5'),
    // Nothing that Cassandra's pods have.
    full('requests.nvidia.com/gpu=1', 'requests.nvidia.com/gpu=1', 'requests.nvidia.com/gpu=1'),
    // Too small for a Job alone.
    full('limits.memory=512Mi', 'limits.memory=0', 'limits.memory=256Mi'),
  ])
    await assert.rejects(world(course).rehearse(), { code: 'JOB_FAILED', message: /exceeded quota: full/ });
});

test('an image that cannot be pulled there is said; a place that is not free yet is no reason', async () => {
  const backOff = waiting('kassette', 'ImagePullBackOff', 'Back-off pulling image "i": unauthorized');
  const pulling = world((job) => ({ pod: podOf(job, { phase: 'Pending', containerStatuses: [backOff] }) }));
  await assert.rejects(pulling.rehearse(), {
    message: /Back-off pulling image/,
    hint: /--image-pull-secret/,
  });
  const unscheduled = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: 'Insufficient cpu',
  };
  const full = world((job) => ({ pod: podOf(job, { phase: 'Pending', conditions: [unscheduled] }) }));
  await full.rehearse();
  assert.equal(full.namespace.removed.length, 1);
});

test('an image that is not kassette, or for another processor, is found', async () => {
  const { namespace, rehearse } = world((job) => ({
    pod: podOf(job, { phase: 'Failed', containerStatuses: [ended('kassette', 255)] }),
  }));
  namespace.log = 'exec /usr/local/bin/node: exec format error\n';
  await assert.rejects(rehearse(), { message: /ended with exit status 255: exec .* exec format error/ });
});

const GIVEN = { runAsUser: 1000680000 };
const ADMITTED = [
  cassandra(0, {
    annotations: { 'openshift.io/scc': 'restricted-v2' },
    // As the admission of OpenShift fills it in: user and capabilities in the container, groups in the pod.
    own: GIVEN,
    pod: { fsGroup: 1000680000, seLinuxOptions: { level: 's0:c26,c15' } },
  }),
];

test("Jobs run as the datacenter's pods were admitted, also when these are gone", async () => {
  const { namespace, recovery, rehearse, patches } = world(fine, ADMITTED);
  await rehearse();
  const { runAsUser, runAsGroup, fsGroup } = specOf(namespace.created[0]).securityContext ?? {};
  // No group: OpenShift's users are in that of root, and write by that of the volume.
  assert.deepEqual([runAsUser, runAsGroup, fsGroup], [1000680000, undefined, 1000680000]);
  await recovery.stop(DATACENTER, 'stopped', async () => {});
  const noted = patches[0]?.metadata.annotations ?? {};
  assert.deepEqual(JSON.parse(String(noted['kassette/pod-user'])), {
    runAsUser: 1000680000,
    fsGroup: 1000680000,
  });
  // This run goes on when they are gone; so does another one, which has only what is noted.
  namespace.pods = [];
  const later = world(fine, [], {}, noted);
  const volume = {
    name: 'server-data-c-d-r-sts-0',
    cluster: 'c',
    datacenter: 'd',
    node: 'c-d-r-sts-0',
    place: null,
    uid: null,
  };
  const cold = {
    tag: undefined,
    dryRun: true,
    listed: false,
    keepDisplaced: false,
    verify: 'quick',
    again: false,
    elsewhere: false,
  } as const;
  const { signal } = new AbortController();
  for (const run of [{ namespace, recovery }, later]) {
    run.namespace.log =
      '{"kassette":"0.1.0","ok":false,"error":{"code":"NO_BACKUP","message":"none","hint":"h"}}';
    const clean = run.recovery.clean(volume, { ...cold, signal }, () => {});
    await assert.rejects(clean, { code: 'NO_BACKUP' });
    assert.equal(specOf(run.namespace.created.at(-1)).securityContext?.runAsUser, 1000680000);
  }
  // What is noted goes when it is started; of pods that are gone nothing is noted over it.
  await later.recovery.stop(DATACENTER, 'changing', async () => {});
  await later.recovery.start(DATACENTER, 'restored', async () => {});
  assert.deepEqual(
    later.patches.map(({ metadata }) => metadata.annotations),
    [
      { 'kassette/cold-restore': 'changing', 'kassette/cold-revision': 'u/7' },
      { 'kassette/cold-restore': null, 'kassette/cold-revision': null, 'kassette/pod-user': null },
    ],
  );
});

test('a note that kassette did not write is none, and the object decides', async () => {
  const notes = { 'kassette/pod-user': '{"runAsUser":"root"}' };
  const spec = { podTemplateSpec: { spec: { securityContext: { runAsUser: 1001, runAsGroup: 1002 } } } };
  const { namespace, rehearse } = world(fine, [], spec, notes);
  await rehearse();
  const { runAsUser, runAsGroup } = specOf(namespace.created[0]).securityContext ?? {};
  assert.deepEqual([runAsUser, runAsGroup], [1001, 1002]);
});
