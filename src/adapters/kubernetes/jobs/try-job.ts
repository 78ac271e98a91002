import type { V1Pod } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import { type Hint, hint } from '../../../domain/hint.ts';
import { amountOf } from '../../../domain/jobs/quantity.ts';
import { mayFit } from '../../../domain/jobs/refusal.ts';
import { withoutStop } from '../../../domain/sentence.ts';
import type { Clock } from '../../../ports/clock.ts';
import { SYSTEM_CLOCK } from '../../../ports/until.ts';
import type { Connection } from '../client/connection.ts';
import { unscheduled } from '../client/pod-states.ts';
import { awaitPod, explain } from './await-pod.ts';
import { CONTAINER } from './clean-job.ts';
import { logOf, userIn } from './clean-jobs.ts';
import { createJob, type JobObject, removeJob } from './jobs.ts';
import { endedFromOutside, hasEnded, ownStatus } from './own-container.ts';

/** A place that the scheduler does not find at once may be there when Cassandra is stopped. */
const UNSCHEDULED_MS = 10_000;
/** An image that cannot be pulled, or a container that cannot be made, for so long. */
const STUCK_MS = 15_000;
const STUCK =
  /ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|CreateContainer(?:Config)?Error|RunContainerError/;

/**
 * Run a Job like those that will restore volumes, without a volume: whether a pod of it is admitted, its image is there, and it runs.
 * Nothing else is known to ask as the Job controller is asked: quotas, security levels and policies look at the pod, and at who makes it.
 * @param freed pods that are gone before the others are made: what of a quota they give back
 * @throws JOB_FAILED in the words of who refuses
 */
export async function tryJob(
  connection: Connection,
  job: JobObject,
  freed: readonly V1Pod[],
  options: { readonly signal: AbortSignal; readonly timeoutMs: number; readonly clock?: Clock },
): Promise<void> {
  const { name } = job.metadata;
  const room = resourcesUsedBy(freed);
  let isFreed = false;
  await removeJob(connection, name);
  await createJob(connection, job);
  try {
    const seen = await awaitPod(connection, {
      job: name,
      container: CONTAINER,
      ready: new Trial(options.clock ?? SYSTEM_CLOCK).outcome,
      ...options,
      used: (refusal) => {
        isFreed = mayFit(refusal, room);
        return 'fail';
      },
      user: userIn(job),
      late: (why, advice) => refused(name, why, advice),
    }).catch((error: unknown) => {
      // The quota has room when Cassandra is stopped.
      if (isFreed) return undefined;
      throw error;
    });
    if (seen !== undefined) await judge(connection, name, seen);
  } finally {
    await removeJob(connection, name).catch(() => {});
  }
}

/** How long a pod was seen in states that may pass. */
class Trial {
  readonly #clock: Clock;
  #unscheduledSince: number | undefined;
  #stuckSince: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly outcome = (pod: V1Pod): V1Pod | undefined => {
    if (hasEnded(pod, CONTAINER)) return pod;
    const isUnscheduled = unscheduled(pod.status?.conditions) !== undefined;
    const isStuck = STUCK.test(ownStatus(pod, CONTAINER)?.state?.waiting?.reason ?? '');
    const now = this.#clock.now().getTime();
    this.#unscheduledSince = isUnscheduled ? (this.#unscheduledSince ?? now) : undefined;
    this.#stuckSince = isStuck ? (this.#stuckSince ?? now) : undefined;
    const isOver = (since: number | undefined, limit: number) => since !== undefined && now - since >= limit;
    return isOver(this.#unscheduledSince, UNSCHEDULED_MS) || isOver(this.#stuckSince, STUCK_MS)
      ? pod
      : undefined;
  };
}

async function judge(connection: Connection, name: string, pod: V1Pod): Promise<void> {
  const terminated = ownStatus(pod, CONTAINER)?.state?.terminated;
  if (terminated?.exitCode === 0 || pod.status?.phase === 'Succeeded') return;
  const waiting = ownStatus(pod, CONTAINER)?.state?.waiting?.reason ?? '';
  if (STUCK.test(waiting)) throw refused(name, await explain(connection, name, pod, CONTAINER));
  // There was no place beside Cassandra.
  if (!hasEnded(pod, CONTAINER)) return;
  const log = (await logOf(connection, pod.metadata?.name ?? '')).trim().slice(-300);
  const why = endedFromOutside(pod, CONTAINER) ?? `exit status ${terminated?.exitCode}`;
  throw refused(name, `its container ended with ${why}${log === '' ? '' : `: ${log}`}`);
}

function refused(name: string, why: string, advice: Hint = CHECK): KassetteError {
  return new KassetteError(
    'JOB_FAILED',
    `The trial Job ${name} does not run, so no volume could be restored: ${withoutStop(why)}.`,
    hint`Nothing was stopped or changed. ${advice}`,
  );
}

const CHECK =
  'Check `--image`, and `--image-pull-secret` where its registry wants a password: the secret belongs in the namespace of the datacenters.';

/** By the names that quotas have for it, as numbers. */
function resourcesUsedBy(pods: readonly V1Pod[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = { pods: pods.length, 'count/pods': pods.length };
  const add = (name: string, amount: number) => {
    sums[name] = (sums[name] ?? 0) + amount;
  };
  for (const { resources } of pods.flatMap((p) => p.spec?.containers ?? [])) {
    for (const [name, quantity] of Object.entries(resources?.requests ?? {})) {
      add(name, amountOf(quantity));
      add(`requests.${name}`, amountOf(quantity));
    }
    for (const [name, quantity] of Object.entries(resources?.limits ?? {}))
      add(`limits.${name}`, amountOf(quantity));
  }
  return sums;
}
