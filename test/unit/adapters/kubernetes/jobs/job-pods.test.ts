import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Job } from '@kubernetes/client-node';
import { CASSANDRA_USER, cleanJob } from '../../../../../src/adapters/kubernetes/jobs/clean-job.ts';
import { runJob } from '../../../../../src/adapters/kubernetes/jobs/clean-jobs.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import {
  type Course,
  ended,
  failedCreate,
  failedMount,
  NamespaceWithJobs,
  podOf,
  running,
  waiting,
} from '../../../support/namespace-with-jobs.ts';

// What a Job's pod meets where others have a say: quotas, policies, what is put into it, machines that do not mount its volume.
const options = {
  name: 'kassette-clean-c',
  namespace: 'ns',
  image: 'i',
  claim: 'c',
  args: [],
  readOnly: true,
};
const JOB = cleanJob({ ...options, user: CASSANDRA_USER });
const ANSWER = '{"kassette":"0.1.0","ok":true}';

/** A wait without end stays one that a signal can end. */
function yieldingClock() {
  const clock = fakeClock();
  const sleep = async (ms: number) => {
    await clock.sleep(ms);
    await new Promise((done) => setImmediate(done));
  };
  return { ...clock, sleep };
}

/** @param within milliseconds for the pod to start; what waits for ever ends by the signal */
function run(course: Course, within = 60_000, namespace = new NamespaceWithJobs(course)) {
  namespace.log = `${ANSWER}\n`;
  const clock = yieldingClock();
  const signal = AbortSignal.timeout(20_000);
  const answer = runJob(namespace.connection, { name: 'c', uid: null }, JOB, {
    signal,
    timeoutMs: within,
    report() {},
    clock,
  });
  return { namespace, answer };
}

test('the end of the own container is the end, though a proxy beside it runs for ever', async () => {
  const beside = [running('istio-proxy'), running('agent')];
  const { answer, namespace } = run((job, looks) => ({
    pod: podOf(job, {
      phase: 'Running',
      containerStatuses: [...beside, looks < 2 ? running('kassette') : ended('kassette')],
    }),
  }));
  assert.equal(await answer, ANSWER);
  assert.deepEqual(namespace.removed, ['kassette-clean-c']);
});

/** As a StatefulSet makes it when something starts the datacenter. */
const CASSANDRA = {
  metadata: { name: 'c-d-r-sts-0' },
  spec: { containers: [], volumes: [{ name: 'server-data', persistentVolumeClaim: { claimName: 'c' } }] },
  status: { phase: 'Pending' },
};

for (const [when, end] of [
  ['before it ends', 4],
  ['and it does not end', Number.POSITIVE_INFINITY],
] as const) {
  test(`a pod of Cassandra that gets the volume while the Job has it, ${when}: its answer does not count`, async () => {
    const course: Course = (job, looks) => {
      if (looks === 3) namespace.pods = [CASSANDRA];
      const own = looks < end ? running('kassette') : ended('kassette');
      return { pod: podOf(job, { phase: 'Running', containerStatuses: [own] }) };
    };
    const namespace = new NamespaceWithJobs(course);
    const { answer } = run(course, undefined, namespace);
    await assert.rejects(answer, {
      code: 'VOLUME_IN_USE',
      message: /by pod c-d-r-sts-0 while it is restored/,
    });
    assert.deepEqual(namespace.removed, ['kassette-clean-c']);
  });
}

test('no Job runs on a claim that was replaced since its volume was looked at', async () => {
  const namespace = new NamespaceWithJobs(() => ({}));
  namespace.claims = [{ metadata: { name: 'c', uid: 'fresh' }, status: { phase: 'Bound' } }];
  const { signal } = new AbortController();
  const volume = { name: 'c', uid: 'restored' };
  const work = runJob(namespace.connection, volume, JOB, { signal, timeoutMs: 1000, report() {} });
  await assert.rejects(work, { code: 'DATACENTER_CHANGED', message: /Claim c was replaced/ });
  assert.deepEqual(namespace.created, []);
});

test('a proxy that runs before the own container is no start of that', async () => {
  let startedAt = 0;
  const { answer } = run((job, looks) => {
    const own = looks < 3 ? waiting('kassette', 'PodInitializing') : ended('kassette');
    if (looks === 3) startedAt = looks;
    const proxy = running('linkerd-proxy');
    // A sidecar of Kubernetes itself is among the init containers, one of the older kind among the others.
    return looks % 2 === 0
      ? { pod: podOf(job, { phase: 'Pending', initContainerStatuses: [proxy], containerStatuses: [own] }) }
      : { pod: podOf(job, { phase: 'Running', containerStatuses: [proxy, own] }) };
  });
  assert.equal(await answer, ANSWER);
  assert.equal(startedAt, 3);
});

const SCC =
  'unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{999}: 999 is not an allowed group, provider restricted-v2: .containers[0].runAsUser: Invalid value: 999: must be in the ranges: [1000680000, 1000689999]]';

for (const [what, why, hint] of [
  [
    'a quota that wants limits',
    'failed quota: compute: must specify limits.ephemeral-storage for: kassette',
    /--job-limit cpu=500m memory=512Mi/,
  ],
  [
    'a LimitRange',
    'maximum cpu usage per Container is 500m, but limit is 1',
    /`--job-request cpu=100m`, `--job-limit/,
  ],
  [
    'a quota that is too small for it',
    'exceeded quota: small, requested: limits.memory=512Mi, used: limits.memory=0, limited: limits.memory=256Mi',
    /Raise the quota, or ask for less/,
  ],
  [
    'the security level of the namespace',
    'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)',
    /level `restricted`/,
  ],
  [
    'OpenShift, which gives the namespace other users',
    SCC,
    /user 999 and group 999, which is not allowed in this namespace; users \[1000680000, 1000689999\] are\. .*`--job-user UID:GID`/,
  ],
] as const) {
  test(`a Job that ${what} refuses says so at once, in its own words`, async () => {
    const { answer, namespace } = run((job) => ({ events: [failedCreate(job, why)] }));
    await assert.rejects(answer, (error: Error & { code?: string; hint?: string }) => {
      assert.equal(error.code, 'JOB_FAILED');
      assert.ok(
        error.message.includes(
          `Kubernetes makes no pod of it: pods "kassette-clean-c-" is forbidden: ${why}`,
        ),
      );
      assert.match(error.hint ?? '', hint);
      return true;
    });
    assert.equal(namespace.removed.length, 1);
  });
}

test('a quota that others use up is waited for, and named where the wait is over', async () => {
  const full = 'exceeded quota: full, requested: pods=1, used: pods=3, limited: pods=3';
  const course: Course = (job, looks) =>
    looks < 5
      ? { events: [failedCreate(job, full)] }
      : { pod: podOf(job, { phase: 'Succeeded', containerStatuses: [ended('kassette')] }) };
  assert.equal(await run(course).answer, ANSWER);
  const never = run((job) => ({ events: [failedCreate(job, full)] }), 1500);
  await assert.rejects(never.answer, {
    code: 'JOB_FAILED',
    message: /exceeded quota: full, requested: pods=1/,
  });
});

test('what may pass is waited for: a webhook that is away, a quota that is not counted yet', async () => {
  for (const passing of ['status unknown for quota: compute, resources: pods']) {
    const { answer } = run((job, looks) =>
      looks < 4
        ? { events: [failedCreate(job, passing)] }
        : { pod: podOf(job, { phase: 'Succeeded', containerStatuses: [ended('kassette')] }) },
    );
    assert.equal(await answer, ANSWER);
  }
});

test('where events may not be read, the right that is missing is named', async () => {
  const { answer, namespace } = run(() => ({}), 1000);
  namespace.mayReadEvents = false;
  await assert.rejects(answer, { message: /it has no pod, and its events cannot be read \(`list events`\)/ });
});

const XFS =
  'MountVolume.MountDevice failed for volume "pvc-25a7129e" : rpc error: code = Internal desc = mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t xfs -o shared,defaults /dev/vde /var/lib/kubelet/plugins/kubernetes.io/csi/pv/pvc-25a7129e/globalmount\nOutput: mount: /var/lib/kubelet/plugins/kubernetes.io/csi/pv/pvc-25a7129e/globalmount: wrong fs type, bad option, bad superblock on /dev/vde, missing codepage or helper program, or other error.';

const mounting = (job: V1Job) =>
  podOf(job, { phase: 'Pending', containerStatuses: [waiting('kassette', 'ContainerCreating')] }, 'm-1');

test('a machine that has the original of an XFS volume mounted is named, with `nouuid`', async () => {
  const { answer } = run((job) => ({ pod: mounting(job), events: [failedMount(mounting(job), XFS)] }));
  await assert.rejects(answer, {
    code: 'JOB_FAILED',
    message: /m-1 does not mount its volume: MountVolume\.MountDevice failed .* -t xfs .* wrong fs type/,
    hint: /`nouuid`: `mountOptions: \[nouuid\]`/,
  });
});

test('a volume that cannot be attached or mounted for another reason is waited for, and quoted', async () => {
  const why =
    'MountVolume.SetUp failed for volume "pvc-1" : rpc error: code = Internal desc = device is busy';
  const { answer } = run((job) => ({ pod: mounting(job), events: [failedMount(mounting(job), why)] }), 1500);
  await assert.rejects(answer, { message: /did not start: MountVolume\.SetUp failed .* device is busy/ });
});

test('a container of others that does not become ready is named', async () => {
  const proxy = waiting('istio-init', 'CrashLoopBackOff', 'back-off 10s restarting failed container');
  const { answer } = run(
    (job) => ({
      pod: podOf(job, {
        phase: 'Pending',
        initContainerStatuses: [proxy],
        containerStatuses: [waiting('kassette', 'PodInitializing')],
      }),
    }),
    1000,
  );
  await assert.rejects(answer, {
    message: /container istio-init, which was put into its pod, is not ready: back-off/,
  });
});

test('one that was ended from outside says by what', async () => {
  const killed = run((job) => ({
    pod: podOf(job, { phase: 'Failed', containerStatuses: [ended('kassette', 137, 'OOMKilled')] }),
  }));
  killed.namespace.log = 'Looking at the live files\n';
  await assert.rejects(killed.answer, {
    message: /was ended before its work was done: OOMKilled \(exit status 137\)/,
    hint: /--job-limit memory=1Gi/,
  });
  const evicted = run((job) => ({
    pod: podOf(job, { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
  }));
  evicted.namespace.log = '';
  await assert.rejects(evicted.answer, { message: /: Evicted: The node was low on resource: memory\.$/ });
});

test('limits, labels and annotations are those that were asked for; proxies are kept out', () => {
  const settings = {
    requests: { 'ephemeral-storage': '1Gi' },
    limits: { cpu: '', memory: '1Gi' },
    labels: { team: 'db', 'app.kubernetes.io/name': 'other', 'sidecar.istio.io/inject': 'true' },
    annotations: { why: 'a: b' },
    user: undefined,
  };
  const { template } = cleanJob({ ...options, user: CASSANDRA_USER, settings }).spec;
  assert.deepEqual(template.spec.containers[0]?.resources, {
    requests: { cpu: '50m', memory: '128Mi', 'ephemeral-storage': '1Gi' },
    limits: { memory: '1Gi' },
  });
  const { labels, annotations } = template.metadata;
  assert.equal(labels['team' as keyof typeof labels], 'db');
  // By these it is found again.
  assert.equal(labels['app.kubernetes.io/name' as keyof typeof labels], 'kassette');
  assert.equal(labels['sidecar.istio.io/inject'], 'true');
  assert.equal(annotations['linkerd.io/inject'], 'disabled');
  const bare = JOB.spec.template;
  assert.equal(bare.metadata.labels['sidecar.istio.io/inject'], 'false');
  // What a quota names has to be there.
  assert.deepEqual(bare.spec.containers[0]?.resources, {
    requests: { cpu: '50m', memory: '128Mi' },
    limits: { cpu: '1', memory: '512Mi' },
  });
});
