import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiException, type V1Job, type V1Pod } from '@kubernetes/client-node';
import type { Connection } from '../../src/adapters/kubernetes/client/connection.ts';
import { ClonePods } from '../../src/adapters/kubernetes/clones/clone-pods.ts';
import { CoMounts } from '../../src/adapters/kubernetes/clones/co-mounts.ts';
import { MountedClones } from '../../src/adapters/kubernetes/clones/mounted-clones.ts';
import type { Node } from '../../src/domain/cluster/topology.ts';
import { NO_SETTINGS } from '../../src/domain/jobs/settings.ts';

// Which pods are made and removed when a clone meets a live volume, by a Kubernetes that only keeps what it is told.
const LIVE = { name: 'c-d-r-sts-0', volume: '/var/lib/cassandra' } as Node;
const COPY = { name: 'clone-1' } as Node;
const { signal } = new AbortController();
let done: string[];
let pods: Map<string, V1Pod>;
let liveModes: string[];
/** Where a Job's pod gets to; undefined where there is no place for it. */
let placeOf: (job: V1Job) => string | undefined;
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
  const metadata = { name: `${name}-abcde`, labels: { 'job-name': name } };
  const nodeName = placeOf(job);
  const spec = { containers: [], ...(nodeName === undefined ? {} : { nodeName }) };
  if (nodeName !== undefined) {
    const ready = { name: 'cassandra', ready: true, image: '', imageID: '', restartCount: 0 };
    return { metadata, spec, status: { phase: 'Running', containerStatuses: [ready] } };
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
    listNamespacedPersistentVolumeClaim: async () => ({ items: [{ spec: { accessModes: liveModes } }] }),
  },
  batch: {
    createNamespacedJob: async ({ body }: { body: V1Job }) => {
      done.push(`+${kindOf(body.metadata?.name)}`);
      pods.set(body.metadata?.name ?? '', podOf(body));
    },
    deleteNamespacedJob: async ({ name }: { name: string }) => {
      if (!pods.delete(name)) throw new ApiException(404, 'gone', '', {});
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
