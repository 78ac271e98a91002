/** One CQL statement with the values of its markers, as cassandra-driver takes them. */
export interface Write {
  readonly cql: string;
  readonly params: readonly unknown[];
}

/** What happens to a table between two flushes: first its DDL, then its writes. */
export interface Step {
  readonly alter?: readonly string[];
  readonly writes: readonly Write[];
}

export interface DatasetTable {
  readonly keyspace: string;
  readonly name: string;
  /** What would be lost if a restore handled this table wrongly. */
  readonly proves: string;
  /** CREATE TABLE and what hangs on it: indexes, views. In this order. */
  readonly definition: readonly string[];
  /** The first is flushed; the second is flushed where `flushed` says so; the third stays in memtables. */
  readonly steps: readonly Step[];
  /** Flushed after the second step too, so that the table has several SSTables on every replica. */
  readonly flushed: boolean;
  /** Compacted into one after that flush. */
  readonly compacted: boolean;
  /** Queries that an index or a function answers: a scan of the table would not show that it is broken. */
  readonly questions: readonly Write[];
}

export interface DatasetKeyspace {
  readonly name: string;
  readonly proves: string;
  readonly replication: string;
  /** Types, functions and aggregates, in an order in which each uses only earlier ones. */
  readonly definition: readonly string[];
  readonly tables: readonly DatasetTable[];
}

/** A schema with its data: pure values, the same for the same arguments. */
export interface Dataset {
  readonly keyspaces: readonly DatasetKeyspace[];
  /** Roles and grants; they name objects of the keyspaces, so they come last. */
  readonly roles: readonly string[];
}

/** Names are always quoted: the test schema is full of names that need it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function simple(factor: number): string {
  return `{'class': 'SimpleStrategy', 'replication_factor': ${factor}}`;
}

export function networkTopology(datacenter: string, factor: number): string {
  return `{'class': 'NetworkTopologyStrategy', '${datacenter.replaceAll("'", "''")}': ${factor}}`;
}

export interface TableParts {
  readonly proves: string;
  /** What stands in the parentheses of CREATE TABLE. */
  readonly columns: string;
  /** What stands behind WITH. */
  readonly options?: string;
  /** Indexes and views. */
  readonly extras?: readonly string[];
  readonly steps?: readonly Step[];
  readonly flushed?: boolean;
  readonly compacted?: boolean;
  readonly questions?: readonly Write[];
}

export function table(target: Target, parts: TableParts): DatasetTable {
  const options = parts.options === undefined ? '' : ` WITH ${parts.options}`;
  return {
    keyspace: target.keyspace,
    name: target.name,
    proves: parts.proves,
    definition: [`CREATE TABLE ${target.cql} (${parts.columns})${options}`, ...(parts.extras ?? [])],
    steps: parts.steps ?? [],
    flushed: parts.flushed ?? false,
    compacted: parts.compacted ?? false,
    questions: parts.questions ?? [],
  };
}

/** A table's name, and the statements that write to it. */
export interface Target {
  readonly keyspace: string;
  readonly name: string;
  readonly cql: string;
  readonly insert: (row: Row, ttlSeconds?: number) => Write;
  readonly update: (set: Row, where: Row, ttlSeconds?: number) => Write;
  /** Deletes rows, or only the named columns of them. */
  readonly remove: (where: Row, columns?: readonly string[]) => Write;
  /** Anything else; `TABLE` in the text becomes the table's name. */
  readonly write: (cql: string, ...params: readonly unknown[]) => Write;
}

export type Row = Readonly<Record<string, unknown>>;

export function target(keyspace: string, name: string): Target {
  const cql = `${quoted(keyspace)}.${quoted(name)}`;
  return {
    keyspace,
    name,
    cql,
    insert: (row, ttlSeconds) => insert(cql, row, ttlSeconds),
    update: (set, where, ttlSeconds) => ({
      cql: `UPDATE ${cql}${usingTtl(ttlSeconds)} SET ${assignments(set, ', ')} WHERE ${assignments(where, ' AND ')}`,
      params: [...Object.values(set), ...Object.values(where)],
    }),
    remove: (where, columns = []) => ({
      cql: `DELETE ${columns.map(quoted).join(', ')} FROM ${cql} WHERE ${assignments(where, ' AND ')}`,
      params: Object.values(where),
    }),
    write: (text, ...params) => ({ cql: text.replace('TABLE', () => cql), params }),
  };
}

function insert(cql: string, row: Row, ttlSeconds: number | undefined): Write {
  const names = Object.keys(row);
  const markers = names.map(() => '?').join(', ');
  return {
    cql: `INSERT INTO ${cql} (${names.map(quoted).join(', ')}) VALUES (${markers})${usingTtl(ttlSeconds)}`,
    params: Object.values(row),
  };
}

function usingTtl(seconds: number | undefined): string {
  return seconds === undefined ? '' : ` USING TTL ${seconds}`;
}

function assignments(row: Row, separator: string): string {
  return Object.keys(row)
    .map((name) => `${quoted(name)} = ?`)
    .join(separator);
}

/** `count` values of `make`, called with 0, 1, 2, … */
export function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
