import { z } from 'zod';
import { json, OK, text } from '../answer.ts';
import { type Jmx, STORAGE } from '../jmx.ts';
import { findJob, startJob } from '../jobs.ts';
import type { Call, Route } from '../route.ts';

/** Work on a keyspace's SSTables: `v0` waits for the end, `v1` answers with a job to ask for. */
export const COMPACTION_ROUTES: readonly Route[] = [
  ...bothWays('/ops/tables/flush', 'forceKeyspaceFlush', 'FLUSH', flush),
  ...bothWays('/ops/tables/compact', 'forceKeyspaceCompaction', 'COMPACTION', compact),
  ...bothWays('/ops/keyspace/cleanup', 'forceKeyspaceCleanup', 'CLEANUP', cleanup),
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
      const job = findJob(query.get('job_id') ?? '');
      return job === undefined ? json({}, 404) : json(job);
    },
  },
];

const COMPACTIONS = 'org.apache.cassandra.db:type=CompactionManager';

const request = z.object({
  keyspace_name: z.string().nullish(),
  tables: z.array(z.string()).nullish(),
  jobs: z.number().int().nullish(),
  split_output: z.boolean().nullish(),
});
type KeyspaceRequest = z.infer<typeof request>;
type Work = (jmx: Jmx, request: KeyspaceRequest) => Promise<void>;

function bothWays(path: string, operation: string, job: string, work: Work): readonly Route[] {
  const shape = { method: 'POST', produces: 'text', operation } as const;
  return [
    {
      ...shape,
      path: `/api/v0${path}`,
      handle: async (call) => {
        const { jmx, wanted } = await prepare(call);
        await work(jmx, wanted);
        return OK;
      },
    },
    {
      ...shape,
      path: `/api/v1${path}`,
      handle: async (call) => {
        const { jmx, wanted } = await prepare(call);
        return text(
          startJob(job, () => work(jmx, wanted)),
          202,
        );
      },
    },
  ];
}

async function prepare({ connection, body }: Call) {
  const wanted = request.parse(body());
  return { wanted, jmx: await connection.jmx() };
}

async function flush(jmx: Jmx, { keyspace_name, tables }: KeyspaceRequest): Promise<void> {
  const signature = 'forceKeyspaceFlush(java.lang.String,[Ljava.lang.String;)';
  const keyspaces = await keyspacesOf(jmx, keyspace_name, 'Keyspaces');
  for (const keyspace of keyspaces) await jmx.call(STORAGE, signature, [keyspace, tables ?? []]);
}

async function compact(jmx: Jmx, wanted: KeyspaceRequest): Promise<void> {
  const signature = 'forceKeyspaceCompaction(boolean,java.lang.String,[Ljava.lang.String;)';
  for (const keyspace of await keyspacesOf(jmx, wanted.keyspace_name, 'Keyspaces')) {
    await jmx.call(STORAGE, signature, [wanted.split_output ?? false, keyspace, wanted.tables ?? []]);
  }
}

async function cleanup(jmx: Jmx, wanted: KeyspaceRequest): Promise<void> {
  const signature = 'forceKeyspaceCleanup(int,java.lang.String,[Ljava.lang.String;)';
  // Local keyspaces cannot be cleaned: nothing is sent for them, as the management API does.
  if (['system', 'system_schema'].includes(wanted.keyspace_name ?? '')) return;
  for (const keyspace of await keyspacesOf(jmx, wanted.keyspace_name, 'NonLocalStrategyKeyspaces')) {
    await jmx.call(STORAGE, signature, [wanted.jobs ?? 0, keyspace, wanted.tables ?? []]);
  }
}

async function keyspacesOf(
  jmx: Jmx,
  name: string | null | undefined,
  all: string,
): Promise<readonly string[]> {
  const everything = ['', 'ALL', 'NON_LOCAL_STRATEGY'];
  if (!everything.includes(name ?? '')) return [name ?? ''];
  return z.array(z.string()).parse(await jmx.read(STORAGE, all));
}
