import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'cassandra-driver';
import { mustRun, runCli } from '../lab/cli.ts';
import type { EmbeddedCluster } from '../lab/cluster/launcher.ts';
import { compareData, describeDifferences } from '../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData, rowsOf } from '../lab/dataset/compare/record.ts';
import { compareReplicas } from '../lab/dataset/compare/replicas.ts';
import { define } from '../lab/dataset/define.ts';
import { compareSchema, recordSchema } from '../lab/dataset/schema/schema-record.ts';
import { type LiveWriter, liveWriter } from '../lab/dataset/writer.ts';
import { connectLab } from '../lab/lab.ts';
import * as results from '../lab/results.ts';
import { startWithTestSchema, VERSION } from './acts.ts';
import { Story } from './story.ts';

/* make demo SCENARIO=table: a table is dropped, another one spoilt; both come back while a writer goes on elsewhere. */

const TABLES = ['indexed.base_of_views', '"Order"."select"'];

const directory = await mkdtemp(join(tmpdir(), 'kassette-demo-'));
const story = new Story();
let cluster: EmbeddedCluster | undefined;
try {
  story.title(`Cassandra ${VERSION}, three nodes, in ${directory}`);
  cluster = await startWithTestSchema(story, directory);
  const client = await connectLab(cluster);
  const writer = liveWriter(client);
  await tell(client, writer);
  await client.shutdown();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await cluster?.kill();
  await rm(directory, { recursive: true, force: true });
  process.exit();
}

async function tell(client: Client, writer: LiveWriter): Promise<void> {
  await writer.start();
  const before = await record(client);
  story.fact(`${rowsOf(before.data)} rows; a writer goes on in a table of its own`);
  const backup = await story.step('kassette before-backup', () =>
    mustRun(directory, ['before-backup'], results.beforeBackupResult),
  );
  const from = `backup:${backup.result.tag}`;
  await story.step('somebody drops a table with its views, and updates another one without care', () =>
    spoil(client),
  );
  const written = writer.writes().length;
  await show(['plan', 'restore-table', ...TABLES, '--from', from]);
  await story.step('kassette restore-table', () => show(['restore-table', ...TABLES, '--from', from]));
  await story.step('kassette restore-table --as, to look and pick', () =>
    show(['restore-table', 'altered.grown', '--from', from, '--as', '"Then"']),
  );
  await define(client, ['DROP KEYSPACE "Then"']);
  await writer.stop();
  const went = writer.writes().length - written;
  story.check(went > 0, `the writer went on meanwhile: ${went} writes`);
  await compare(client, before);
}

async function spoil(client: Client): Promise<void> {
  const views = await client.execute(
    "SELECT view_name FROM system_schema.views WHERE keyspace_name = 'indexed'",
  );
  await define(client, [
    ...views.rows.map((row) => `DROP MATERIALIZED VIEW indexed."${row.get('view_name')}"`),
    'DROP TABLE indexed.base_of_views',
  ]);
  for (const key of [3, 4, 5]) {
    await client.execute(`UPDATE "Order"."select" SET "Camel Case" = 'oops' WHERE "from" = ${key}`);
  }
}

async function record(client: Client) {
  const data = await story.step('record every cell', () =>
    recordData(client, { include: (keyspace) => keyspace !== 'live' }),
  );
  return { data, schema: await recordSchema(client) };
}

async function compare(
  client: Client,
  before: { data: DataRecord; schema: Awaited<ReturnType<typeof recordSchema>> },
): Promise<void> {
  const replicas = await story.step('compare the replicas with each other', () => compareReplicas(client));
  const after = await record(client);
  story.check(replicas.outcome === 'agree', `replicas: ${replicas.copies} copies ${replicas.outcome}`);
  const schema = compareSchema(before.schema, after.schema);
  for (const d of schema.slice(0, 3)) console.log(d);
  story.check(schema.length === 0, `schema, roles and permissions: ${schema.length} differences`);
  const comparison = compareData(before.data, after.data);
  if (!comparison.identical) console.log(describeDifferences(comparison));
  story.check(
    comparison.identical,
    `rows identical, of the restored tables and of all others: ${comparison.rowsIdentical} of ${comparison.rows}`,
  );
  story.table();
  story.conclude();
}

/** Run a command that must succeed, and show what it prints. */
async function show(args: readonly string[]): Promise<void> {
  const run = await runCli(directory, args);
  if (run.status !== 0) throw new Error(run.stderr);
  console.log(`\n$ kassette ${args.map((a) => (a.includes('"') ? `'${a}'` : a)).join(' ')}\n${run.stdout}`);
}
