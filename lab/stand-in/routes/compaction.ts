import { z } from 'zod';
import { badRequest, json, OK, text } from '../answer.ts';
import { type Jmx, OperationFailed, STORAGE } from '../cassandra/jmx.ts';
import { findJob, startJob } from '../jobs.ts';
import type { Call, Route } from '../route.ts';

/** Work on a keyspace's SSTables: `v0` waits for the end, `v1` answers with a job to ask for; each in its own way. */
export const COMPACTION_ROUTES: readonly Route[] = [
  { ...post('/api/v0/ops/tables/flush', 'forceKeyspaceFlush'), handle: flushNow },
  { ...post('/api/v1/ops/tables/flush', 'forceKeyspaceFlush'), handle: flushJob },
  { ...post('/api/v0/ops/tables/compact', 'forceKeyspaceCompaction'), handle: compactNow },
  { ...post('/api/v1/ops/tables/compact', 'forceKeyspaceCompaction'), handle: compactJob },
  { ...post('/api/v0/ops/keyspace/cleanup', 'forceKeyspaceCleanup'), handle: (call) => cleanup(call, 200) },
  { ...post('/api/v1/ops/keyspace/cleanup', 'forceKeyspaceCleanup'), handle: (call) => cleanup(call, 202) },
  {
    method: 'GET',
    path: '/api/v1/ops/tables/compactions',
    produces: 'json',
    operation: 'getCompactions',
    handle: async ({ connection }) => json(await (await connection.jmx()).read(COMPACTIONS, 'Compactions')),
  },
  {
    method: 'GET',
    path: '/api/v0/ops/executor/job',
    produces: 'json',
    operation: 'getJobStatus',
    handle: async ({ connection, query }) => {
      await connection.jmx();
      const id = query.get('job_id');
      if (id === null) throw new OperationFailed('No job is asked for');
      const job = findJob(id);
      return job === undefined ? json({}, 404) : json(job);
    },
  },
];

function post(path: string, operation: string) {
  return { method: 'POST', path, produces: 'text', operation } as const;
}

const COMPACTIONS = 'org.apache.cassandra.db:type=CompactionManager';

const request = z.object({
  keyspace_name: z.string().nullish(),
  tables: z.array(z.string()).nullish(),
  jobs: z.number().int().nullish(),
  split_output: z.boolean().nullish(),
});
type KeyspaceRequest = z.infer<typeof request>;
async function prepare({ connection, body }: Call) {
  const wanted = request.parse(body());
  return { wanted, jmx: await connection.jmx() };
}

/** Errors of the operation are in its job, which `v0` does not tell of: any keyspace is fine. */
async function flushNow(call: Call) {
  const { jmx, wanted } = await prepare(call);
  const all = isBlank(wanted.keyspace_name) || wanted.keyspace_name?.toUpperCase() === 'ALL';
  await jmx.withinLimit(startJob('FLUSH', () => flush(jmx, wanted, all)).ended);
  return OK;
}

async function flushJob(call: Call) {
  const { jmx, wanted } = await prepare(call);
  const name = wanted.keyspace_name ?? '';
  const all = isBlank(name);
  if (!all && !(await keyspaces(jmx)).includes(name)) return badRequest(`keyspace ${name} does not exists`);
  return text(startJob('FLUSH', () => flush(jmx, wanted, all)).id, 202);
}

async function flush(jmx: Jmx, { keyspace_name, tables }: KeyspaceRequest, all: boolean): Promise<void> {
  const signature = 'forceKeyspaceFlush(java.lang.String,[Ljava.lang.String;)';
  for (const keyspace of all ? await keyspaces(jmx) : [keyspace_name])
    await jmx.callWithoutLimit(STORAGE, signature, [keyspace, tables ?? []]);
}

async function compactNow(call: Call) {
  const { jmx, wanted } = await prepare(call);
  await jmx.withinLimit(startJob('COMPACTION', () => compact(jmx, wanted)).ended);
  return OK;
}

async function compactJob(call: Call) {
  const { jmx, wanted } = await prepare(call);
  return text(startJob('COMPACTION', () => compact(jmx, wanted)).id, 202);
}

async function compact(jmx: Jmx, { keyspace_name, tables, split_output }: KeyspaceRequest): Promise<void> {
  const signature = 'forceKeyspaceCompaction(boolean,java.lang.String,[Ljava.lang.String;)';
  const all = isBlank(keyspace_name) || keyspace_name?.toUpperCase() === 'ALL';
  for (const keyspace of all ? await keyspaces(jmx) : [keyspace_name])
    await jmx.callWithoutLimit(STORAGE, signature, [split_output ?? false, keyspace, tables ?? []]);
}

/** Both versions answer with a job's id, `v0` when the job has ended. */
async function cleanup(call: Call, status: 200 | 202) {
  const { jmx, wanted } = await prepare(call);
  // Local keyspaces cannot be cleaned: nothing is sent for them.
  if (/^(system|system_schema)$/i.test(wanted.keyspace_name ?? '')) return OK;
  const { id, ended } = startJob('CLEANUP', () => cleanKeyspaces(jmx, wanted));
  if (status === 200) await jmx.withinLimit(ended);
  return text(id, status);
}

async function cleanKeyspaces(jmx: Jmx, { keyspace_name, jobs, tables }: KeyspaceRequest): Promise<void> {
  const signature = 'forceKeyspaceCleanup(int,java.lang.String,[Ljava.lang.String;)';
  const all = isBlank(keyspace_name) || keyspace_name?.toUpperCase() === 'NON_LOCAL_STRATEGY';
  for (const keyspace of all ? await keyspaces(jmx, 'NonLocalStrategyKeyspaces') : [keyspace_name])
    await jmx.callWithoutLimit(STORAGE, signature, [jobs ?? 0, keyspace, tables ?? []]);
}

function isBlank(name: string | null | undefined): boolean {
  return (name ?? '').trim() === '';
}

async function keyspaces(jmx: Jmx, which = 'Keyspaces'): Promise<readonly string[]> {
  return z.array(z.string()).parse(await jmx.read(STORAGE, which));
}
