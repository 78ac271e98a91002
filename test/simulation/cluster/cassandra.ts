import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ColdStage, Node } from '../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import type { Made, SchemaState } from './schema-text.ts';
import {
  merged,
  newest,
  type Row,
  readSstable,
  sstableName,
  sstablesIn,
  takeIn,
  writeSstable,
} from './sstables.ts';

/** What one Cassandra process has in its memory, by table id without hyphens where it is about a table. */
export interface NodeState {
  /** When it was started, in seconds. */
  gossipGeneration: number;
  memtables: Record<string, Row[]>;
  /** SSTables that it reads; what else lies in a table's directory it does not know. */
  live: Record<string, string[]>;
  nextGeneration: Record<string, number>;
  /** How often it has written to a table since it started. */
  writes: Record<string, number>;
  /** When a table was emptied last. */
  truncated: Record<string, number>;
  /** Views, `keyspace.name`, that count as built here. */
  built: string[];
  /** Tags of snapshots that it is making. */
  snapshotting: string[];
  /** Whether its commit log lies beside its volume. */
  logsOutside: boolean;
}

/** All of a cluster that does not lie in its volumes; plain data, so that a moment of it can be kept and gone back to. */
export interface ClusterState {
  nowMs: number;
  /** Of ids that were handed out. */
  serial: number;
  schema: SchemaState;
  roles: string[];
  nodes: Record<string, NodeState>;
  /** Datacenters that were told to stop, with kassette's note on them. */
  stopped: Record<string, ColdStage | null>;
  /** How often it was told to stop or to run, by datacenter, and how often when kassette noted that. */
  told: Record<string, number>;
  noted: Record<string, number>;
  /** Nodes whose pods are to be restarted one after the other; the first one is away until then. */
  rolling: { readonly node: string; readonly until: number }[];
  /** By namespace whoever took its lease and has not released it. */
  leaseHolders: Record<string, number>;
  /** Of the K8ssandraCluster above: datacenters in its status, null for all, and what a backup has kept of it. */
  above: {
    known: readonly string[] | null;
    kept: { readonly tag: string; readonly text: string } | null;
  };
  /** Begin of the statements that the configuration does not allow; null: it allows all. */
  forbidden: string | null;
}

export function emptyNode(gossipGeneration: number): NodeState {
  return {
    ...{ gossipGeneration, memtables: {}, live: {}, nextGeneration: {} },
    ...{ writes: {}, truncated: {}, built: [], snapshotting: [], logsOutside: false },
  };
}

/** A table as a node finds it on its disk. */
export type TableOnDisk = Pick<Made, 'keyspace' | 'name'> & { readonly id: string };

export const plainId = ({ id }: Pick<TableOnDisk, 'id'>) => id.replaceAll('-', '');

/** One Cassandra process and its volume: real files, of which it reads those that it knows. */
export class Cassandra {
  readonly volume: string;
  readonly #dataDirectories: readonly string[];
  readonly #state: () => NodeState;
  readonly #replace: (state: NodeState) => void;
  readonly #now: () => number;

  constructor(
    { volume, dataDirectories }: Pick<Node, 'volume' | 'dataDirectories'>,
    state: () => NodeState,
    replace: (state: NodeState) => void,
    now: () => number,
  ) {
    this.volume = volume;
    this.#dataDirectories = dataDirectories;
    this.#state = state;
    this.#replace = replace;
    this.#now = now;
  }

  /** A table has all of its files in one data directory: those of the system in the first, those of users in the last. */
  directory(table: TableOnDisk): string {
    const data = this.#dataDirectories.at(table.keyspace.startsWith('system') ? 0 : -1) ?? this.volume;
    return join(data, table.keyspace, `${table.name}-${plainId(table)}`);
  }

  create(table: TableOnDisk): void {
    mkdirSync(this.directory(table), { recursive: true });
  }

  /** To the commit log and into a memtable; and what views of the table show. */
  write(table: TableOnDisk, key: string, value: string | null, views: readonly TableOnDisk[] = []): void {
    const old = views.length === 0 ? null : (this.rows(table).get(key) ?? null);
    this.#write(table, key, value);
    for (const view of views) this.#follow(view, key, [old, value]);
  }

  #write(table: TableOnDisk, key: string, value: string | null): void {
    this.take(table, { key, value, at: this.#now() });
  }

  /** A row as another node has it. */
  take(table: TableOnDisk, row: Row): void {
    const state = this.#state();
    const id = plainId(table);
    state.memtables[id] = [...(state.memtables[id] ?? []), row];
    state.writes[id] = (state.writes[id] ?? 0) + 1;
    appendFileSync(this.#log, `${JSON.stringify({ id, row })}\n`);
  }

  get logDirectory(): string {
    return join(this.#state().logsOutside ? `${this.volume}-logs` : this.volume, 'commitlog');
  }

  get #log(): string {
    return join(this.logDirectory, 'CommitLog-7-1.log');
  }

  /** All is flushed, and the log is another one from the next start on. */
  moveLogs(outside: boolean): void {
    rmSync(this.#log, { force: true });
    this.#state().logsOutside = outside;
    mkdirSync(this.logDirectory, { recursive: true });
    rmSync(this.#log, { force: true });
  }

  /** What of one row a view shows, where a row of its table changes: value and key are its key. */
  #follow(view: TableOnDisk, key: string, [old, value]: readonly [string | null, string | null]): void {
    if (old === value) return;
    if (old !== null) this.#write(view, `${old}/${key}`, null);
    if (value !== null) this.#write(view, `${value}/${key}`, key);
  }

  /** Whether a view of that name counts as built, as in `system.built_views`. */
  countAsBuilt({ keyspace, name }: Pick<TableOnDisk, 'keyspace' | 'name'>, built: boolean): void {
    const state = this.#state();
    state.built = state.built.filter((view) => view !== `${keyspace}.${name}`);
    if (built) state.built.push(`${keyspace}.${name}`);
  }

  /**
   * From what is in its table, if it does not count as built.
   * @param isNew other nodes may acknowledge a row that they cannot keep yet, and it is lost
   */
  build(view: TableOnDisk, table: TableOnDisk, isNew: boolean): void {
    if (this.#state().built.includes(`${view.keyspace}.${view.name}`)) return;
    for (const [key, value] of [...this.rows(table)].slice(isNew ? 1 : 0))
      this.#follow(view, key, [null, value]);
    this.countAsBuilt(view, true);
  }

  flush(table: TableOnDisk): void {
    const state = this.#state();
    const rows = state.memtables[plainId(table)] ?? [];
    delete state.memtables[plainId(table)];
    if (rows.length > 0) this.#add(table, rows);
  }

  #add(table: TableOnDisk, rows: readonly Row[]): void {
    const name = sstableName(this.#next(table));
    writeSstable(this.directory(table), name, rows);
    const { live } = this.#state();
    live[plainId(table)] = [...(live[plainId(table)] ?? []), name];
  }

  /** A system table is written at once, and its older SSTables go: what is compacted away is deleted. */
  keep(table: TableOnDisk, key: string, value: string): void {
    const id = plainId(table);
    const older = this.#state().live[id] ?? [];
    this.#add(table, [{ key, value, at: this.#now() }]);
    for (const sstable of older) this.#removeSstable(table, sstable);
    this.#state().live[id] = (this.#state().live[id] ?? []).filter((s) => !older.includes(s));
  }

  #next(table: TableOnDisk): number {
    const { nextGeneration } = this.#state();
    const next = nextGeneration[plainId(table)] ?? 1;
    nextGeneration[plainId(table)] = next + 1;
    return next;
  }

  #removeSstable(table: TableOnDisk, sstable: string): void {
    for (const name of sstablesIn(this.directory(table)).get(sstable) ?? [])
      rmSync(join(this.directory(table), name), { force: true });
  }

  /** What a read answers. */
  rows(table: TableOnDisk): ReadonlyMap<string, string> {
    return merged(this.#written(table));
  }

  /** The newest of each key, deletions among them. */
  newest(table: TableOnDisk): ReadonlyMap<string, Row> {
    return newest(this.#written(table));
  }

  #written(table: TableOnDisk): readonly Row[] {
    const state = this.#state();
    const onDisk = (state.live[plainId(table)] ?? []).flatMap((s) => readSstable(this.directory(table), s));
    return [...onDisk, ...(state.memtables[plainId(table)] ?? [])];
  }

  /** All SSTables to one. */
  compact(table: TableOnDisk): void {
    this.flush(table);
    const { live } = this.#state();
    const older = live[plainId(table)] ?? [];
    if (older.length < 2) return;
    this.#add(table, [...this.newest(table).values()]);
    for (const sstable of older) this.#removeSstable(table, sstable);
    live[plainId(table)] = (live[plainId(table)] ?? []).filter((s) => !older.includes(s));
  }

  hasSnapshot(tables: readonly TableOnDisk[], tag: string): boolean {
    return tables.some((t) => existsSync(join(this.directory(t), 'snapshots', tag)));
  }

  /** Of one table: hard links to its live files and to all of its indexes, Cassandra's own manifest.json at the end. */
  snapshot(table: TableOnDisk, tag: string): void {
    this.flush(table);
    const directory = join(this.directory(table), 'snapshots', tag);
    mkdirSync(directory, { recursive: true });
    const sstables = sstablesIn(this.directory(table));
    const files = (this.#state().live[plainId(table)] ?? []).flatMap((s) => sstables.get(s) ?? []);
    for (const name of files) linkSync(join(this.directory(table), name), join(directory, name));
    for (const index of readdirSync(this.directory(table)).filter((name) => name.startsWith('.'))) {
      mkdirSync(join(directory, index));
      for (const name of readdirSync(join(this.directory(table), index)))
        linkSync(join(this.directory(table), index, name), join(directory, index, name));
    }
    writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ files }));
    utimesSync(directory, this.#now() / 1000, this.#now() / 1000);
  }

  clearSnapshot(tag: string): void {
    for (const path of this.snapshotsOf(tag)) rmSync(path, { recursive: true });
  }

  /** Directories of all tables' snapshots of that name, of tables that are gone as well. */
  snapshotsOf(tag: string): readonly string[] {
    const below = (path: string) => readdirSync(path).map((name) => join(path, name));
    return this.#dataDirectories
      .flatMap(below)
      .flatMap(below)
      .map((table) => join(table, 'snapshots', tag))
      .filter((path) => existsSync(path));
  }

  /** Only what it knows goes; a snapshot of it stays, as always. */
  truncate(table: TableOnDisk): void {
    this.#emptied(table, `truncated-${this.#now()}-${table.name}`);
    this.#state().truncated[plainId(table)] = this.#now();
  }

  drop(table: TableOnDisk): void {
    this.#emptied(table, `dropped-${this.#now()}-${table.name}`);
    this.countAsBuilt(table, false);
    for (const record of ['nextGeneration', 'writes', 'truncated'] as const)
      delete this.#state()[record][plainId(table)];
  }

  #emptied(table: TableOnDisk, snapshot: string): void {
    const state = this.#state();
    this.flush(table);
    if ((state.live[plainId(table)] ?? []).length > 0) this.snapshot(table, snapshot);
    for (const sstable of state.live[plainId(table)] ?? []) this.#removeSstable(table, sstable);
    delete state.live[plainId(table)];
  }

  /** What a load would take in, in order. */
  unknown(table: TableOnDisk): readonly string[] {
    const known = this.#state().live[plainId(table)] ?? [];
    return [...sstablesIn(this.directory(table)).keys()].filter((s) => !known.includes(s));
  }

  load(table: TableOnDisk, sstable: string): void {
    const components = sstablesIn(this.directory(table)).get(sstable) ?? [];
    if (components.length === 0) return;
    if (!components.some((c) => c.endsWith('-Data.db')))
      throw new KassetteError(
        'NODE_OPERATION',
        `${sstable} of ${table.name} has no Data.db`,
        'Look at the log.',
      );
    const generation = this.#next(table);
    takeIn(this.directory(table), components, generation);
    const { live } = this.#state();
    live[plainId(table)] = [...(live[plainId(table)] ?? []), sstableName(generation)];
  }

  /**
   * Come up on what is on the disk: every SSTable there is read, and the commit log replayed.
   * @param tables those of the schema that it finds there
   */
  start(tables: readonly TableOnDisk[]): void {
    const { truncated, built, logsOutside } = this.#state();
    const state = { ...emptyNode(Math.floor(this.#now() / 1000)), truncated, built, logsOutside };
    this.#replace(state);
    for (const table of tables) {
      this.create(table);
      const whole = [...sstablesIn(this.directory(table))].filter(([, files]) =>
        files.some((f) => f.endsWith('-Data.db')),
      );
      const generations = whole.map(([name]) => Number(name.split('-')[1]));
      state.live[plainId(table)] = whole.map(([name]) => name);
      state.nextGeneration[plainId(table)] = Math.max(0, ...generations) + 1;
    }
    // A segment is there as soon as it runs, before anything is written.
    appendFileSync(this.#log, '');
    const log = readFileSync(this.#log, 'utf8');
    for (const line of log.split('\n').filter(Boolean)) {
      const { id, row } = JSON.parse(line) as { id: string; row: Row };
      const table = tables.find((t) => plainId(t) === id);
      if (table === undefined || row.at <= (truncated[id] ?? 0)) continue;
      state.memtables[id] = [...(state.memtables[id] ?? []), row];
    }
  }
}
