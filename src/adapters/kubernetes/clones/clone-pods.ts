import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import pMap from 'p-map';
import { KassetteError } from '../../../domain/errors.ts';
import { type Hint, hint } from '../../../domain/hint.ts';
import type { JobSettings } from '../../../domain/jobs/settings.ts';
import { READ } from '../../../domain/rights.ts';
import { withoutStop } from '../../../domain/sentence.ts';
import { call } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { unscheduled } from '../client/pod-states.ts';
import { awaitBound } from '../datacenters/claims.ts';
import { awaitPod, explain, NotMounted } from '../jobs/await-pod.ts';
import { createJob, removeJob } from '../jobs/jobs.ts';
import { hasEnded, ownStatus } from '../jobs/own-container.ts';
import { type CloneJobOptions, CONTAINER, cloneJob } from './clone-job.ts';

export const AT_A_TIME = 32;
const REMOVAL_PATIENCE_MS = 60_000;
/** A machine that does not mount a volume for so long is given up, where another may do. */
const UNMOUNTED_MS = 30_000;
/** A place that the scheduler does not find at once it does not find later either. */
const UNSCHEDULED_MS = 15_000;
const LONGEST_NAME = 63;

export interface StartedPod {
  readonly job: string;
  readonly pod: string;
  readonly machine: string;
}

export interface StartOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** How long the scheduler may say that there is no place for it. */
  readonly unscheduledMs?: number;
}

/** The pods that this run mounts clones with. A run that holds the lease has them for itself, and removes those of earlier ones. */
export class ClonePods {
  readonly #connection: Connection;
  readonly #component: string;
  readonly #run: string;
  readonly #jobs = new Set<string>();
  readonly #settings: JobSettings;
  /** Machines that do not mount a clone: one has the original of an XFS volume mounted. By the clone's claim. */
  readonly #unfit = new Map<string, NotMounted>();

  constructor(connection: Connection, holdsLease: boolean, settings: JobSettings) {
    this.#connection = connection;
    this.#settings = settings;
    this.#component = holdsLease ? 'clone' : 'clone-look';
    this.#run = holdsLease ? '' : `-${randomBytes(2).toString('hex')}`;
  }

  /** What a run that was killed has left. */
  async removeLeftovers(): Promise<void> {
    if (this.#run !== '') return;
    const { core, namespace } = this.#connection;
    const labelSelector = `app.kubernetes.io/name=kassette,app.kubernetes.io/component=${this.#component}`;
    const { items } = await call(READ.pods, namespace, () =>
      core.listNamespacedPod({ namespace, labelSelector }),
    );
    const jobs = new Set(items.flatMap((p) => p.metadata?.labels?.['job-name'] ?? []));
    await pMap(jobs, (job) => removeJob(this.#connection, job), { concurrency: AT_A_TIME });
  }

  /**
   * Where the machine that is preferred does not mount the clone, another one is tried.
   * @throws JOB_FAILED where it does not run within the time; nothing of it is left then
   */
  async start(
    kind: 'read' | 'carry',
    options: Pick<CloneJobOptions, 'host' | 'clone' | 'near' | 'live'>,
    start: StartOptions,
  ): Promise<StartedPod> {
    const known = this.#unfit.get(options.clone);
    if (known !== undefined && known.machine === options.live?.machine) throw known;
    try {
      return await this.#startOnce(kind, { ...options, avoid: known?.machine }, start);
    } catch (error) {
      if (!(error instanceof NotMounted) || error.machine === '') throw error;
      this.#unfit.set(options.clone, error);
      if (known !== undefined || options.live !== undefined) throw error;
      return this.#startElsewhere(kind, { ...options, avoid: error.machine }, start, error);
    }
  }

  /** @throws JOB_FAILED of both machines */
  async #startElsewhere(
    kind: 'read' | 'carry',
    options: Pick<CloneJobOptions, 'host' | 'clone' | 'near' | 'live' | 'avoid'>,
    start: StartOptions,
    first: NotMounted,
  ): Promise<StartedPod> {
    try {
      return await this.#startOnce(kind, options, { unscheduledMs: UNSCHEDULED_MS, ...start });
    } catch (error) {
      if (!(error instanceof KassetteError) || error.code !== 'JOB_FAILED') throw error;
      throw new KassetteError('JOB_FAILED', `${first.message} Elsewhere: ${error.message}`, first.advice);
    }
  }

  async #startOnce(
    kind: 'read' | 'carry',
    options: Pick<CloneJobOptions, 'host' | 'clone' | 'near' | 'live' | 'avoid'>,
    start: StartOptions,
  ): Promise<StartedPod> {
    const { namespace } = this.#connection;
    const name = jobName(kind, options.clone, this.#run);
    this.#jobs.add(name);
    await removeJob(this.#connection, name);
    const settings = this.#settings;
    const job = cloneJob({ ...options, name, namespace, component: this.#component, settings });
    await awaitBound(this.#connection, options.clone, start.signal);
    try {
      await createJob(this.#connection, job);
      const pod = await this.#awaitRunning(name, start);
      return { job: name, pod: pod.metadata?.name ?? '', machine: pod.spec?.nodeName ?? '' };
    } catch (error) {
      await this.remove(name);
      throw error;
    }
  }

  async remove(job: string): Promise<void> {
    await removeJob(this.#connection, job);
    this.#jobs.delete(job);
  }

  /** All, and as far as that can be done; what cannot be ends by itself. */
  async removeAll(): Promise<readonly string[]> {
    const jobs = [...this.#jobs];
    const late = pause(REMOVAL_PATIENCE_MS, undefined, { ref: false });
    await Promise.race([
      pMap(jobs, (job) => this.remove(job).catch(() => {}), { concurrency: AT_A_TIME }),
      late,
    ]);
    return [...this.#jobs];
  }

  async #awaitRunning(name: string, options: StartOptions): Promise<V1Pod> {
    const { timeoutMs, signal, unscheduledMs = timeoutMs } = options;
    const started = performance.now();
    const seen = await awaitPod(this.#connection, {
      job: name,
      container: CONTAINER,
      ...{ timeoutMs, signal },
      ready: (pod) => {
        const noPlace =
          unscheduled(pod.status?.conditions) !== undefined && performance.now() - started > unscheduledMs;
        return ownStatus(pod, CONTAINER)?.ready || noPlace || hasEnded(pod, CONTAINER) ? pod : undefined;
      },
      unmountedMs: UNMOUNTED_MS,
      late: (why, advice) => notStarted(name, why, advice),
    });
    if (ownStatus(seen, CONTAINER)?.ready) return seen;
    throw notStarted(name, await explain(this.#connection, name, seen, CONTAINER));
  }
}

/** Fits a label, which a pod of the Job gets of it. */
export function jobName(kind: string, claim: string, run = ''): string {
  const hash = createHash('sha256').update(claim).digest('hex').slice(0, 6);
  const [begin, end] = [`kassette-${kind}-`, `-${hash}${run}`];
  const middle = claim.replace(/^server-data-/, '').replaceAll('.', '-');
  const room = LONGEST_NAME - begin.length - end.length;
  return `${begin}${middle.slice(0, room).replace(/-+$/, '')}${end}`;
}

function notStarted(name: string, why: string, advice?: Hint): KassetteError {
  return new KassetteError(
    'JOB_FAILED',
    `Job ${name}, which mounts a clone, did not start: ${withoutStop(why)}.`,
    hint`Nothing live was changed. ${
      advice ??
      'Check with `kubectl describe pod` that the claim is bound and can be mounted there, and with `kubectl get pods` that nothing else uses it. Then run the command again, or allow more time with `--timeout`.'
    }`,
  );
}
