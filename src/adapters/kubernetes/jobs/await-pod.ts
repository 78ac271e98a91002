import type { V1Pod } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import type { Hint } from '../../../domain/hint.ts';
import { isMountFailure, isSameFileSystem, NOUUID } from '../../../domain/jobs/mount-failure.ts';
import type { PodUser } from '../../../domain/jobs/pod-user.ts';
import { isForLater, type Refusal, refusalOf, wayOut } from '../../../domain/jobs/refusal.ts';
import type { Clock } from '../../../ports/clock.ts';
import { lookUntil, SYSTEM_CLOCK } from '../../../ports/until.ts';
import type { Connection } from '../client/connection.ts';
import { STARTING, unscheduled } from '../client/pod-states.ts';
import { UNREAD, type Warning, warningsOf } from '../client/warnings.ts';
import { jobNamed, POLL_MS, podOfJob } from './jobs.ts';
import { ownStatus } from './own-container.ts';

/** Events are read at the second look and then at every so many: most pods are there before. */
const EVENTS_EVERY = 6;
const FIRST_EVENTS = 2;

export interface PodWait<T> {
  readonly job: string;
  /** The own one: others may be put into the pod. */
  readonly container: string;
  /** What is waited for; undefined while it has not come. */
  readonly ready: (pod: V1Pod) => T | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether to wait where a quota is used up: Jobs of this run end, and Cassandra's pods are counted until they are gone. */
  readonly used?: (refusal: Refusal) => 'wait' | 'fail';
  readonly clock?: Clock | undefined;
  /** Of the Job's pod, for messages. */
  readonly user?: PodUser | undefined;
  /** How long the machine may fail to mount a volume, in milliseconds; without it as long as the wait. */
  readonly unmountedMs?: number;
  /** The error where it does not come, of why. */
  readonly late: (why: string, advice?: Hint) => KassetteError;
}

/** JOB_FAILED where a machine does not mount the pod's volumes. */
export class NotMounted extends KassetteError {
  readonly machine: string;
  /** Whether another machine may do it: the file system is mounted there already, by another volume. */
  readonly isSame: boolean;

  constructor(message: string, advice: Hint, machine: string, isSame: boolean) {
    super('JOB_FAILED', message, advice);
    this.machine = machine;
    this.isSame = isSame;
  }
}

/** What is known of a Job's pod that does not run. */
interface Seen {
  pod: V1Pod | undefined;
  /** Of the Job and its pod; null where they cannot be read. */
  warnings: readonly Warning[] | null;
}

/**
 * Wait for a Job's pod. Where Kubernetes makes none, or cannot run it, the reason is in events: what does not pass by itself ends the
 * wait at once, in the words of who refuses.
 * @throws what `late` makes, NotMounted
 */
export async function awaitPod<T>(connection: Connection, wait: PodWait<T>): Promise<T> {
  const { clock = SYSTEM_CLOCK } = wait;
  const seen: Seen = { pod: undefined, warnings: [] };
  let looks = 0;
  let unmountedSince: number | undefined;
  const look = async () => {
    seen.pod = await podOfJob(connection, wait.job);
    const found = seen.pod === undefined ? undefined : wait.ready(seen.pod);
    if (found !== undefined) return { found };
    if (++looks % EVENTS_EVERY !== FIRST_EVENTS) return null;
    seen.warnings = await warningsAbout(connection, wait.job, seen.pod);
    const refused = refusalIn(seen);
    if (refused !== undefined && !mayWait(refused, wait)) throw refusedError(refused, wait);
    const notMounted = mountFailureIn(seen);
    if (notMounted === undefined) return null;
    const now = clock.now().getTime();
    unmountedSince ??= now;
    const isOver = now - unmountedSince >= (wait.unmountedMs ?? Number.POSITIVE_INFINITY);
    if (isOver || isSameFileSystem(notMounted)) throw notMountedError(notMounted, seen, wait);
    return null;
  };
  const { timeoutMs: within, signal } = wait;
  const end = await lookUntil(look, { every: POLL_MS, within, signal, clock });
  if (end !== null) return end.found;
  seen.warnings = await warningsAbout(connection, wait.job, seen.pod);
  const refused = refusalIn(seen);
  if (refused !== undefined) throw refusedError(refused, wait);
  throw wait.late(whyNotStarted(seen, wait.container));
}

/** Why the pod does not run yet, as Kubernetes has it; for what has just been looked at. */
export async function explain(
  connection: Connection,
  job: string,
  pod: V1Pod | undefined,
  container: string,
): Promise<string> {
  return whyNotStarted({ pod, warnings: await warningsAbout(connection, job, pod) }, container);
}

async function warningsAbout(
  connection: Connection,
  job: string,
  pod: V1Pod | undefined,
): Promise<readonly Warning[] | null> {
  const owner = pod?.metadata?.ownerReferences?.find((o) => o.kind === 'Job')?.uid;
  const jobUid = owner ?? (await jobNamed(connection, job))?.metadata?.uid;
  const uids = [jobUid, pod?.metadata?.uid].filter((uid) => uid !== undefined);
  const all = await Promise.all(uids.map((uid) => warningsOf(connection, { uid })));
  return all.includes(null) ? null : all.flatMap((w) => w ?? []);
}

function refusalIn({ pod, warnings }: Seen): Refusal | undefined {
  const last = pod === undefined ? warnings?.findLast((w) => w.reason === 'FailedCreate') : undefined;
  return last && refusalOf(last.message);
}

function mayWait<T>(refused: Refusal, { used = () => 'wait' }: PodWait<T>): boolean {
  return isForLater(refused) && used(refused) === 'wait';
}

function refusedError<T>(refused: Refusal, { late, user }: PodWait<T>): KassetteError {
  return late(`Kubernetes makes no pod of it: ${refused.words}`, wayOut(refused, user));
}

/** Of the pod that is there now, and only while its volumes are what it waits for. */
function mountFailureIn({ pod, warnings }: Seen): string | undefined {
  if (pod?.status?.phase !== 'Pending') return undefined;
  const last = warnings?.findLast((w) => w.reason === 'FailedMount' && isMountFailure(w.message));
  return last?.message;
}

function notMountedError<T>(message: string, { pod }: Seen, { late }: PodWait<T>): NotMounted {
  const isSame = isSameFileSystem(message);
  const machine = pod?.spec?.nodeName ?? '';
  const { message: said, advice } = late(`${machine} does not mount its volume: ${message}`);
  return new NotMounted(said, isSame ? NOUUID : advice, machine, isSame);
}

function whyNotStarted({ pod, warnings }: Seen, container: string): string {
  const said = warnings?.at(-1)?.message;
  if (pod === undefined) return said ?? `it has no pod${warnings === null ? `, and ${UNREAD}` : ''}`;
  const waiting = ownStatus(pod, container)?.state?.waiting;
  const says = STARTING.includes(waiting?.reason ?? '') ? undefined : (waiting?.message ?? waiting?.reason);
  const { conditions, initContainerStatuses = [], phase } = pod.status ?? {};
  const before = initContainerStatuses.find(
    (c) => c.state?.waiting !== undefined || c.state?.terminated?.exitCode,
  );
  const stuck =
    before?.state?.waiting?.message ?? before?.state?.waiting?.reason ?? before?.state?.terminated?.reason;
  const isStuck = stuck !== undefined && !STARTING.includes(stuck);
  const others = isStuck
    ? `container ${before?.name}, which was put into its pod, is not ready: ${stuck}`
    : undefined;
  const unread = warnings === null ? `; ${UNREAD}` : '';
  return (
    says ??
    unscheduled(conditions)?.message ??
    others ??
    said ??
    `its pod is ${waiting?.reason ?? phase ?? 'new'}${unread}`
  );
}
