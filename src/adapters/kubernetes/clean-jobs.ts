import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { KassetteError } from '../../domain/errors.ts';
import { CLEANING, LOOKING } from '../../domain/rights.ts';
import { call, statusOf } from './calls.ts';
import { podsWith } from './claims.ts';
import type { Connection } from './connection.ts';

const POLL_MS = 500;
/** A pod of an earlier run may have to be ended first, for which it has half a minute. */
const REMOVAL_MS = 120_000;
const CONTAINER = 'kassette';

export interface JobObject extends V1Job {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** Fits a label, which a pod of the Job gets of it. */
export function jobName(claim: string): string {
  const hash = createHash('sha256').update(claim).digest('hex').slice(0, 6);
  return `kassette-clean-${claim.slice(0, 40).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}

/**
 * Run a Job to its end and remove it; answers what it told, both outputs together.
 * @throws VOLUME_IN_USE, JOB_FAILED where it did not start within the time limit
 */
export async function runJob(
  connection: Connection,
  claim: string,
  job: JobObject,
  options: {
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
    readonly tell: (line: string) => void;
  },
): Promise<string> {
  const { name } = job.metadata;
  await remove(connection, name);
  await refuseIfUsed(connection, claim);
  await create(connection, job);
  try {
    const pod = await awaitStarted(connection, name, options);
    await awaitEnded(connection, name, pod, options);
    return await logOf(connection, pod);
  } finally {
    await remove(connection, name).catch(() => {});
  }
}

export async function refuseIfUsed(connection: Connection, claim: string): Promise<void> {
  const [pod] = await podsWith(connection, claim);
  if (pod === undefined) return;
  throw new KassetteError(
    'VOLUME_IN_USE',
    `Claim ${claim} is in use by pod ${pod.metadata?.name}.`,
    'Nothing was changed. Stop the datacenter («kassette recover» does that), then run the command again.',
  );
}

async function create({ batch, namespace }: Connection, job: JobObject): Promise<void> {
  try {
    await call(CLEANING.jobsMake, namespace, () => batch.createNamespacedJob({ namespace, body: job }));
  } catch (error) {
    // A repeated call may meet what its first attempt made.
    if (statusOf(error) !== 409) throw error;
  }
}

/** Also a run that goes on after whoever began it was killed: it holds on to nothing that a new one needs. */
async function remove(connection: Connection, name: string): Promise<void> {
  const { batch, namespace } = connection;
  try {
    await call(CLEANING.jobsRemove, namespace, () =>
      batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Foreground' }),
    );
  } catch (error) {
    if (statusOf(error) === 404) return;
    throw error;
  }
  const deadline = Date.now() + REMOVAL_MS;
  while ((await isThere(connection, name)) || (await podOf(connection, name)) !== undefined) {
    if (Date.now() > deadline) throw notRemoved(name);
    await pause(POLL_MS);
  }
}

async function isThere({ batch, namespace }: Connection, name: string): Promise<boolean> {
  try {
    await call(CLEANING.jobsRead, namespace, () => batch.readNamespacedJob({ namespace, name }));
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

async function podOf({ core, namespace }: Connection, name: string): Promise<V1Pod | undefined> {
  const labelSelector = `job-name=${name}`;
  const { items } = await call(LOOKING.pods, namespace, () =>
    core.listNamespacedPod({ namespace, labelSelector }),
  );
  return items[0];
}

async function awaitStarted(
  connection: Connection,
  name: string,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<string> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const pod = await podOf(connection, name);
    if (pod !== undefined && pod.status?.phase !== 'Pending') return pod.metadata?.name ?? '';
    if (Date.now() > deadline) throw notStarted(name, pod);
    await pause(POLL_MS);
  }
}

/** Tells on the way what the Job tells. A log that cannot be read for a moment is no reason to stop. */
async function awaitEnded(
  connection: Connection,
  name: string,
  pod: string,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (line: string) => void },
): Promise<void> {
  for (let told = 0; ; ) {
    signal.throwIfAborted();
    const phase = (await podOf(connection, name))?.status?.phase;
    const lines = (await readLog(connection, pod).catch(() => '')).split('\n').slice(0, -1);
    for (const line of lines.slice(told)) if (!line.startsWith('{')) tell(line.replace(/^\S+Z /, ''));
    told = Math.max(told, lines.length);
    if (phase === undefined || phase === 'Succeeded' || phase === 'Failed') return;
    await pause(POLL_MS);
  }
}

function readLog({ core, namespace }: Connection, name: string): Promise<string> {
  return core.readNamespacedPodLog({ namespace, name, container: CONTAINER });
}

async function logOf(connection: Connection, name: string): Promise<string> {
  const text = await call(CLEANING.logs, connection.namespace, () => readLog(connection, name));
  return text.split('\n').findLast((line) => line.startsWith('{"kassette"')) ?? text;
}

function notStarted(name: string, pod: V1Pod | undefined): KassetteError {
  const waiting = pod?.status?.containerStatuses?.[0]?.state?.waiting;
  const unscheduled = pod?.status?.conditions?.find((c) => c.type === 'PodScheduled' && c.status === 'False');
  const why = waiting?.message ?? waiting?.reason ?? unscheduled?.message ?? 'it has no pod';
  return new KassetteError(
    'JOB_FAILED',
    `Job ${name} did not start: ${why}.`,
    'Check --image and that the pod may be scheduled where its volume is; allow more time with --timeout.',
  );
}

function notRemoved(name: string): KassetteError {
  return new KassetteError(
    'JOB_FAILED',
    `Job ${name} was removed, but it or its pod is still there.`,
    'Look at what keeps it, such as a node of Kubernetes that is away; then run the command again.',
  );
}
