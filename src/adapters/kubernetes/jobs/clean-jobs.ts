import { createHash } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import { type Hint, hint, kassette } from '../../../domain/hint.ts';
import { CLEANING } from '../../../domain/rights.ts';
import { withoutStop } from '../../../domain/sentence.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { ColdVolume } from '../../../ports/platform/recovery.ts';
import { lookUntil, SYSTEM_CLOCK } from '../../../ports/until.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { awaitBound, claimNamed, podsWith } from '../datacenters/claims.ts';
import { awaitPod } from './await-pod.ts';
import { CONTAINER } from './clean-job.ts';
import { createJob, type JobObject, POLL_MS, podOfJob, removeJob } from './jobs.ts';
import { endedFromOutside, hasEnded, hasStarted } from './own-container.ts';

/** After the time at which a pod should have ended. */
const LOST_MS = 60_000;
/** Whether something else has the volume is looked at this often, which asks for all pods. */
const SHARED_EVERY = 10;

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly report: (line: string) => void;
  readonly clock?: Clock;
}

/** Fits a label, which a pod of the Job gets of it. */
export function jobName(claim: string): string {
  return named('clean', claim);
}

/** Of the Job that only tries, for one datacenter. */
export function trialName(datacenter: string): string {
  return named('try', datacenter);
}

function named(kind: string, what: string): string {
  const hash = createHash('sha256').update(what).digest('hex').slice(0, 6);
  return `kassette-${kind}-${what.slice(0, 40).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}

/**
 * Run a Job to its end and remove it; answers what it printed, both outputs together.
 * @throws VOLUME_IN_USE, JOB_FAILED where it did not start within the time limit
 */
export async function runJob(
  connection: Connection,
  volume: Pick<ColdVolume, 'name' | 'uid'>,
  job: JobObject,
  options: RunOptions,
): Promise<string> {
  const { name } = job.metadata;
  const { name: claim } = volume;
  await removeJob(connection, name);
  await awaitBound(connection, claim, options.signal);
  await refuseIfReplaced(connection, volume);
  await refuseIfUsed(connection, claim);
  await createJob(connection, job);
  try {
    const pod = await awaitStarted(connection, job, options);
    const ended = await awaitEnded(connection, { job: name, pod, claim }, options);
    // One that came meanwhile, and may have read half of it.
    await refuseIfShared(connection, claim, pod);
    return await answerOf(connection, name, pod, ended);
  } finally {
    await removeJob(connection, name).catch(() => {});
  }
}

export async function refuseIfUsed(connection: Connection, claim: string): Promise<void> {
  const [pod] = await podsWith(connection, claim);
  if (pod === undefined) return;
  throw new KassetteError(
    'VOLUME_IN_USE',
    `Claim ${claim} is in use by pod ${pod.metadata?.name}.`,
    hint`Nothing was changed. Run ${kassette('recover')}: it stops the datacenter and restores its volumes. Or stop the datacenter, then run the command again.`,
  );
}

/** Another one of its name has nothing of what was looked at. */
async function refuseIfReplaced(
  connection: Connection,
  { name, uid }: Pick<ColdVolume, 'name' | 'uid'>,
): Promise<void> {
  const claim = await claimNamed(connection, CLEANING.claims, name);
  if (uid === null || claim === undefined || claim.metadata?.uid === uid) return;
  throw new KassetteError(
    'DATACENTER_CHANGED',
    `Claim ${name} was replaced by another one since it was looked at.`,
    hint`This volume was not changed. Bring all volumes back from one restore point, then run ${kassette('recover')} again.`,
  );
}

/** Something else than the Job's pod has the volume: what starts a datacenter that is to be stopped. */
async function refuseIfShared(connection: Connection, claim: string, own: string): Promise<void> {
  const other = (await podsWith(connection, claim)).find((p) => p.metadata?.name !== own);
  if (other === undefined) return;
  throw new KassetteError(
    'VOLUME_IN_USE',
    `Claim ${claim} is in use by pod ${other.metadata?.name} while it is restored.`,
    hint`The volume may be half restored; Cassandra does not start on it then. Stop what starts the datacenter, then run ${kassette('recover')}: it continues.`,
  );
}

async function awaitStarted(
  connection: Connection,
  job: JobObject,
  { signal, timeoutMs, clock }: RunOptions,
): Promise<string> {
  const { name } = job.metadata;
  return awaitPod(connection, {
    job: name,
    container: CONTAINER,
    ready: (pod) => (hasStarted(pod, CONTAINER) ? (pod.metadata?.name ?? '') : undefined),
    ...{ timeoutMs, signal, clock },
    user: userIn(job),
    late: (why, advice) => notStarted(name, why, advice),
  });
}

/** As whom a Job is to run. */
export function userIn(job: JobObject) {
  const { runAsUser, runAsGroup, fsGroup } = job.spec?.template.spec?.securityContext ?? {};
  if (runAsUser === undefined) return undefined;
  return { runAsUser, ...(runAsGroup === undefined ? {} : { runAsGroup }), fsGroup: fsGroup ?? runAsUser };
}

/** Reports meanwhile what the Job prints. A log that cannot be read for a moment is no reason to stop. */
async function awaitEnded(
  connection: Connection,
  { job: name, pod, claim }: { readonly job: string; readonly pod: string; readonly claim: string },
  { signal, report, clock = SYSTEM_CLOCK }: Omit<RunOptions, 'timeoutMs'>,
): Promise<V1Pod | undefined> {
  let reported = 0;
  let looks = 0;
  const look = async () => {
    if (++looks % SHARED_EVERY === 0) await refuseIfShared(connection, claim, pod);
    const found = await podOfJob(connection, name);
    const lines = (await readLog(connection, pod).catch(() => '')).split('\n').slice(0, -1);
    for (const line of lines.slice(reported)) if (!line.startsWith('{')) report(line.replace(/^\S+Z /, ''));
    reported = Math.max(reported, lines.length);
    if (found?.status?.phase === undefined || hasEnded(found, CONTAINER)) return { found };
    if (isLost(found)) throw lost(name, found);
    return null;
  };
  return (await lookUntil(look, { every: POLL_MS, signal, clock }))?.found;
}

function readLog({ core, namespace }: Connection, name: string): Promise<string> {
  return core.readNamespacedPodLog({ namespace, name, container: CONTAINER });
}

/** It should have ended, and what was to end it does not report that. */
function isLost(pod: V1Pod | undefined): pod is V1Pod {
  const end = pod?.metadata?.deletionTimestamp;
  return end !== undefined && Date.now() > new Date(end).getTime() + LOST_MS;
}

/** What it printed last; empty where the pod is gone. @throws JOB_FAILED where it was ended before it had printed that */
async function answerOf(
  connection: Connection,
  name: string,
  pod: string,
  ended: V1Pod | undefined,
): Promise<string> {
  const text = await logOf(connection, pod);
  const answer = text.split('\n').findLast((line) => line.startsWith('{"kassette"'));
  const why = endedFromOutside(ended, CONTAINER);
  if (answer === undefined && why !== undefined) throw cutShort(name, why);
  return answer ?? text;
}

export async function logOf(connection: Connection, name: string): Promise<string> {
  return call(CLEANING.logs, connection.namespace, () => readLog(connection, name)).catch((error) => {
    if (statusOf(error) === 404) return '';
    throw error;
  });
}

function cutShort(name: string, why: string): KassetteError {
  return new KassetteError(
    'JOB_FAILED',
    `Job ${name} was ended before its work was done: ${withoutStop(why)}.`,
    why.startsWith('OOMKilled')
      ? 'The volume may be half restored; Cassandra does not start on it then. Run the same command again with more memory: `--job-limit memory=1Gi`.'
      : 'The volume may be half restored; Cassandra does not start on it then. Correct what it names, then run the same command again.',
  );
}

function lost(name: string, pod: V1Pod): KassetteError {
  return new KassetteError(
    'JOB_FAILED',
    `Pod ${pod.metadata?.name} of Job ${name} was asked to end and did not report that it has: its node ${pod.spec?.nodeName} may be lost.`,
    'The volume may be half restored; Cassandra does not start on it then. Run the same command again when the node is back or removed.',
  );
}

function notStarted(name: string, why: string, advice?: Hint): KassetteError {
  return new KassetteError(
    'JOB_FAILED',
    `Job ${name} did not start: ${withoutStop(why)}.`,
    advice ??
      'Check `--image`, and that the pod may be scheduled where its volume is; allow more time with `--timeout`.',
  );
}
