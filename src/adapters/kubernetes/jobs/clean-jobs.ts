import { createHash } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import { hint, kassette } from '../../../domain/hint.ts';
import { CLEANING } from '../../../domain/rights.ts';
import { lookUntil, until } from '../../../ports/until.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { awaitBound, podsWith } from '../datacenters/claims.ts';
import { createJob, type JobObject, POLL_MS, podOfJob, removeJob, whyNotStarted } from './jobs.ts';

const CONTAINER = 'kassette';
/** After the time at which a pod should have ended. */
const LOST_MS = 60_000;

/** Fits a label, which a pod of the Job gets of it. */
export function jobName(claim: string): string {
  const hash = createHash('sha256').update(claim).digest('hex').slice(0, 6);
  return `kassette-clean-${claim.slice(0, 40).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}

/**
 * Run a Job to its end and remove it; answers what it printed, both outputs together.
 * @throws VOLUME_IN_USE, JOB_FAILED where it did not start within the time limit
 */
export async function runJob(
  connection: Connection,
  claim: string,
  job: JobObject,
  options: {
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
    readonly report: (line: string) => void;
  },
): Promise<string> {
  const { name } = job.metadata;
  await removeJob(connection, name);
  await awaitBound(connection, claim, options.signal);
  await refuseIfUsed(connection, claim);
  await createJob(connection, job);
  try {
    const pod = await awaitStarted(connection, name, options);
    await awaitEnded(connection, name, pod, options);
    return await logOf(connection, pod);
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

async function awaitStarted(
  connection: Connection,
  name: string,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<string> {
  let pod: V1Pod | undefined;
  const look = async () => {
    pod = await podOfJob(connection, name);
    const hasStarted = pod !== undefined && pod.status?.phase !== 'Pending';
    return hasStarted ? { found: pod?.metadata?.name ?? '' } : null;
  };
  return until(look, { every: POLL_MS, within: timeoutMs, signal, late: () => notStarted(name, pod) });
}

/** Reports meanwhile what the Job prints. A log that cannot be read for a moment is no reason to stop. */
async function awaitEnded(
  connection: Connection,
  name: string,
  pod: string,
  { signal, report }: { readonly signal: AbortSignal; readonly report: (line: string) => void },
): Promise<void> {
  let reported = 0;
  const look = async () => {
    const found = await podOfJob(connection, name);
    const phase = found?.status?.phase;
    const lines = (await readLog(connection, pod).catch(() => '')).split('\n').slice(0, -1);
    for (const line of lines.slice(reported)) if (!line.startsWith('{')) report(line.replace(/^\S+Z /, ''));
    reported = Math.max(reported, lines.length);
    if (phase === undefined || phase === 'Succeeded' || phase === 'Failed') return { found: true };
    if (isLost(found)) throw lost(name, found);
    return null;
  };
  await lookUntil(look, { every: POLL_MS, signal });
}

function readLog({ core, namespace }: Connection, name: string): Promise<string> {
  return core.readNamespacedPodLog({ namespace, name, container: CONTAINER });
}

/** It should have ended, and what was to end it does not report that. */
function isLost(pod: V1Pod | undefined): pod is V1Pod {
  const end = pod?.metadata?.deletionTimestamp;
  return end !== undefined && Date.now() > new Date(end).getTime() + LOST_MS;
}

/** Empty where the pod is gone. */
async function logOf(connection: Connection, name: string): Promise<string> {
  const text = await call(CLEANING.logs, connection.namespace, () => readLog(connection, name)).catch(
    (error) => {
      if (statusOf(error) === 404) return '';
      throw error;
    },
  );
  return text.split('\n').findLast((line) => line.startsWith('{"kassette"')) ?? text;
}

function lost(name: string, pod: V1Pod): KassetteError {
  return new KassetteError(
    'JOB_FAILED',
    `Pod ${pod.metadata?.name} of Job ${name} was asked to end and did not report that it has: its node ${pod.spec?.nodeName} may be lost.`,
    'The volume may be half restored; Cassandra does not start on it then. Run the same command again when the node is back or removed.',
  );
}

function notStarted(name: string, pod: V1Pod | undefined): KassetteError {
  return new KassetteError(
    'JOB_FAILED',
    `Job ${name} did not start: ${whyNotStarted(pod)}.`,
    'Check `--image`, and that the pod may be scheduled where its volume is; allow more time with `--timeout`.',
  );
}
