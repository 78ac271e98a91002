import { z } from 'zod';
import { badRequest, json, OK, text } from '../answer.ts';
import { quoteName, quoteText } from '../cassandra/cql-text.ts';
import { STORAGE } from '../cassandra/jmx.ts';
import type { Call, Route } from '../route.ts';

export const KEYSPACE_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v0/ops/keyspace',
    produces: 'json',
    operation: 'getKeyspaces',
    handle: listKeyspaces,
  },
  {
    method: 'GET',
    path: '/api/v0/ops/keyspace/replication',
    produces: 'text',
    operation: 'getReplication',
    handle: replication,
  },
  {
    method: 'POST',
    path: '/api/v0/ops/keyspace/create',
    produces: 'text',
    operation: 'createKeyspace',
    handle: (call) => define(call, 'CREATE KEYSPACE IF NOT EXISTS', 'Keyspace creation'),
  },
  {
    method: 'POST',
    path: '/api/v0/ops/keyspace/alter',
    produces: 'text',
    operation: 'alterKeyspace',
    handle: (call) => define(call, 'ALTER KEYSPACE', 'Altering Keyspace'),
  },
  {
    method: 'POST',
    path: '/api/v0/ops/keyspace/refresh',
    produces: 'text',
    operation: 'loadNewSSTables',
    handle: refresh,
  },
  {
    method: 'GET',
    path: '/api/v0/ops/tables',
    produces: 'text',
    operation: 'getTables',
    handle: tables,
  },
  {
    method: 'GET',
    path: '/api/v1/ops/tables',
    produces: 'text',
    operation: 'getTables',
    handle: tablesWithCompaction,
  },
];

async function listKeyspaces({ connection, query }: Call) {
  const all = z.array(z.string()).parse(await (await connection.jmx()).read(STORAGE, 'Keyspaces'));
  const wanted = query.get('keyspaceName') ?? '';
  return json(wanted === '' ? all : all.filter((name) => name === wanted));
}

async function replication({ connection, query }: Call) {
  const name = query.get('keyspaceName') ?? '';
  const failed = 'Get keyspace replication failed.';
  if (name === '') return badRequest(`${failed} Non-empty 'keyspaceName' must be provided`);
  const where = `WHERE keyspace_name = ${quoteText(name)}`;
  const [row] = await connection.query(`SELECT replication FROM system_schema.keyspaces ${where}`);
  if (row === undefined) return text(`${failed} Keyspace '${name}' does not exist.`, 404);
  return json(parseMap(row['replication']));
}

const definition = z.object({
  keyspace_name: z.string().nullish(),
  replication_settings: z
    .array(z.object({ dc_name: z.string(), replication_factor: z.coerce.number().int() }))
    .nullish(),
});

async function define({ connection, body }: Call, verb: string, subject: string) {
  const { keyspace_name: name, replication_settings: settings } = definition.parse(body());
  if (!name?.trim()) return badRequest(`${subject} failed. Non-empty 'keyspace_name' must be provided`);
  if (!settings?.length) return badRequest(`${subject} failed. 'replication_settings' must be provided`);
  const factors = settings.map((one) => `${quoteText(one.dc_name)}: ${one.replication_factor}`);
  const strategy = `{'class': 'NetworkTopologyStrategy', ${factors.join(', ')}}`;
  await connection.query(`${verb} ${quoteName(name)} WITH replication = ${strategy}`);
  return OK;
}

async function refresh({ connection, query }: Call) {
  const keyspace = query.get('keyspaceName') ?? '';
  const table = query.get('table') ?? '';
  if (keyspace.trim() === '') return badRequest('Must provide a keyspace name');
  if (table.trim() === '') return badRequest('table must be provided');
  const signature = 'loadNewSSTables(java.lang.String,java.lang.String)';
  await (await connection.jmx()).call(STORAGE, signature, [keyspace, table]);
  return OK;
}

async function tables({ connection, query }: Call) {
  const keyspace = query.get('keyspaceName') ?? '';
  if (keyspace.trim() === '') return missingKeyspace();
  const rows = await selectTables(connection, keyspace);
  return json(rows.map((row) => row['table_name']));
}

async function tablesWithCompaction({ connection, query }: Call) {
  const keyspace = query.get('keyspaceName') ?? '';
  if (keyspace.trim() === '') return missingKeyspace();
  const rows = await selectTables(connection, keyspace);
  return json(rows.map((row) => ({ name: row['table_name'], compaction: parseMap(row['compaction']) })));
}

function missingKeyspace() {
  return badRequest("List tables failed. Non-empty 'keyspaceName' must be provided");
}

function selectTables(connection: Call['connection'], keyspace: string) {
  const where = `WHERE keyspace_name = ${quoteText(keyspace)}`;
  return connection.query(`SELECT table_name, compaction FROM system_schema.tables ${where}`);
}

/** A `map<text, text>` as Cassandra prints one: JSON. */
function parseMap(cell: string | null | undefined): Readonly<Record<string, string>> {
  return z.record(z.string(), z.string()).parse(JSON.parse(cell ?? '{}'));
}
