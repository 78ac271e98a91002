import type { Client } from 'cassandra-driver';
import type { EmbeddedCluster } from '../lab/cluster/launcher.ts';
import { type AnswerRecord, compareAnswers, recordAnswers } from '../lab/dataset/compare/answers.ts';
import { compareData, describeDifferences } from '../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData, rowsOf } from '../lab/dataset/compare/record.ts';
import { compareReplicas } from '../lab/dataset/compare/replicas.ts';
import { checkLive, type LiveCheck } from '../lab/dataset/live-check.ts';
import { testDataset } from '../lab/dataset/schema/schema.ts';
import { compareSchema, recordSchema, type SchemaRecord } from '../lab/dataset/schema/schema-record.ts';
import type { LiveWriter } from '../lab/dataset/writer.ts';
import { startLoaded } from '../lab/golden.ts';
import type { Story } from './story.ts';

/* What every scenario of the demo begins and ends with. */

export const VERSION = process.env['CASSANDRA_VERSION'] || '5.0.6';
const isQuiet = (keyspace: string) => keyspace !== 'live';

const dataset = testDataset({ release: VERSION, datacenter: 'cass-prd' });

/** A new cluster with the test schema; it is formed and loaded once a machine and a day. */
export function startWithTestSchema(story: Story, directory: string): Promise<EmbeddedCluster> {
  return story.step('start a cluster with the test schema', () =>
    startLoaded({ directory, version: VERSION }, dataset),
  );
}

/** Everything recorded, and a writer that goes on. */
export async function prepare(story: Story, client: Client, writer: LiveWriter) {
  await writer.start();
  const data = await story.step('record every cell', () => recordData(client, { include: isQuiet }));
  const tables = dataset.keyspaces.flatMap((k) => k.tables).length;
  story.fact(`${tables} tables, ${rowsOf(data)} rows; a writer goes on`);
  const answers = await recordAnswers(client, dataset);
  return { data, answers, schema: await recordSchema(client) };
}

/** What of the writer's rows a restore has to have given back. */
export function checkAgainst(
  story: Story,
  client: Client,
  writer: LiveWriter,
  window: { start: number; end: number },
): Promise<LiveCheck> {
  return story.step('compare the writer’s table', () => checkLive(client, writer.writes(), window));
}

/** Everything compared with what was recorded; the story's last check is the one of the rows. */
export async function compare(
  story: Story,
  client: Client,
  before: { data: DataRecord; answers: AnswerRecord; schema: SchemaRecord },
  live: LiveCheck,
): Promise<void> {
  const replicas = await story.step('compare the replicas with each other', () => compareReplicas(client));
  const now = await story.step('compare every cell at ALL', () => recordData(client, { include: isQuiet }));
  const comparison = compareData(before.data, now);
  const schema = compareSchema(before.schema, await recordSchema(client));
  story.check(
    live.ok,
    `the writer's table: ${live.present} of ${live.due} rows acknowledged before are there, ${live.tooNew.length} later ones, ${live.altered.length} altered`,
  );
  story.check(
    replicas.outcome === 'agree',
    `replicas: ${replicas.copies} copies of ${replicas.rows} rows ${replicas.outcome}`,
  );
  story.check(schema.length === 0, `schema, roles and permissions: ${schema.length} differences`);
  for (const d of schema.slice(0, 3)) console.log(d);
  const answers = compareAnswers(before.answers, await recordAnswers(client, dataset));
  const asked = Object.keys(before.answers).length;
  story.check(
    answers.length === 0,
    `indexes and functions: ${asked - answers.length} of ${asked} answers the same`,
  );
  if (!comparison.identical) console.log(describeDifferences(comparison));
  story.check(comparison.identical, `rows identical: ${comparison.rowsIdentical} of ${comparison.rows}`);
}
