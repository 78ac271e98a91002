import { Headway, isComing, type Sight } from '../../domain/cluster/headway.ts';
import { assessRing, byCluster, type Cluster, downIn } from '../../domain/cluster/ring.ts';
import type { Datacenter, Node, RingMember, Unready } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette, kubectl } from '../../domain/hint.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

const POLL_MS = 1000;
/** A look into the logs costs more than one at the ring. */
const CLOSER_EVERY = 5;

/** How a command waits for its nodes. */
export interface Waiting {
  /**
   * Tells why nodes are not up, as far as it can, or throws where waiting is of no use.
   * @param down nodes that serve CQL and that the ring calls down
   */
  readonly lookCloser?: (
    datacenters: readonly Datacenter[],
    down: readonly Node[],
  ) => Promise<readonly string[]>;
  /** How long it waits where a node is down and nothing is on its way up, milliseconds; without it as long as otherwise. */
  readonly downMs?: number;
}

/**
 * The clusters that a command is about, each with all nodes UP and NORMAL and one schema. Waits for that as long as nodes come
 * up, one after the other: until `timeoutMs` have passed without any getting further, or `maxWaitMs` in all.
 */
export async function healthyClusters(
  ports: Ports,
  options: CommonOptions,
  waiting: Waiting = {},
): Promise<readonly Cluster[]> {
  return ports.progress.step('Checking the nodes', async (report) => {
    const patience = new Patience(ports.clock.now().getTime(), options, waiting);
    let reasons: readonly string[] = [];
    for (let looks = 0; ; looks++) {
      options.signal.throwIfAborted();
      const { datacenters, seen, faults } = await lookAtAll(ports, options);
      const [fault] = faults;
      if (fault === undefined) return seen.flatMap(({ outcome }) => (isFault(outcome) ? [] : [outcome]));
      if (looks % CLOSER_EVERY === 0) {
        const down = seen.flatMap((s) => s.down);
        reasons = (await waiting.lookCloser?.(datacenters, down)) ?? [];
      }
      const now = ports.clock.now().getTime();
      if (patience.isOver(now, seen, faults, reasons)) throw withReasons(fault, reasons);
      report.note(`waiting: ${[...faults.map((f) => f.message), ...reasons].join(' ')}`);
      await ports.clock.sleep(POLL_MS);
    }
  });
}

/** @throws NOT_READY where waiting does not help */
async function lookAtAll(ports: Ports, options: CommonOptions) {
  // Looked up each time: a pod that was restarted has another address.
  const datacenters = await ports.datacenters.find(options.datacenters);
  const hopeless = datacenters.find((d) => d.unready?.passing === false);
  if (hopeless?.unready) throw notReady(hopeless, hopeless.unready);
  const seen = await each(byCluster(datacenters), (own) => observe(ports, own, options.concurrency));
  return { datacenters, seen, faults: seen.map((s) => s.outcome).filter(isFault) };
}

/** When a wait ends. Times in milliseconds. */
class Patience {
  readonly #options: CommonOptions;
  readonly #downMs: number;
  readonly #end: number;
  readonly #headway = new Headway();
  #lastHeadway: number;
  /** Since when nothing has been on its way up; null where something is. */
  #idleSince: number | null = null;

  constructor(started: number, options: CommonOptions, { downMs = Number.POSITIVE_INFINITY }: Waiting) {
    this.#options = options;
    this.#downMs = downMs;
    this.#end = started + (options.maxWaitMs ?? Number.POSITIVE_INFINITY);
    this.#lastHeadway = started;
  }

  isOver(
    now: number,
    seen: readonly Sight[],
    faults: readonly KassetteError[],
    reasons: readonly string[],
  ): boolean {
    if (seen.map((s) => this.#headway.made(s)).includes(true)) this.#lastHeadway = now;
    const isDown = faults.some((f) => f.code === 'NODE_DOWN' || f.code === 'NOT_READY');
    // A node whose start has failed may be started again, and fails again.
    const isIdle = isDown && (reasons.length > 0 || !seen.some(isComing));
    this.#idleSince = isIdle ? (this.#idleSince ?? now) : null;
    const idleSince = Math.max(this.#idleSince ?? Number.POSITIVE_INFINITY, this.#lastHeadway);
    return now >= Math.min(this.#end, this.#lastHeadway + this.#options.timeoutMs, idleSince + this.#downMs);
  }
}

/** The fault, with what else is known of it. */
export function withReasons(fault: KassetteError, reasons: readonly string[]): KassetteError {
  if (reasons.length === 0) return fault;
  return new KassetteError(fault.code, [fault.message, ...reasons].join(' '), fault.advice, { cause: fault });
}

function isFault(outcome: Cluster | KassetteError): outcome is KassetteError {
  return outcome instanceof KassetteError;
}

/** One look at a cluster. */
export interface Observation extends Sight {
  /** The cluster, or why it is not healthy. */
  readonly outcome: Cluster | KassetteError;
  /** Nodes that serve CQL and that the ring calls down. */
  readonly down: readonly Node[];
}

/** Look once at datacenters of one cluster. */
export async function observe(
  ports: Ports,
  datacenters: readonly Datacenter[],
  concurrency: number,
): Promise<Observation> {
  const unready = datacenters.find((d) => d.unready !== null);
  const unasked = { datacenters, ready: new Map(), endpoints: [], down: [] };
  if (unready?.unready) return { ...unasked, outcome: notReady(unready, unready.unready) };
  const nodes = datacenters.flatMap((d) => d.nodes);
  const ready = new Map(
    await each(nodes, async (n) => [n.name, await ports.control.isReady(n)] as const, { concurrency }),
  );
  const assess = (
    endpoints: readonly RingMember[],
    schemaVersions: ReadonlyMap<string, readonly string[]>,
  ) => {
    const facts = { datacenters, ready, endpoints, schemaVersions };
    return { datacenters, ready, endpoints, outcome: assessRing(facts), down: downIn(facts) };
  };
  const contactNode = nodes.find((n) => ready.get(n.name));
  if (contactNode === undefined) return assess([], new Map());
  try {
    return assess(
      ...(await Promise.all([
        ports.control.endpoints(contactNode),
        ports.control.schemaVersions(contactNode),
      ])),
    );
  } catch (error) {
    if (error instanceof KassetteError) return { ...unasked, ready, outcome: error };
    throw error;
  }
}

function notReady({ name, coldRestore }: Datacenter, { reason, passing }: Unready): KassetteError {
  return new KassetteError(
    'NOT_READY',
    `Datacenter ${name} ${reason}.`,
    coldRestore !== undefined
      ? hint`Nothing was changed. Run ${kassette('recover')}: it continues the cold restore, or says what continues a rewind. Do not start the datacenter in another way: restored volumes would run together with others.`
      : passing
        ? hint`Nothing was changed. Look at ${kubectl('describe', 'cassandradatacenter', name)} and its pods; allow more time with \`--timeout\`.`
        : 'Nothing was changed. Waiting does not help: bring the datacenter up, then run the command again.',
  );
}
