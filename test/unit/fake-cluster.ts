import { noProtection } from '../../src/adapters/embedded/protection.ts';
import { renderManifest, renderMarker, sha256 } from '../../src/domain/backup/manifest.ts';
import type { ColdStage, Datacenter, Node, RingMember } from '../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../src/domain/errors.ts';
import { renderColdJournal } from '../../src/domain/restore/cold-journal.ts';
import type { ColdResult } from '../../src/domain/restore/cold-result.ts';
import { type JournalTexts, readKept } from '../../src/domain/restore-state/kept.ts';
import type { RestoreOptions } from '../../src/engine/restore/options.ts';
import type { CqlSession } from '../../src/ports/cql.ts';
import type { NodeControl } from '../../src/ports/node-control.ts';
import type { Recovery } from '../../src/ports/platform/recovery.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { BackupEntry, Volumes } from '../../src/ports/volumes.ts';
import { hostIdOf } from '../host-id.ts';

export const TAG = 'kassette-20260301T021500Z-1a2b';
export const SCHEMA =
  "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'};";
export const RESTORED_AT = '2026-03-01T03:00:00.000Z';
const AFTERWARDS = Date.parse(RESTORED_AT) / 1000 + 60;

/** One cluster of two datacenters with one node each, and a backup of both in their volumes. Only numbers, no Cassandra. */
export class FakeCluster {
  /** What was done, in order: `stop dc1`, `clean n-dc1`, `start dc1`, `finish n-dc1`, … */
  readonly done: string[] = [];
  readonly warnings: string[] = [];
  /** Stopped datacenters, with how far kassette's note on them says its cold restore has come; null where it has none. */
  readonly stopped = new Map<string, ColdStage | null>();
  /** What is kept in each node's volume for the backup; none after `finish`. */
  readonly entries = new Map<string, Omit<BackupEntry, keyof JournalTexts> & JournalTexts>();
  readonly generations = new Map<string, number>();
  /** Each volume's journal of single tables. */
  tables: string | null = null;
  readonly lost = new AbortController();
  /** Why the lease is lost, which the run does not know until it looks. */
  taken: KassetteError | null = null;
  liveSchema: readonly string[] = [SCHEMA];
  /** Called before each call of the recovery port; may throw. */
  before: (what: string) => void | Promise<void> = () => {};
  readonly nodes = ['dc1', 'dc2'].map(nodeIn);
  /** What gossip has besides the nodes, and every node's `system.peers`. */
  readonly remnants: RingMember[] = [];
  readonly peers = new Map<string, string>();

  constructor() {
    for (const { name } of this.nodes) {
      this.entries.set(name, { tag: TAG, complete: true, marker: null, journal: null, cold: null });
      this.generations.set(name, AFTERWARDS);
    }
  }

  /** As if `clean-volume` had been run on the node's volume. */
  restoreCold(node: string): void {
    const cold = renderColdJournal({
      ...{ version: 1, tag: TAG, stage: 'restored', run: 1, startedAt: RESTORED_AT, restoredAt: RESTORED_AT },
      ...{ keepDisplaced: false, automatic: null, tables: 1, files: 8, bytes: 100 },
    });
    this.entries.set(node, { tag: TAG, complete: true, marker: null, journal: null, cold });
  }

  datacenter(name: string): Datacenter {
    const stage = this.stopped.get(name);
    return {
      name,
      cluster: 'c',
      nodes: this.nodes.filter((n) => n.datacenter === name),
      unready: this.stopped.has(name) ? { reason: 'is stopped', passing: false } : null,
      ...(stage === undefined || stage === null ? {} : { coldRestore: stage }),
    };
  }

  get ports(): Ports {
    return {
      datacenters: {
        find: async (names) => (names.length === 0 ? ['dc1', 'dc2'] : names).map((n) => this.datacenter(n)),
        elsewhere: async () => [],
      },
      copies: { find: async () => [], meet: async () => null, release: async () => {} },
      control: this.#control(),
      cql: { open: async () => this.#session() },
      volumes: this.#volumes(),
      recovery: this.#recovery(),
      lease: {
        acquire: async () => ({
          lost: this.lost.signal,
          confirm: async () => {
            if (this.taken !== null) this.lost.abort(this.taken);
            this.lost.signal.throwIfAborted();
          },
          release: async () => {},
        }),
      },
      events: { tell: async () => {} },
      protection: noProtection,
      progress: {
        step: (_title, work) => work({ count() {}, note() {} }),
        warn: (message) => void this.warnings.push(message),
      },
      clock: { now: () => new Date(), sleep: async () => {} },
    };
  }

  #recovery(): Recovery {
    const act = async (what: string, work: () => void = () => {}) => {
      await this.before(what);
      this.done.push(what);
      work();
    };
    return {
      isStopped: async ({ name }) => this.stopped.has(name),
      stop: async ({ name }, stage, confirm) => {
        await confirm();
        const what = stage === 'stopped' ? 'stop' : 'mark';
        await act(`${what} ${name}`, () => this.stopped.set(name, stage));
      },
      start: async ({ name }, confirm) => {
        await confirm();
        await act(`start ${name}`, () => this.stopped.delete(name));
      },
      users: async () => [],
      volumes: async (of) =>
        this.nodes
          .filter((n) => 'datacenter' in of && of.datacenter === n.datacenter)
          .map(({ name: node, datacenter }) => ({ name: node, cluster: 'c', datacenter, node })),
      clean: async (volume, { dryRun }) => {
        if (dryRun) await this.before(`look ${volume.name}`);
        const done = this.entries.get(volume.name)?.cold !== null;
        if (!dryRun) await act(`clean ${volume.name}`, () => this.restoreCold(volume.name));
        return this.#result(volume.name, done ? 'unchanged' : dryRun ? 'planned' : 'restored');
      },
      log: async () => '',
    };
  }

  #result(node: string, outcome: ColdResult['outcome']): ColdResult {
    return {
      ...{ cluster: 'c', node, tag: TAG, nodes: this.nodes.map((n) => n.name), outcome, seconds: 0 },
      ...{ tables: 1, files: 8, bytesLinked: 100, bytesCopied: 0, moved: 0, displaced: null, plan: null },
    };
  }

  #volumes(): Volumes {
    return {
      ...refusing<Volumes>(),
      survey: async ({ name }) => {
        const entry = this.entries.get(name);
        const backups = entry === undefined ? [] : [entry];
        return readKept({
          backups,
          snapshots: [],
          automatic: [],
          restored: null,
          closed: null,
          attempts: [],
          tables: this.tables,
          freeBytes: 1e12,
        });
      },
      read: async (node) => {
        const manifest = renderManifest(this.#manifestOf(node));
        const texts = { manifest, marker: renderMarker(TAG, manifest), schema: SCHEMA };
        return { ...texts, parts: [], highestLinkedGeneration: 0, linkedFiles: 0 };
      },
      invalidate: async () => {},
      remove: async ({ name }, tags) => {
        if (tags.includes(this.entries.get(name)?.tag ?? '')) this.entries.delete(name);
      },
      finish: async ({ name }) => {
        this.done.push(`finish ${name}`);
        this.entries.delete(name);
      },
    };
  }

  #manifestOf({ name, datacenter, rack }: Node) {
    const nodes = this.nodes.map((n) => ({ ...headOf(n), hostId: hostIdOf(n.name) }));
    const node = { name, datacenter, rack, hostId: hostIdOf(name), tokens: [name], gossipGeneration: 1 };
    const moment = '2026-03-01T02:15:00.000Z';
    return {
      ...({ version: 1, kassette: '0.1.0', tag: TAG, cluster: 'c', node, nodes } as const),
      ...{ cassandraVersion: '5.0.6', schemaVersion: 'v', schemaSha256: sha256(SCHEMA) },
      ...{ startedAt: moment, endedAt: moment, skewMs: 0, tables: [], permissions: [] },
    };
  }

  #control(): NodeControl {
    return {
      ...refusing<NodeControl>(),
      isReady: async ({ datacenter }) => !this.stopped.has(datacenter),
      endpoints: async () => [...this.nodes.map(memberOf), ...this.remnants],
      schemaVersions: async () => new Map([['v', this.nodes.map((n) => n.address)]]),
      clearSnapshot: async () => 'done',
    };
  }

  #session(): CqlSession {
    return {
      ...refusing<CqlSession>(),
      describeSchema: async () => this.liveSchema,
      schemaSettings: async () => ({
        ...{ release: '5.0.6', off: new Set(), memtables: null },
      }),
      peers: async () => this.peers,
      batches: async () => ({ count: 0, newest: '' }),
      logDirectories: async () => new Map(),
      paxosTables: async () => new Set(),
      gossipGeneration: async ({ name }) => this.generations.get(name) ?? 0,
      close: async () => {},
    };
  }
}

export const OPTIONS: RestoreOptions = {
  ...{ datacenters: [], timeoutMs: 1000, concurrency: 2, tag: undefined, method: undefined },
  ...{ recover: 'auto', confirm: async () => false, keepDisplaced: false, elsewhere: false },
  ...{ keepExtra: false, verify: 'quick', reserveBytes: 0, signal: new AbortController().signal },
};

/** What a run came to: the code of its error, or what it returned. */
export async function outcomeOf<T>(work: Promise<T>): Promise<T | string> {
  return work.catch((error: unknown) => {
    if (error instanceof KassetteError) return error.code;
    throw error;
  });
}

/** Every call that a test does not expect fails. */
function refusing<T extends object>(): T {
  return new Proxy({} as T, {
    ownKeys: () => [],
    get: (_, name) => () => Promise.reject(new Error(`${String(name)} is not expected here`)),
  });
}

function nodeIn(datacenter: string): Node {
  return {
    ...{ name: `n-${datacenter}`, cluster: 'c', datacenter, rack: 'r', address: datacenter },
    ...{ cqlEndpoint: '', volume: '/v', dataDirectories: ['/v/data'], managementUrl: '' },
  };
}

function headOf({ name, datacenter, rack }: Node) {
  return { name, datacenter, rack };
}

function memberOf(node: Node): RingMember {
  return {
    ...{ cluster: 'c', datacenter: node.datacenter, rack: 'r', address: node.address },
    ...{ hostId: hostIdOf(node.name), tokens: [node.name], releaseVersion: '5.0.6', schemaVersion: 'v' },
    ...{ status: 'NORMAL', alive: true, local: false },
  };
}
