import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Datacenter, Node, RingMember } from '../../../src/domain/cluster/topology.ts';
import type { Repairs } from '../../../src/domain/sstables/repairs.ts';
import type { NodeShell } from '../../../src/ports/node-shell.ts';
import { hostIdOf as hostIdFor } from '../../host-id.ts';
import { Cassandra, type ClusterState, emptyNode, plainId, type TableOnDisk } from './cassandra.ts';
import { HollowCassandra } from './hollow.ts';
import { carryOut, type Made, type SchemaState } from './schema-text.ts';
import { newest } from './sstables.ts';

const RELEASE = '5.0.6';
/** How long a pod is away that is restarted, milliseconds. */
const AWAY_MS = 20_000;
const idOf = (serial: number) => `${String(serial).padStart(8, '0')}-c7b1-11f0-8f0c-000000000000`;
/** What a node cannot be itself without. */
const SYSTEM: readonly TableOnDisk[] = [
  'system.local',
  'system_schema.keyspaces',
  'system_schema.tables',
  'system_schema.columns',
  'system.peers_v2',
  'system.paxos',
].map((key, i) => ({ keyspace: key.split('.')[0] ?? '', name: key.split('.')[1] ?? '', id: idOf(i + 1) }));
const SCHEMA_TABLE = SYSTEM[2] as TableOnDisk;
/** Outcomes of lightweight transactions: see paxos.ts. */
export const PAXOS = SYSTEM[5] as TableOnDisk;

/** Datacenters of one cluster with the number of their nodes. Each row is on every node, as where the replication factor is that. */
export type Layout = Readonly<Record<string, number>>;

/** What a cluster may have unlike most. */
export interface Setup {
  readonly cluster?: string;
  /** By datacenter, where they are in several. */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** Below a node's volume. */
  readonly dataDirectories?: readonly string[];
  /** Incremental repairs that a node keeps when it is asked. */
  readonly repairs?: (node: string) => Repairs;
  /** Runs the scripts by processes, where it is not to be simulated. */
  readonly shell?: NodeShell;
  /** Nodes without files of tables, for where there are very many: so many SSTables in each. */
  readonly hollow?: number;
}

/** A cluster whose volumes are directories below `home`; all else of it is plain data. */
export class Cluster {
  readonly home: string;
  state: ClusterState;
  readonly nodes: readonly Node[];
  readonly #layout: Layout;
  readonly setup: Setup;
  readonly #cassandras: ReadonlyMap<string, Cassandra>;

  constructor(home: string, layout: Layout, setup: Setup, state: ClusterState) {
    this.home = home;
    this.state = state;
    this.#layout = layout;
    this.setup = setup;
    const Kind = setup.hollow !== undefined ? HollowCassandra : Cassandra;
    const places = Object.entries(layout).flatMap(([dc, count]) =>
      Array.from({ length: count }, (_, i) => [dc, i] as const),
    );
    this.nodes = places.map(([dc, i]) => nodeOf(home, dc, i, setup));
    this.#cassandras = new Map(
      this.nodes.map(({ name, volume, dataDirectories }) => [
        name,
        new Kind(
          { volume, dataDirectories },
          () => this.state.nodes[name] ?? emptyNode(0),
          (own) => {
            this.state.nodes[name] = own;
          },
          () => this.state.nowMs,
        ),
      ]),
    );
  }

  /** Nodes that have never run, without a schema. */
  static make(home: string, layout: Layout, setup: Setup = {}): Cluster {
    const nowMs = Date.parse('2026-03-01T02:15:00Z');
    const schema: SchemaState = { objects: [], permissions: [] };
    const base = {
      nowMs,
      serial: 100,
      schema,
      roles: ['cassandra'],
      nodes: {},
      stopped: {},
      told: {},
      noted: {},
      rolling: [],
      leaseHolders: {},
      above: { known: null, kept: null },
      forbidden: null,
    };
    const cluster = new Cluster(home, layout, setup, base);
    // What every hollow node does is the same: one memory does for all of them.
    const hollow = emptyNode(Math.floor(nowMs / 1000));
    for (const node of cluster.nodes) {
      for (const d of ['commitlog', 'hints', 'saved_caches'].map((name) => join(node.volume, name)))
        mkdirSync(d, { recursive: true });
      for (const d of node.dataDirectories) mkdirSync(d, { recursive: true });
      cluster.state.nodes[node.name] = setup.hollow !== undefined ? hollow : structuredClone(hollow);
      for (const table of SYSTEM) {
        cluster.at(node).create(table);
        cluster.at(node).keep(table, 'id', hostIdOf(node));
      }
    }
    return cluster;
  }

  at({ name }: Pick<Node, 'name'>): Cassandra {
    const cassandra = this.#cassandras.get(name);
    if (cassandra === undefined) throw new Error(`There is no node ${name}.`);
    return cassandra;
  }

  /** All tables, system tables included, in the order in which nodes go through them. */
  get tables(): readonly TableOnDisk[] {
    return [
      ...SYSTEM,
      ...this.state.schema.objects.flatMap((o) => (o.id === undefined ? [] : [{ ...o, id: o.id }])),
    ];
  }

  get userTables(): readonly TableOnDisk[] {
    return this.tables.slice(SYSTEM.length);
  }

  table(keyspace: string, name: string): TableOnDisk {
    const table = this.tables.find((t) => t.keyspace === keyspace && t.name === name);
    if (table === undefined) throw new Error(`There is no table ${keyspace}.${name}.`);
    return table;
  }

  get schemaVersion(): string {
    const { objects } = this.state.schema;
    return createHash('md5').update(JSON.stringify(objects)).digest('hex');
  }

  change(statement: string): void {
    const { created, dropped } = carryOut(this.state.schema, statement, () => idOf(++this.state.serial));
    const schema = JSON.stringify(this.state.schema);
    const tables = (made: readonly Made[]) =>
      made.flatMap((m) => (m.id === undefined ? [] : [{ ...m, id: m.id }]));
    for (const node of this.nodes) {
      for (const made of tables(created)) this.at(node).create(made);
      for (const gone of tables(dropped)) this.at(node).drop(gone);
      this.#buildViews(node, created);
      this.at(node).keep(SCHEMA_TABLE, 'schema', schema);
    }
  }

  /** As every change of a keyspace and every start does with its views. */
  #buildViews(node: Node, created: readonly Made[] = []): void {
    for (const { id, keyspace, base, ...view } of this.state.schema.objects) {
      if (view.kind !== 'view' || id === undefined || base === undefined) continue;
      const isNew = created.some((c) => c.id === id);
      this.at(node).build({ id, keyspace, name: view.name }, this.table(keyspace, base), isNew);
    }
  }

  write(keyspace: string, name: string, key: string, value: string | null): void {
    this.state.nowMs += 1;
    for (const node of this.nodes) this.writeOn(node, keyspace, name, key, value);
  }

  /** On one replica, as while the others have not got it yet. */
  writeOn(node: Node, keyspace: string, name: string, key: string, value: string | null): void {
    this.at(node).write(this.table(keyspace, name), key, value, this.viewsOf(keyspace, name));
  }

  viewsOf(keyspace: string, base: string): readonly TableOnDisk[] {
    const isOf = (o: Made) => o.kind === 'view' && o.keyspace === keyspace && o.base === base;
    return this.state.schema.objects.flatMap((o) =>
      isOf(o) && o.id !== undefined ? [{ ...o, id: o.id }] : [],
    );
  }

  /** A view is truncated with its table. */
  truncate(node: Node, table: TableOnDisk): void {
    for (const t of [table, ...this.viewsOf(table.keyspace, table.name)]) this.at(node).truncate(t);
  }

  /** Files of hints that nodes keep for others: by node name, and then by name of that other one. */
  readonly hints = new Map<string, ReadonlyMap<string, number>>();
  /** Called when a node has taken the snapshot of a table. */
  afterSnapshotOf: (node: Node, table: TableOnDisk) => void = () => {};

  flush(node: Node): void {
    for (const table of this.tables) this.at(node).flush(table);
  }

  /**
   * What keeps datacenters as they are declared starts those that are stopped, and with `back` lets go of them again. Nodes whose volumes
   * may be started run together, and what one has written newer the others get.
   */
  startByOthers(back: boolean): void {
    const { stopped, told } = this.state;
    const before = { ...stopped };
    for (const name of Object.keys(before)) {
      delete stopped[name];
      told[name] = (told[name] ?? 0) + 1;
    }
    const up = this.nodes.filter((n) => before[n.datacenter] !== undefined && !isGuarded(n));
    this.restart(up);
    for (const table of up.length < 2 ? [] : this.userTables) {
      const rows = newest(up.flatMap((n) => [...this.at(n).newest(table).values()]));
      for (const node of up) for (const row of rows.values()) this.at(node).take(table, row);
    }
    if (!back) return;
    for (const name of Object.keys(before)) told[name] = (told[name] ?? 0) + 1;
    Object.assign(stopped, before);
  }

  /** An operator restarts the pods of all nodes that run, one after the other: each goes on where it was, and is away for a while. */
  roll(): void {
    const running = this.nodes.filter((n) => !this.isStopped(n));
    this.state.rolling = running.map(({ name: node }) => ({ node, until: this.state.nowMs + AWAY_MS }));
  }

  /** Whether its pod is being restarted. */
  isAway({ name }: Pick<Node, 'name'>): boolean {
    return this.rolling[0]?.node === name;
  }

  /** Nodes that are to be restarted, by now. */
  get rolling(): ClusterState['rolling'] {
    const { state } = this;
    const inTurn = () => state.rolling.filter(({ node }) => !this.isStopped(this.#node(node)));
    for (state.rolling = inTurn(); (state.rolling[0]?.until ?? Infinity) <= state.nowMs; ) {
      const [back, ...others] = state.rolling;
      this.restart([this.#node(back?.node ?? '')]);
      state.rolling = others.map(({ node }) => ({ node, until: state.nowMs + AWAY_MS }));
    }
    return state.rolling;
  }

  #node(name: string): Node {
    const node = this.nodes.find((n) => n.name === name);
    if (node === undefined) throw new Error(`There is no node ${name}.`);
    return node;
  }

  isStopped({ datacenter }: Pick<Node, 'datacenter'>): boolean {
    return this.state.stopped[datacenter] !== undefined;
  }

  /** Start these nodes anew: memtables are gone, commit logs are replayed, and the schema is what runs already or what the disks say. */
  restart(which: readonly Node[] = this.nodes): void {
    this.state.nowMs += 60_000;
    for (const node of which) this.at(node).start(SYSTEM);
    const known = which.map((node) => this.at(node).rows(SCHEMA_TABLE).get('schema') ?? '').filter(Boolean);
    const newest = known.at(-1);
    const running = this.nodes.some((n) => !which.includes(n) && !this.isStopped(n));
    if (newest !== undefined && !running) this.state.schema = JSON.parse(newest) as SchemaState;
    this.state.nowMs += 1000;
    for (const node of which) {
      this.at(node).start(this.tables);
      this.#buildViews(node);
    }
  }

  /** What clients read, by node and table. */
  get rows(): Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> {
    const of = (node: Node) =>
      Object.fromEntries(
        this.userTables.map((t) => [`${t.keyspace}.${t.name}`, Object.fromEntries(this.at(node).rows(t))]),
      );
    return Object.fromEntries(this.nodes.map((node) => [node.name, of(node)]));
  }

  get datacenters(): readonly Datacenter[] {
    return Object.keys(this.#layout).map((name) => {
      const stage = this.state.stopped[name];
      return {
        ...{
          name,
          cluster: this.setup.cluster ?? 'c',
          nodes: this.nodes.filter((n) => n.datacenter === name),
        },
        unready: this.#unready(stage),
        ...(stage === undefined || stage === null ? {} : { coldRestore: stage }),
        ...(stage === undefined && this.state.noted[name] !== undefined
          ? { startedByOthers: true as const }
          : {}),
      };
    });
  }

  #unready(stage: ClusterState['stopped'][string] | undefined): Datacenter['unready'] {
    if (stage !== undefined) return { reason: 'is stopped', passing: false };
    return this.rolling.length === 0 ? null : { reason: 'is being updated', passing: true, atWork: true };
  }

  members(): readonly RingMember[] {
    const { schemaVersion } = this;
    return this.nodes.map((node) => ({
      ...{ cluster: node.cluster, datacenter: node.datacenter, rack: 'r', address: node.address },
      ...{ hostId: hostIdOf(node), tokens: [node.name], releaseVersion: RELEASE },
      ...{
        schemaVersion,
        status: 'NORMAL',
        alive: !this.isStopped(node) && !this.isAway(node),
        local: false,
      },
    }));
  }

  tableIds(): ReadonlyMap<string, string> {
    return new Map(this.userTables.map((t) => [`${t.keyspace}.${t.name}`, t.id]));
  }

  truncations(node: Node): ReadonlyMap<string, string> {
    const truncated = this.state.nodes[node.name]?.truncated ?? {};
    return new Map(Object.entries(truncated).map(([id, at]) => [id, at.toString(16)]));
  }

  writes(node: Node): ReadonlyMap<string, number> {
    const counts = this.state.nodes[node.name]?.writes ?? {};
    return new Map(this.userTables.map((t) => [`${t.keyspace}.${t.name}`, counts[plainId(t)] ?? 0]));
  }

  /** A file that is neither a table's nor kassette's. */
  putFile(node: Node, path: string, text: string): void {
    mkdirSync(join(node.volume, path, '..'), { recursive: true });
    writeFileSync(join(node.volume, path), text);
  }

  hasFile(node: Node, path: string): boolean {
    return existsSync(join(node.volume, path));
  }

  readFile(node: Node, path: string): string {
    return readFileSync(join(node.volume, path), 'utf8');
  }
}

/** Cassandra does not start where its commit log is no directory. */
const isGuarded = ({ volume }: Node) =>
  statSync(join(volume, 'commitlog'), { throwIfNoEntry: false })?.isFile() === true;

export const hostIdOf = ({ name }: Pick<Node, 'name'>) => hostIdFor(name);

function nodeOf(
  home: string,
  datacenter: string,
  i: number,
  { cluster = 'c', dataDirectories = ['data'] }: Setup,
): Node {
  const name = i === 0 ? `n-${datacenter}` : `n-${datacenter}-${i}`;
  const volume = join(home, name);
  return {
    ...{ name, cluster, datacenter, rack: 'r', address: name, cqlEndpoint: '' },
    ...{ volume, dataDirectories: dataDirectories.map((d) => join(volume, d)), managementUrl: '' },
  };
}
