import { z } from 'zod';
import { badRequest, entity, OK } from '../answer.ts';
import { INTERNAL, STORAGE } from '../cassandra/jmx.ts';
import type { Call, Route } from '../route.ts';

export const SNAPSHOT_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v0/ops/node/snapshots',
    produces: 'text',
    operation: 'takeSnapshot',
    handle: take,
  },
  {
    method: 'GET',
    path: '/api/v0/ops/node/snapshots',
    produces: 'json',
    operation: 'getSnapshotDetails',
    handle: list,
  },
  {
    method: 'DELETE',
    path: '/api/v0/ops/node/snapshots',
    produces: 'text',
    operation: 'clearSnapshots',
    handle: clear,
  },
];

const names = z.array(z.string()).nullish();
const request = z.object({
  snapshot_name: z.string().nullish(),
  keyspaces: names,
  table_name: z.string().nullish(),
  skip_flush: z.boolean().nullish(),
  keyspace_tables: names,
});
type SnapshotRequest = z.infer<typeof request>;

async function take({ connection, body }: Call) {
  const wanted = request.parse(body());
  const problem = contradiction(wanted);
  if (problem !== undefined) return badRequest(problem);
  const jmx = await connection.jmx();
  const tag = wanted.snapshot_name ?? String(Date.now());
  const options = { skipFlush: String(wanted.skip_flush ?? false) };
  const entities = entitiesOf(wanted) ?? (await jmx.read(STORAGE, 'Keyspaces'));
  await jmx.call(INTERNAL, 'takeSnapshot', [tag, options, entities]);
  return OK;
}

function contradiction({ keyspaces, table_name, keyspace_tables }: SnapshotRequest): string | undefined {
  const count = keyspaces?.length ?? 0;
  if (count > 0 && (keyspace_tables?.length ?? 0) > 0) {
    return 'When specifying keyspace_tables, specifying keyspaces is not allowed';
  }
  if (typeof table_name === 'string' && count !== 1) {
    return 'Exactly 1 keyspace must be specified when specifying table_name';
  }
  return undefined;
}

function entitiesOf({ keyspaces, table_name, keyspace_tables }: SnapshotRequest) {
  if (typeof table_name === 'string') return [`${keyspaces?.[0]}.${table_name}`];
  if (keyspace_tables?.length) return keyspace_tables;
  return keyspaces?.length ? keyspaces : undefined;
}

type SnapshotRow = Readonly<Record<string, string>>;

async function snapshots(connection: Call['connection']): Promise<readonly SnapshotRow[]> {
  const rows = await (await connection.jmx()).call(INTERNAL, 'snapshots');
  return z.array(z.record(z.string(), z.string())).parse(rows);
}

async function list({ connection, query }: Call) {
  const rows = await snapshots(connection);
  return entity(rows.filter(matches(query.getAll('snapshotNames'), query.getAll('keyspaces'))));
}

function matches(tags: readonly string[], keyspaces: readonly string[]) {
  return (row: SnapshotRow) =>
    (tags.length === 0 || tags.includes(row['Snapshot name'] ?? '')) &&
    (keyspaces.length === 0 || keyspaces.includes(row['Keyspace name'] ?? ''));
}

/** Without a tag all are cleared, as the management API does. */
async function clear({ connection, query }: Call) {
  const jmx = await connection.jmx();
  const tags = query.getAll('snapshotNames');
  const keyspaces = query.getAll('keyspaces');
  const every = tags.length > 0 ? tags : await allTags(connection);
  for (const tag of every) {
    await jmx.call(INTERNAL, 'clearSnapshot', [tag, keyspaces]);
  }
  return OK;
}

async function allTags(connection: Call['connection']): Promise<readonly string[]> {
  const rows = await snapshots(connection);
  return [...new Set(rows.map((row) => row['Snapshot name'] ?? ''))];
}
