import { noProtection } from '../../src/adapters/embedded/protection.ts';
import { openingIn } from '../../src/domain/backup/opening.ts';
import type { Datacenter, Node, RingMember } from '../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../src/domain/errors.ts';
import { readKept } from '../../src/domain/restore-state/kept.ts';
import type { CqlSession } from '../../src/ports/cql.ts';
import type { NodeControl } from '../../src/ports/node-control.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { SnapshotPart, Volumes } from '../../src/ports/volumes.ts';
import { hostIdOf } from '../host-id.ts';

const ID = '62eb9c60-c7b1-11f0-8f0c-000000000000';
const DIRECTORY = `data/ks/t-${ID.replaceAll('-', '')}`;
const STATEMENTS = [
  "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'};",
  `CREATE TABLE ks.t (\n    id int PRIMARY KEY\n) WITH ID = ${ID}\n    AND comment = '';`,
];
const COMPONENTS = [
  'Data.db',
  'Index.db',
  'Filter.db',
  'Summary.db',
  'Statistics.db',
  'TOC.txt',
  'Digest.crc32',
];

const NO_LINKS = { linkedFiles: 0, highestLinkedGeneration: 0 };

/** Of a run's process that is not there any more: nothing that it does after that has an effect. */
export class Killed extends Error {}

/** What is in one volume. */
export interface Disk {
  readonly backups: Map<string, { schema: string; manifest: string; marker: string }>;
  /** The sizes of each tag's snapshot files. */
  readonly snapshots: Map<string, Map<string, number>>;
  readonly notes: Map<string, string>;
}

/** A cluster of two nodes that is only what before- and after-backup meet: volumes, snapshots, a lease and a clock. */
export class BackupSimulation {
  readonly nodes = ['n1', 'n2'].map(nodeOf);
  readonly disks = new Map(this.nodes.map((n) => [n.name, emptyDisk()]));
  readonly events: string[] = [];
  readonly warnings: string[] = [];
  /** Generations of all nodes: the times of their starts. */
  generation = 1;
  nowMs = Date.parse('2026-03-01T02:15:00Z');
  /** Called before each port call, with its name. */
  before: (call: string) => void | Promise<void> = () => {};
  #held = false;

  disk(node: string): Disk {
    const disk = this.disks.get(node);
    if (disk === undefined) throw new Error(node);
    return disk;
  }

  /** As a copy of the volume has it. */
  copy(node: string): Disk {
    const { backups, snapshots, notes } = this.disk(node);
    return {
      backups: new Map([...backups].map(([t, b]) => [t, { ...b }])),
      snapshots: new Map([...snapshots].map(([t, files]) => [t, new Map(files)])),
      notes: new Map(notes),
    };
  }

  /** The ports of one process, which is gone from the call with that number on. */
  ports(killedAt = Number.POSITIVE_INFINITY): { readonly ports: Ports; readonly calls: () => number } {
    let calls = 0;
    const seen = async (name: string) => {
      if (++calls >= killedAt) throw new Killed(name);
      await this.before(name);
    };
    const counted = <T extends object>(port: T): T =>
      new Proxy(port, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          return async (...args: unknown[]) => {
            await seen(String(name));
            return member.apply(target, args);
          };
        },
      });
    const ports: Ports = {
      datacenters: counted({ find: async () => [this.#datacenter()], elsewhere: async () => [] }),
      copies: { find: async () => [], meet: async () => null, release: async () => {} },
      control: counted(this.#control()),
      cql: { open: async () => this.#session() },
      volumes: counted(this.#volumes()),
      recovery: {} as Ports['recovery'],
      lease: { acquire: async () => this.#acquire() },
      events: counted({
        tell: async (_: readonly Datacenter[], reason: string, message: string) =>
          void this.events.push(`${reason}: ${message}`),
      }),
      protection: noProtection,
      progress: {
        step: (_title, work) => work({ count() {}, note() {} }),
        warn: (message) => void this.warnings.push(message),
      },
      clock: {
        now: () => new Date(this.nowMs++),
        sleep: async (ms) => {
          this.nowMs += ms;
        },
      },
    };
    return { ports, calls: () => calls };
  }

  #acquire() {
    if (this.#held)
      throw new KassetteError('BUSY', 'Another kassette run is at work on this cluster.', 'Wait.');
    this.#held = true;
    const release = async () => {
      this.#held = false;
    };
    return { lost: new AbortController().signal, confirm: async () => {}, release };
  }

  #datacenter(): Datacenter {
    return { name: 'dc', cluster: 'c', nodes: this.nodes, unready: null };
  }

  #control(): NodeControl {
    const nothing = async () => {};
    return {
      isReady: async () => true,
      endpoints: async () => this.nodes.map(memberOf),
      schemaVersions: async () => new Map([['v', this.nodes.map((n) => n.address)]]),
      takeSnapshot: async (node, tag) => {
        this.disk(node.name).snapshots.set(tag, sizes());
        return 'done';
      },
      clearSnapshot: async (node, tag) => {
        this.disk(node.name).snapshots.delete(tag);
        return 'done';
      },
      flush: nothing,
      refresh: async () => 'done',
      cleanUp: nothing,
      truncateHints: nothing,
    };
  }

  #session(): CqlSession {
    return {
      describeSchema: async () => STATEMENTS,
      permissions: async () => [],
      tableIds: async () => new Map([['ks.t', ID]]),
      isFlushing: async () => false,
      batches: async () => ({ count: 0, newest: '' }),
      logDirectories: async () => new Map(),
      gossipGeneration: async () => this.generation,
      close: async () => {},
    } as unknown as CqlSession;
  }

  #volumes(): Volumes {
    const of = (node: Node) => this.disk(node.name);
    const edit = (node: Node, tag: string, change: object) => {
      const entry = of(node).backups.get(tag) ?? { schema: '', manifest: '', marker: '' };
      of(node).backups.set(tag, { ...entry, ...change });
    };
    const volumes: Partial<Volumes> = {
      survey: async (node) => surveyOf(of(node)),
      read: async (node, tag) => {
        const { schema, manifest, marker } = of(node).backups.get(tag) ?? {
          schema: '',
          manifest: '',
          marker: '',
        };
        return { schema, manifest, marker, parts: partsOf(of(node), tag), ...NO_LINKS };
      },
      write: async (node, tag, files) => edit(node, tag, files),
      complete: async (node, tag, marker) => edit(node, tag, { marker }),
      snapshotProgress: async (node, tag) => {
        const files = of(node).snapshots.get(tag)?.size ?? 0;
        return { files, whole: new Set(files === 0 ? [] : [ID.replaceAll('-', '')]), changedAt: 0 };
      },
      invalidate: async (node, tags) => {
        for (const tag of tags) if (of(node).backups.has(tag)) edit(node, tag, { marker: '' });
      },
      remove: async (node, tags) => {
        for (const tag of tags) {
          of(node).backups.delete(tag);
          of(node).snapshots.delete(tag);
        }
      },
      writeNote: async (node, name, text) => void of(node).notes.set(name, text),
      removeNotes: async (node, names) => {
        for (const name of names) of(node).notes.delete(name);
      },
    };
    return volumes as Volumes;
  }
}

/** The one backup that these volumes, or copies of them, could be restored from; null where there is none, or more than one. */
export function restorable(disks: readonly Disk[]): string | null {
  const [first] = disks;
  const whole = [...(first?.backups.keys() ?? [])].filter((tag) =>
    disks.every((d) => {
      const files = d.snapshots.get(tag);
      return (d.backups.get(tag)?.marker ?? '') !== '' && files?.size === COMPONENTS.length;
    }),
  );
  const [only, ...more] = whole;
  return more.length === 0 ? (only ?? null) : null;
}

/** When a backup counts as abandoned, milliseconds. */
export function abandonedAt(disk: Disk, tag: string): number {
  return Date.parse(openingIn(tag, disk.backups.get(tag)?.marker ?? null).abandonedAt);
}

function emptyDisk(): Disk {
  return { backups: new Map(), snapshots: new Map(), notes: new Map() };
}

function surveyOf({ backups, snapshots, notes }: Disk): Awaited<ReturnType<Volumes['survey']>> {
  const attempts = [...notes].flatMap(([name, text]) => {
    const [, id] = /^attempts\/(.*)\.json$/.exec(name) ?? [];
    return id === undefined ? [] : [{ id, text }];
  });
  return readKept({
    backups: [...backups].map(([tag, { marker }]) => ({
      ...{ tag, complete: marker !== '', marker: marker === '' ? null : marker },
      ...{ journal: null, cold: null },
    })),
    ...{ snapshots: [...snapshots.keys()], automatic: [], restored: null },
    ...{ closed: notes.get('closed.json') ?? null, attempts, tables: null, freeBytes: 1e12 },
  });
}

function partsOf({ snapshots }: Disk, tag: string): readonly SnapshotPart[] {
  const files = [...(snapshots.get(tag) ?? [])].map(([name, bytes]) =>
    name.endsWith('Data.db') ? { name, bytes, crc: '1' } : { name, bytes },
  );
  return files.length === 0 ? [] : [{ directory: DIRECTORY, files }];
}

function sizes(): Map<string, number> {
  return new Map(COMPONENTS.map((component) => [`nb-1-big-${component}`, 10]));
}

function nodeOf(name: string): Node {
  return {
    ...{ name, cluster: 'c', datacenter: 'dc', rack: 'r', address: name, cqlEndpoint: '' },
    ...{ volume: '/v', dataDirectories: ['/v/data'], managementUrl: '' },
  };
}

function memberOf({ name }: Node): RingMember {
  return {
    ...{ cluster: 'c', datacenter: 'dc', rack: 'r', address: name, hostId: hostIdOf(name), tokens: [name] },
    ...{ releaseVersion: '5.0.6', schemaVersion: 'v', status: 'NORMAL', alive: true, local: false },
  };
}
