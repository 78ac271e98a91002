import type { V1Pod } from '@kubernetes/client-node';
import type { Node } from '../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../domain/errors.ts';
import { CLONING, READ } from '../../../domain/rights.ts';
import { call } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { claimNamed } from '../datacenters/claims.ts';
import { dataClaimOf, isForOnePod } from './clone-claims.ts';
import { hostOf } from './clone-job.ts';
import type { ClonePods } from './clone-pods.ts';
import type { MountedClone, MountedClones } from './mounted-clones.ts';

/** There is another way for the files, so this is not waited for as long as other things. */
const PATIENCE = {
  startMs: 120_000,
  /** A place that the scheduler does not find at once it does not find later either; it may lag for a moment. */
  unscheduledMs: 15_000,
  watchMs: 10_000,
} as const;

/** Pods that mount a clone and a live volume together, on the machine where Cassandra has that. */
export class CoMounts {
  readonly #connection: Connection;
  readonly #mounted: MountedClones;
  readonly #jobs: ClonePods;
  readonly #timeoutMs: number;
  readonly #patience: Readonly<Record<keyof typeof PATIENCE, number>>;
  #watch: NodeJS.Timeout | undefined;

  constructor(
    connection: Connection,
    mounted: MountedClones,
    jobs: ClonePods,
    timeoutMs: number,
    patience: Readonly<Record<keyof typeof PATIENCE, number>> = PATIENCE,
  ) {
    this.#connection = connection;
    this.#mounted = mounted;
    this.#jobs = jobs;
    this.#timeoutMs = timeoutMs;
    this.#patience = patience;
  }

  /** Answers why it cannot be; null where it is arranged. */
  async arrange(copy: Node, node: Node, signal: AbortSignal): Promise<string | null> {
    const clone = this.#mounted.get(copy.name);
    const pod = await this.#podOf(node.name);
    const machine = pod?.spec?.nodeName;
    const claim = pod && dataClaimOf(pod);
    if (clone === undefined || pod === undefined || machine === undefined || claim === undefined)
      return `Pod ${node.name} is on no machine, or has no claim server-data.`;
    if (await this.#isForOnePod(claim)) return `${claim} may be used by one pod alone (ReadWriteOncePod).`;
    const live = { claim, mount: node.volume, machine };
    const options = { host: hostOf(pod), clone: copy.name, near: undefined, live };
    const { startMs, unscheduledMs, watchMs } = this.#patience;
    const start = { timeoutMs: Math.min(this.#timeoutMs, startMs), unscheduledMs, signal };
    // One volume on two machines, or in two pods where only one may have it, would keep the other from starting.
    const makesWay = clone.started.machine !== machine || clone.claim.forOnePod;
    if (makesWay) await this.#jobs.remove(clone.started.job);
    try {
      const started = await this.#jobs.start('carry', options, start);
      this.#mounted.set(copy.name, { ...clone, started, met: { node: node.name, machine } });
    } catch (error) {
      // The rights are there: what is forbidden, a policy of the cluster does not admit.
      const isNoWay = error instanceof KassetteError && ['JOB_FAILED', 'FORBIDDEN'].includes(error.code);
      if (!isNoWay) throw error;
      if (makesWay) await this.#mountAgain(clone, pod, signal);
      return error.message;
    }
    if (!makesWay) await this.#jobs.remove(clone.started.job);
    this.#watch ??= setInterval(() => this.#giveWay().catch(() => {}), watchMs);
    return null;
  }

  end(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  async #mountAgain(clone: MountedClone, pod: V1Pod, signal: AbortSignal): Promise<void> {
    const near = clone.claim.likely?.spec?.nodeName;
    const options = { host: hostOf(pod), clone: clone.claim.name, near, live: undefined };
    const started = await this.#jobs.start('read', options, { timeoutMs: this.#timeoutMs, signal });
    this.#mounted.set(clone.claim.name, { ...clone, started });
  }

  /** A pod of Cassandra's that is moved must not wait for its volume because kassette's still has it on the old machine. */
  async #giveWay(): Promise<void> {
    const met = [...this.#mounted.values()].filter((c) => c.met !== undefined && c.lost === undefined);
    if (met.length === 0) return;
    const pods = await this.#pods();
    for (const clone of met) {
      const now = pods.find((p) => p.metadata?.name === clone.met?.node)?.spec?.nodeName;
      if (now === undefined || now === clone.met?.machine) continue;
      const lost = `pod ${clone.met?.node} has moved to ${now} and needs its volume there`;
      this.#mounted.set(clone.claim.name, { ...clone, lost });
      await this.#jobs.remove(clone.started.job);
    }
  }

  async #podOf(name: string): Promise<V1Pod | undefined> {
    return (await this.#pods(`metadata.name=${name}`))[0];
  }

  async #pods(fieldSelector?: string): Promise<readonly V1Pod[]> {
    const { core, namespace } = this.#connection;
    const query = { namespace, ...(fieldSelector === undefined ? {} : { fieldSelector }) };
    return (await call(READ.pods, namespace, () => core.listNamespacedPod(query))).items;
  }

  async #isForOnePod(name: string): Promise<boolean> {
    const claim = await claimNamed(this.#connection, CLONING.claims, name);
    return claim !== undefined && isForOnePod(claim);
  }
}
