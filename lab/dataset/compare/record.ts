import { type Client, type Host, types } from 'cassandra-driver';
import pMap from 'p-map';
import { quoted } from '../model.ts';
import { canonicalValue } from './canonical.ts';
import { type Column, isKey, type ReadableTable, readableTables } from './columns.ts';

/** All cells of some tables at one moment; plain JSON. */
export interface DataRecord {
  /** By quoted name: `"keyspace"."table"`. */
  readonly tables: Readonly<Record<string, TableRecord>>;
}

export interface TableRecord {
  /** The columns' names: first those of the key, then the others. */
  readonly columns: readonly string[];
  readonly keyColumns: number;
  /** By the key's columns as `name=value, name=value`. */
  readonly rows: Readonly<Record<string, RowRecord>>;
}

export interface RowRecord {
  /** Canonical texts of all columns, in the order of `columns`. */
  readonly values: readonly string[];
  /** WRITETIME, in microseconds, of the columns after the key; for a multi-cell column of each element or field. */
  readonly written: readonly string[];
  /** When cells expire, in seconds since 1970, of columns that have a TTL; of a collection the first and the last. */
  readonly expires?: Readonly<Record<string, readonly (number | null)[]>>;
  /** By how many seconds these may be too early, where that is more than one: the node was slow to answer. */
  readonly early?: number;
}

export interface RecordOptions {
  /** Tables and views to read; all of the users' without it. */
  readonly include?: (keyspace: string, table: string) => boolean;
  /** ALL without it. */
  readonly consistency?: types.consistencies;
  /** The coordinator of all reads; any without it. */
  readonly host?: Host;
  /** Tables read at a time. */
  readonly concurrency?: number;
}

/** Reads every row of the tables. Of collections and non-frozen types before 5.0 only the values: CQL tells no more. */
export async function recordData(client: Client, options: RecordOptions = {}): Promise<DataRecord> {
  const include = options.include ?? (() => true);
  const chosen = (await readableTables(client)).filter((table) => include(table.keyspace, table.name));
  const tables = await pMap(
    chosen,
    async (table) => [nameOf(table), await recordTable(client, table, options)] as const,
    { concurrency: options.concurrency ?? 8 },
  );
  return { tables: Object.fromEntries(tables) };
}

/** How many rows a record holds. */
export function rowsOf(record: DataRecord): number {
  return Object.values(record.tables).reduce((sum, table) => sum + Object.keys(table.rows).length, 0);
}

function nameOf(table: ReadableTable): string {
  return `${quoted(table.keyspace)}.${quoted(table.name)}`;
}

const PAGE = 1000;

async function recordTable(
  client: Client,
  table: ReadableTable,
  options: RecordOptions,
): Promise<TableRecord> {
  const rows: Record<string, RowRecord> = {};
  const query = `SELECT ${table.columns.flatMap(selectors).join(', ')} FROM ${nameOf(table)}`;
  let pageState: string | undefined;
  do {
    // TTL counts from the moment at which the coordinator begins a page, in whole seconds.
    const now = Math.floor(Date.now() / 1000);
    const page: types.ResultSet = await client.execute(query, [], {
      prepare: true,
      fetchSize: PAGE,
      consistency: options.consistency ?? types.consistencies.all,
      ...(options.host && { host: options.host }),
      ...(pageState && { pageState }),
    });
    const took = Math.floor(Date.now() / 1000) - now;
    for (const row of page.rows) {
      const [key, record] = recordRow(table.columns, row, { now, took });
      if (rows[key] !== undefined) throw new Error(`${nameOf(table)} has two rows of one key: ${key}`);
      rows[key] = record;
    }
    pageState = page.pageState ?? undefined;
  } while (pageState !== undefined);
  return {
    columns: table.columns.map((column) => column.name),
    keyColumns: table.columns.filter(isKey).length,
    rows,
  };
}

/** Under aliases, since a column may be called like a member of the driver's row. */
function selectors(column: Column, index: number): readonly string[] {
  return [
    `${quoted(column.name)} AS v${index}`,
    ...column.written.map((expression, part) => `${expression} AS w${index}_${part}`),
    ...column.ttls.map((expression, part) => `${expression} AS t${index}_${part}`),
  ];
}

/** @param asked when, in seconds since 1970, and how many later the answer was there */
function recordRow(
  columns: readonly Column[],
  row: types.Row,
  { now, took }: { readonly now: number; readonly took: number },
): readonly [string, RowRecord] {
  const values = columns.map((_, index) => canonicalValue(row[`v${index}`]));
  const key: string[] = [];
  const written: string[] = [];
  const expires: Record<string, readonly (number | null)[]> = {};
  columns.forEach((column, index) => {
    if (isKey(column)) {
      key.push(`${column.name}=${values[index]}`);
      return;
    }
    written.push(column.written.map((_, part) => canonicalValue(row[`w${index}_${part}`])).join(' '));
    const expiry = column.ttls.map((_, part) => expiryOf(row[`t${index}_${part}`], now));
    if (expiry.some((moment) => moment !== null)) expires[column.name] = expiry;
  });
  const record = { values, written };
  if (Object.keys(expires).length === 0) return [key.join(', '), record];
  return [key.join(', '), { ...record, expires, ...(took > 1 && { early: took }) }];
}

function expiryOf(ttl: unknown, now: number): number | null {
  return typeof ttl === 'number' ? now + ttl : null;
}
