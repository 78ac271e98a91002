import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiException, type V1Job, type V1Pod } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { ClonePods } from '../../../../../src/adapters/kubernetes/clones/clone-pods.ts';
import { CoMounts } from '../../../../../src/adapters/kubernetes/clones/co-mounts.ts';
import { MountedClones } from '../../../../../src/adapters/kubernetes/clones/mounted-clones.ts';
import type { Node } from '../../../../../src/domain/cluster/topology.ts';
import { NO_SETTINGS } from '../../../../../src/domain/jobs/settings.ts';
import { failedMount, running, waiting } from '../../../support/namespace-with-jobs.ts';

// Which pods are made and removed when a clone meets a live volume, by a Kubernetes that only keeps what it is told.
const LIVE = { name: 'c-d-r-sts-0', volume: '/var/lib/cassandra' } as Node;
const COPY = { name: 'clone-1' } as Node;
const { signal } = new AbortController();
let done: string[];
let pods: Map<string, V1Pod>;
let made: Map<string, V1Job>;
let liveModes: string[];
/** Where a Job's pod gets to; undefined where there is no place for it. */
let placeOf: (job: V1Job) => string | undefined;
/** What the kubelet of a machine says of a Job's volume; undefined where it mounts it. */
let mountFailureOn: (machine: string, job: V1Job) => string | undefined;
let mounted: MountedClones;
let jobs: ClonePods;
let coMounts: CoMounts;

const label = { 'cassandra.datastax.com/datacenter': 'd' };
const livePod = (nodeName: string): V1Pod => ({
  metadata: { name: LIVE.name, labels: label },
  spec: {
    nodeName,
    containers: [{ name: 'cassandra', image: 'i' }],
    volumes: [{ name: 'server-data', persistentVolumeClaim: { claimName: 'server-data-0' } }],
  },
});

function podOf(job: V1Job): V1Pod {
  const name = job.metadata?.name ?? '';
  const metadata = { name: `${name}-abcde`, uid: `pod-of-${name}`, labels: { 'job-name': name } };
  const nodeName = placeOf(job);
  const spec = { containers: [], ...(nodeName === undefined ? {} : { nodeName }) };
  if (nodeName !== undefined && mountFailureOn(nodeName, job) !== undefined) {
    return {
      metadata,
      spec,
      status: { phase: 'Pending', containerStatuses: [waiting('cassandra', 'ContainerCreating')] },
    };
  }
  if (nodeName !== undefined) {
    // Whatever else is put into the pod may come before it, and is no sign of it.
    const containerStatuses = [running('istio-proxy', false), running('cassandra')];
    return { metadata, spec, status: { phase: 'Running', containerStatuses } };
  }
  const unscheduled = { type: 'PodScheduled', status: 'False', message: 'no place' };
  return { metadata, spec, status: { phase: 'Pending', conditions: [unscheduled] } };
}

const connection = {
  namespace: 'ns',
  core: {
    listNamespacedPod: async ({ labelSelector, fieldSelector }: Record<string, string>) => ({
      items: [...pods.values()].filter(
        ({ metadata }) =>
          (labelSelector === undefined || labelSelector === `job-name=${metadata?.labels?.['job-name']}`) &&
          (fieldSelector === undefined || fieldSelector === `metadata.name=${metadata?.name}`),
      ),
    }),
    listNamespacedEvent: async ({ fieldSelector }: { fieldSelector: string }) => ({
      items: [...made.values()].flatMap((job) => {
        const pod = podOf(job);
        const why = mountFailureOn(pod.spec?.nodeName ?? '', job);
        const isAsked = fieldSelector.includes(`involvedObject.uid=${pod.metadata?.uid},`);
        return isAsked && why !== undefined ? [failedMount(pod, why)] : [];
      }),
    }),
    listNamespacedPersistentVolumeClaim: async () => ({ items: [{ spec: { accessModes: liveModes } }] }),
  },
  batch: {
    createNamespacedJob: async ({ body }: { body: V1Job }) => {
      done.push(`+${kindOf(body.metadata?.name)}`);
      made.set(body.metadata?.name ?? '', body);
      pods.set(body.metadata?.name ?? '', podOf(body));
    },
    deleteNamespacedJob: async ({ name }: { name: string }) => {
      if (!pods.delete(name)) throw new ApiException(404, 'gone', '', {});
      made.delete(name);
      done.push(`-${kindOf(name)}`);
    },
    readNamespacedJob: async () => {
      throw new ApiException(404, 'gone', '', {});
    },
  },
} as unknown as Connection;

const kindOf = (job = '') => job.split('-')[1];

beforeEach(() => {
  done = [];
  made = new Map();
  mountFailureOn = () => undefined;
  pods = new Map([[LIVE.name, livePod('m-1')]]);
  liveModes = ['ReadWriteOnce'];
  mounted = new MountedClones();
  jobs = new ClonePods(connection, true, NO_SETTINGS);
  const patience = { startMs: 60_000, unscheduledMs: 0, watchMs: 10 };
  coMounts = new CoMounts(connection, mounted, jobs, 60_000, patience);
});
afterEach(() => coMounts.end());

/** The clone mounted alone, on that machine. */
async function alone(machine: string, forOnePod = false): Promise<void> {
  placeOf = () => machine;
  const options = { host: { container: {}, pod: {} }, clone: COPY.name, near: undefined, live: undefined };
  const started = await jobs.start('read', options, { timeoutMs: 60_000, signal });
  mounted.set(COPY.name, { claim: { name: COPY.name, forOnePod, likely: undefined }, node: COPY, started });
  done = [];
}

test('on one machine the pod with both volumes takes over from the one with the clone alone', async () => {
  await alone('m-1');
  assert.equal(await coMounts.arrange(COPY, LIVE, signal), null);
  assert.deepEqual(done, ['+carry', '-read']);
  assert.match(mounted.podOf(COPY.name)?.name ?? '', /^kassette-carry-/);
});

for (const [what, machine, forOnePod] of [
  ['on another machine', 'm-2', false],
  ['for one pod at a time', 'm-1', true],
] as const) {
  test(`a clone that is ${what} is let go first, and mounted alone again where it cannot meet`, async () => {
    await alone(machine, forOnePod);
    placeOf = (job) => (kindOf(job.metadata?.name) === 'carry' ? undefined : machine);
    assert.match((await coMounts.arrange(COPY, LIVE, signal)) ?? '', /did not start: no place/);
    assert.deepEqual(done, ['-read', '+carry', '-carry', '+read']);
    assert.match(mounted.podOf(COPY.name)?.name ?? '', /^kassette-read-/);
  });
}

const XFS =
  'MountVolume.MountDevice failed for volume "pvc-25a7129e" : rpc error: code = Internal desc = mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t xfs -o shared,defaults /dev/vde /var/lib/kubelet/plugins/kubernetes.io/csi/pv/pvc-25a7129e/globalmount\nOutput: mount: /var/lib/kubelet/plugins/kubernetes.io/csi/pv/pvc-25a7129e/globalmount: wrong fs type, bad option, bad superblock on /dev/vde, missing codepage or helper program, or other error.';
const HOST = { container: {}, pod: {} };

/** As the scheduler: not where it must not be, else where it had best be. */
function scheduled(job: V1Job): string {
  const { nodeAffinity } = job.spec?.template.spec?.affinity ?? {};
  const [required] = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const [field] = required?.matchFields ?? [];
  const [preferred] = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const best = preferred?.preference.matchFields?.[0]?.values?.[0];
  if (field?.operator === 'In') return field.values?.[0] ?? '';
  return ['m-1', 'm-2'].toSorted((a) => (a === best ? -1 : 1)).find((m) => !field?.values?.includes(m)) ?? '';
}

test('an XFS clone is mounted on another machine than its original, and files stream from there', async () => {
  placeOf = scheduled;
  mountFailureOn = (machine) => (machine === 'm-1' ? XFS : undefined);
  const options = { host: HOST, clone: COPY.name, near: 'm-1', live: undefined };
  const started = await jobs.start('read', options, { timeoutMs: 20_000, signal });
  assert.equal(started.machine, 'm-2');
  assert.deepEqual(done, ['+read', '-read', '+read']);
  mounted.set(COPY.name, {
    claim: { name: COPY.name, forOnePod: false, likely: livePod('m-1') },
    node: COPY,
    started,
  });
  done = [];
  assert.match(
    (await coMounts.arrange(COPY, LIVE, signal)) ?? '',
    /m-1 does not mount its volume: .* -t xfs/,
  );
  // Once known it is not tried there again; where it was let go for the trial, it is back.
  assert.deepEqual(done, ['-read', '+read']);
  assert.equal(mounted.get(COPY.name)?.started.machine, 'm-2');
});

test('where no other machine mounts it either, both are said, with `nouuid`', async () => {
  placeOf = (job) => (scheduled(job) === 'm-1' ? 'm-1' : undefined);
  mountFailureOn = () => XFS;
  const options = { host: HOST, clone: COPY.name, near: 'm-1', live: undefined };
  const start = { timeoutMs: 20_000, unscheduledMs: 0, signal };
  await assert.rejects(jobs.start('read', options, start), {
    code: 'JOB_FAILED',
    message: /m-1 does not mount its volume: .* Elsewhere: .*no place/,
    hint: /nouuid/,
  });
  assert.deepEqual(done, ['+read', '-read', '+read', '-read']);
});

test('a live volume for one pod alone is not even tried', async () => {
  await alone('m-1');
  liveModes = ['ReadWriteOncePod'];
  assert.match((await coMounts.arrange(COPY, LIVE, signal)) ?? '', /ReadWriteOncePod/);
  assert.deepEqual(done, []);
});

test('when the pod of the live volume moves, the volume is let go, and it is told why', async () => {
  await alone('m-1');
  await coMounts.arrange(COPY, LIVE, signal);
  done = [];
  pods.delete(LIVE.name);
  await pause(100);
  assert.deepEqual(done, []);
  pods.set(LIVE.name, livePod('m-2'));
  while (done.length === 0) await pause(10);
  assert.deepEqual(done, ['-carry']);
  assert.throws(() => mounted.podOf(COPY.name), { message: /pod c-d-r-sts-0 has moved to m-2/ });
});
