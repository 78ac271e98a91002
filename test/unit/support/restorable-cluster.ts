import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach } from 'node:test';
import type { ColdStage, Node, RingMember } from '../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import type { Asked } from '../../../src/domain/restore-state/asked.ts';
import type { HeldLease } from '../../../src/ports/platform/lease.ts';
import type { ColdVolume, Recovery } from '../../../src/ports/platform/recovery.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import type { World } from '../../simulation/cluster/world.ts';
import { backedUp, cleanVolumes } from '../../simulation/runs/history.ts';
import { TAG } from './kept-volumes.ts';

export { OPTIONS, TAG } from './kept-volumes.ts';

const golden = await backedUp({ tag: TAG });
/** Of every node when the backup was made. */
export const SAVED_GENERATION = golden.cluster.state.nodes['n-dc1']?.gossipGeneration ?? 0;
golden.cluster.restart();
const made: World[] = [];
afterEach(() => {
  for (const world of made.splice(0)) world.remove();
});
after(() => golden.remove());

/**
 * Two datacenters with one node each, on volumes that came back with a backup in them; what a run does to whole datacenters and
 * volumes is written down, and may fail.
 */
export class RestorableCluster {
  readonly world: World;
  /** What was done, in order: `stop dc1`, `clean n-dc1`, `start dc1`, `begin n-dc1`, `finish n-dc1`, … */
  readonly done: string[] = [];
  readonly told: string[] = [];
  readonly lost = new AbortController();
  /** Why the lease is lost, which the run does not know until it looks. */
  taken: KassetteError | null = null;
  /** What gossip has besides the nodes, and every node's `system.peers`. */
  readonly remnants: RingMember[] = [];
  readonly peers = new Map<string, string>();
  /** What else is asked of every datacenter. */
  asked: Partial<Asked> = {};
  /** What else is said of every volume. */
  claims: Partial<ColdVolume> = {};
  /** Called before each such call; may throw. */
  before: (what: string) => void = () => {};

  /** @param world where other volumes are meant; a copy of it is worked on */
  constructor(world = golden as World) {
    this.world = world.copy(0);
    made.push(this.world);
  }

  get nodes(): readonly Node[] {
    return this.world.cluster.nodes;
  }

  get warnings(): readonly string[] {
    return this.world.warnings;
  }

  /** Stopped datacenters, with how far kassette's note on them says that its cold restore has come. */
  get stopped(): ReadonlyMap<string, string | null> {
    return new Map(Object.entries(this.world.cluster.state.stopped));
  }

  stop(datacenter: string, stage: ColdStage | null = null): void {
    this.world.cluster.state.stopped[datacenter] = stage;
  }

  /** `clean-volume` on these nodes' volumes, and then all are started. */
  async restoreCold(...names: readonly string[]): Promise<void> {
    const { cluster } = this.world;
    const ended = await this.world.run((ports, process) => cleanVolumes({}, names)(ports, process));
    if (ended.kind !== 'done') throw new Error('The volumes were not restored.', { cause: ended });
    cluster.restart();
  }

  /** What is in `kassette/` of each node, by path below that. */
  put(path: string, text: string): void {
    for (const node of this.nodes) this.world.cluster.putFile(node, `kassette/${path}`, text);
  }

  /** As if the node's volume were from another restore point, which has another backup. */
  rename(node: Node, tag: string): void {
    for (const path of this.world.cluster.at(node).snapshotsOf(TAG)) renameSync(path, join(path, '..', tag));
    renameSync(join(node.volume, 'kassette', TAG), join(node.volume, 'kassette', tag));
  }

  get ports(): Ports {
    const ports = this.world.ports();
    const { volumes, control, cql } = ports;
    return {
      ...ports,
      control: {
        ...control,
        endpoints: async (node) => [...(await control.endpoints(node)), ...this.remnants],
      },
      cql: { open: async (of) => ({ ...(await cql.open(of)), peers: async () => this.peers }) },
      recovery: this.#recovery(ports.recovery),
      volumes: {
        ...volumes,
        begin: (node, ...rest) => this.#act(`begin ${node.name}`, () => volumes.begin(node, ...rest)),
        finish: (node, ...rest) => this.#act(`finish ${node.name}`, () => volumes.finish(node, ...rest)),
      },
      lease: { acquire: async () => this.#held },
      events: { report: async (_, reason, what) => void this.told.push(`${reason}: ${what}`) },
    };
  }

  get #held(): HeldLease {
    const confirm = async () => {
      if (this.taken !== null) this.lost.abort(this.taken);
      this.lost.signal.throwIfAborted();
    };
    return { lost: this.lost.signal, confirm, release: async () => {} };
  }

  async #act<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.before(what);
    this.done.push(what);
    return work();
  }

  #recovery(recovery: Recovery): Recovery {
    return {
      ...recovery,
      asked: async (datacenter) => ({ ...(await recovery.asked(datacenter)), ...this.asked }),
      volumes: async (of) => (await recovery.volumes(of)).map((v) => ({ ...v, ...this.claims })),
      rehearse: async ({ name }) => this.before(`try ${name}`),
      stop: async (datacenter, stage, confirm) => {
        await confirm({ ...(await recovery.asked(datacenter)), ...this.asked });
        const what = stage === 'stopped' ? 'stop' : 'mark';
        await this.#act(`${what} ${datacenter.name}`, () => recovery.stop(datacenter, stage, async () => {}));
      },
      start: async (datacenter, end, confirm) => {
        await confirm({ ...(await recovery.asked(datacenter)), ...this.asked });
        await this.#act(`start ${datacenter.name}`, () => recovery.start(datacenter, end, async () => {}));
      },
      clean: async (volume, options, tell) => {
        if (options.dryRun) {
          this.before(`look ${volume.node}`);
          return recovery.clean(volume, options, tell);
        }
        return this.#act(`clean ${volume.node}`, () => recovery.clean(volume, options, tell));
      },
    };
  }
}

/** What a run came to: the code of its error, or what it returned. */
export async function outcomeOf<T>(work: Promise<T>): Promise<T | string> {
  return work.catch((error: unknown) => {
    if (error instanceof KassetteError) return error.code;
    throw error;
  });
}
