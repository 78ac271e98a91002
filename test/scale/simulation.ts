import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noProtection } from '../../src/adapters/embedded/protection.ts';
import { embeddedRecovery } from '../../src/adapters/embedded/recovery.ts';
import type { Datacenter, Node, RingMember } from '../../src/domain/cluster/topology.ts';
import type { CqlSession } from '../../src/ports/cql.ts';
import type { NodeControl } from '../../src/ports/node-control.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { SnapshotPart, Volumes } from '../../src/ports/volumes.ts';
import { Counter } from './counter.ts';

const SSTABLES = 2;
const COMPONENTS = [
  'Data.db',
  'Index.db',
  'Filter.db',
  'Summary.db',
  'Statistics.db',
  'TOC.txt',
  'Digest.crc32',
  'CompressionInfo.db',
];
const TOKENS = 16;
const SCHEMA_VERSION = '11111111-2222-3333-4444-555555555555';

export interface Size {
  /** In each datacenter. */
  readonly nodes: number;
  readonly tables: number;
  /** For each cluster the number of its datacenters. */
  readonly clusters: readonly number[];
  /** How long a node takes to answer; 0: as long as a quick call over a network, so that calls really overlap. */
  readonly latencyMs: number;
}

/** Clusters that are only numbers: what they say of themselves is made on demand, and what is written goes to the disk. */
export function simulation(directory: string, size: Size) {
  const counter = new Counter();
  const soon: Soon = (value) =>
    new Promise((done) => {
      if (size.latencyMs > 0) setTimeout(() => done(value), size.latencyMs);
      else setImmediate(() => done(value));
    });
  const datacenters = size.clusters.flatMap((count, c) =>
    Array.from({ length: count }, (_, d) => datacenterOf(`cluster${c}`, `dc${d}`, d, size.nodes)),
  );
  const members = new Map(
    Object.entries(Object.groupBy(datacenters, (d) => d.cluster)).map(([cluster, own = []]) => [
      cluster,
      own.flatMap((d) => d.nodes).map(memberOf),
    ]),
  );
  const ids = Array.from({ length: size.tables }, () => randomUUID());
  const ports: Ports = {
    datacenters: { find: async () => datacenters, elsewhere: async () => [] },
    copies: { find: async () => [], meet: async () => null, release: async () => {} },
    control: counter.counted('management API', control(soon, members)),
    cql: { open: async () => counter.counted('cql', session(soon, ids)) },
    volumes: counter.counted('shell', volumes(soon, directory, ids)),
    lease: {
      acquire: async () => ({
        lost: new AbortController().signal,
        confirm: async () => {},
        release: async () => {},
      }),
    },
    recovery: embeddedRecovery(directory, ''),
    events: { tell: async () => {} },
    protection: noProtection,
    progress: { step: (_title, work) => work({ count() {}, note() {} }), warn() {} },
    clock: { now: () => new Date(), sleep: async () => {} },
  };
  return { ports, counter };
}

type Soon = <T>(value: T) => Promise<T>;

function datacenterOf(cluster: string, name: string, number: number, size: number): Datacenter {
  const nodes = Array.from({ length: size }, (_, i) => nodeOf(cluster, name, number * size + i));
  return { name, cluster, nodes, unready: null };
}

function nodeOf(cluster: string, datacenter: string, i: number): Node {
  const address = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  return {
    name: `${cluster}-${datacenter}-rack-sts-${i}`,
    cluster,
    datacenter,
    rack: `rack${i % 3}`,
    address,
    cqlEndpoint: `${address}:9042`,
    volume: '/var/lib/cassandra',
    dataDirectories: ['/var/lib/cassandra/data'],
    managementUrl: `http://${address}:8080`,
  };
}

function memberOf(node: Node, i: number): RingMember {
  return {
    cluster: node.cluster,
    datacenter: node.datacenter,
    rack: node.rack,
    address: node.address,
    hostId: `00000000-0000-0000-0000-${String(i).padStart(12, '0')}`,
    tokens: Array.from({ length: TOKENS }, (_, t) => String(i * TOKENS + t)),
    releaseVersion: '5.0.6',
    schemaVersion: SCHEMA_VERSION,
    status: 'NORMAL',
    alive: true,
    local: i === 0,
  };
}

function control(soon: Soon, members: ReadonlyMap<string, readonly RingMember[]>): NodeControl {
  const ring = (node: Node) => members.get(node.cluster) ?? [];
  return {
    isReady: () => soon(true),
    endpoints: (node) => soon(ring(node)),
    schemaVersions: (node) => soon(new Map([[SCHEMA_VERSION, ring(node).map((m) => m.address)]])),
    flush: () => soon(undefined),
    takeSnapshot: () => soon('done'),
    clearSnapshot: () => soon('done'),
    refresh: () => soon('done'),
    cleanUp: () => soon(undefined),
    truncateHints: () => soon(undefined),
  };
}

const tableName = (i: number) => `table_${i}`;

function session(soon: Soon, ids: readonly string[]): CqlSession {
  const statements = [
    "CREATE KEYSPACE many WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '3'};",
    ...ids.map(
      (id, i) =>
        `CREATE TABLE many.${tableName(i)} (\n    id int PRIMARY KEY,\n    value text\n) WITH ID = ${id}\n    AND comment = '';`,
    ),
  ];
  return {
    describeSchema: () => soon(statements),
    tableIds: () => soon(new Map(ids.map((id, i) => [`many.${tableName(i)}`, id]))),
    permissions: () => soon([]),
    roles: () => soon([]),
    schemaSettings: () => soon({ release: '5.0.6', off: new Set(), memtables: null }),
    builtViews: () => soon(new Set()),
    writes: () => soon(new Map(ids.map((_, i) => [`many.${tableName(i)}`, 1]))),
    batches: () => soon({ count: 0, newest: '' }),
    indexBuilds: () => soon(new Map()),
    paxosTables: () => soon(new Set()),
    logDirectories: () => soon(new Map()),
    isFlushing: () => soon(false),
    peers: () => soon(new Map()),
    gossipGeneration: () => soon(1),
    truncations: () => soon(new Map(ids.map((id) => [id.replaceAll('-', ''), '00'.repeat(20)]))),
    change: () => soon(undefined),
    truncate: () => soon(undefined),
    isEmpty: () => soon(true),
    close: () => soon(undefined),
  };
}

function volumes(soon: Soon, directory: string, ids: readonly string[]): Volumes {
  const home = (node: Node) => join(directory, node.name);
  const put = (node: Node, name: string, text: string) => {
    mkdirSync(home(node), { recursive: true });
    writeFileSync(join(home(node), name), text);
  };
  const text = (node: Node, name: string) => {
    try {
      return readFileSync(join(home(node), name), 'utf8');
    } catch {
      return '';
    }
  };
  return {
    survey: async (node) => {
      const marker = text(node, 'complete');
      const tag = marker === '' ? undefined : (JSON.parse(marker) as { tag: string }).tag;
      const backups = tag === undefined ? [] : [{ tag, complete: true, marker, journal: null, cold: null }];
      const nothing = {
        snapshots: [],
        automatic: [],
        restored: null,
        closed: null,
        attempts: [],
        tables: null,
      };
      return soon({ backups, ...nothing, freeBytes: 1e12 });
    },
    read: (node) =>
      soon({
        manifest: text(node, 'backup.json'),
        marker: text(node, 'complete'),
        schema: text(node, 'schema.cql'),
        parts: ids.map(partOf),
        highestLinkedGeneration: 0,
        linkedFiles: 0,
      }),
    checksums: (_node, paths) => soon(paths.map(() => '1')),
    write: async (node, _tag, { schema, manifest }) => {
      put(node, 'schema.cql', schema);
      put(node, 'backup.json', manifest);
      await soon(undefined);
    },
    complete: async (node, _tag, marker) => soon(put(node, 'complete', marker)),
    snapshotProgress: () =>
      soon({ files: 1, whole: new Set(ids.map((id) => id.replaceAll('-', ''))), changedAt: 0 }),
    invalidate: async (node) => soon(rmSync(join(home(node), 'complete'), { force: true })),
    remove: async (node) => soon(rmSync(home(node), { recursive: true, force: true })),
    writeNote: () => soon(undefined),
    removeNotes: () => soon(undefined),
    begin: () => soon(undefined),
    link: () => soon([]),
    notLoaded: () => soon(new Map()),
    writeJournal: () => soon(undefined),
    beginTables: () => soon(undefined),
    stagedFiles: () => soon(new Map()),
    readSegments: () => soon(Buffer.alloc(0)),
    stage: () => soon(undefined),
    carry: () => soon(undefined),
    syncStaged: () => soon(undefined),
    finishTables: () => soon(undefined),
    removeRehearsals: () => soon(undefined),
    finish: async (node) => soon(rmSync(home(node), { recursive: true, force: true })),
  };
}

function partOf(id: string, i: number): SnapshotPart {
  const files = Array.from({ length: SSTABLES }, (_, s) =>
    COMPONENTS.map((component) => ({
      name: `nb-${s + 1}-big-${component}`,
      bytes: 1000 + s,
      ...(component === 'Data.db' ? { crc: '1' } : {}),
    })),
  );
  return { directory: `data/many/${tableName(i)}-${id.replaceAll('-', '')}`, files: files.flat() };
}
