import type { Client } from 'cassandra-driver';
import { quoted } from '../model.ts';
import { type CellTimes, columnTimes } from './times.ts';

export interface Column extends CellTimes {
  readonly name: string;
  readonly kind: 'partition_key' | 'clustering' | 'static' | 'regular';
}

/** A table or view as the database describes it now. */
export interface ReadableTable {
  readonly keyspace: string;
  readonly name: string;
  /** Partition key, clustering, static, regular; the last two by name. */
  readonly columns: readonly Column[];
}

/** The exact names: users' keyspaces may begin with `system` or contain it. */
const SYSTEM_KEYSPACES: ReadonlySet<string> = new Set([
  'system',
  'system_auth',
  'system_distributed',
  'system_schema',
  'system_traces',
  'system_views',
  'system_virtual_schema',
]);

/** All tables and views of users, those of one keyspace together. */
export async function readableTables(client: Client): Promise<readonly ReadableTable[]> {
  const release = await releaseOf(client);
  const types = await userTypes(client);
  const result = await client.execute(
    'SELECT keyspace_name, table_name, column_name, kind, position, type FROM system_schema.columns',
    [],
    { fetchSize: 50_000 },
  );
  const rows: readonly SchemaColumn[] = result.rows.map((row) => ({
    keyspace: row.get('keyspace_name'),
    table: row.get('table_name'),
    name: row.get('column_name'),
    kind: row.get('kind'),
    position: row.get('position'),
    type: row.get('type'),
  }));
  const byTable = Map.groupBy(
    rows.filter((row) => !SYSTEM_KEYSPACES.has(row.keyspace)),
    (row) => `${quoted(row.keyspace)}.${quoted(row.table)}`,
  );
  const timesOf = (column: SchemaColumn) =>
    columnTimes(column.name, column.type, release, types.get(`${column.keyspace} ${column.type}`));
  return [...byTable.values()].map((columns) => readableTable(columns, timesOf));
}

interface SchemaColumn {
  readonly keyspace: string;
  readonly table: string;
  readonly name: string;
  readonly kind: Column['kind'];
  readonly position: number;
  readonly type: string;
}

const KINDS: readonly Column['kind'][] = ['partition_key', 'clustering', 'static', 'regular'];
const UNTIMED = { written: [], ttls: [] } as const;

function readableTable(
  columns: readonly SchemaColumn[],
  timesOf: (column: SchemaColumn) => CellTimes,
): ReadableTable {
  const [first] = columns;
  if (first === undefined) throw new Error('A table without columns.');
  const ordered = columns.toSorted(
    (a, b) =>
      KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.position - b.position || (a.name < b.name ? -1 : 1),
  );
  return {
    keyspace: first.keyspace,
    name: first.table,
    columns: ordered.map((column) => ({
      name: column.name,
      kind: column.kind,
      ...(isKey(column) ? UNTIMED : timesOf(column)),
    })),
  };
}

export function isKey(column: Pick<Column, 'kind'>): boolean {
  return column.kind === 'partition_key' || column.kind === 'clustering';
}

async function releaseOf(client: Client): Promise<string> {
  const result = await client.execute('SELECT release_version FROM system.local');
  return String(result.first().get('release_version'));
}

/** Field names by `keyspace type`, the type written as in a column's definition. */
async function userTypes(client: Client): Promise<ReadonlyMap<string, readonly string[]>> {
  const result = await client.execute(
    'SELECT keyspace_name, type_name, field_names FROM system_schema.types',
  );
  return new Map(
    result.rows.map((row) => [`${row.get('keyspace_name')} ${row.get('type_name')}`, row.get('field_names')]),
  );
}
