import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'cassandra-driver';
import type { EmbeddedCluster } from '../src/embedded/launcher.ts';
import { type AnswerRecord, compareAnswers, recordAnswers } from './dataset/answers.ts';
import { compareData, describeDifferences } from './dataset/compare.ts';
import { checkLive, type LiveCheck } from './dataset/live-check.ts';
import { load } from './dataset/load.ts';
import { type DataRecord, recordData, rowsOf } from './dataset/record.ts';
import { compareReplicas } from './dataset/replicas.ts';
import { testDataset } from './dataset/schema.ts';
import { compareSchema, recordSchema, type SchemaRecord } from './dataset/schema-record.ts';
import { type LiveWriter, liveWriter } from './dataset/writer.ts';
import { mustRun } from './lab/cli.ts';
import { connectLab, startLab, storageOf } from './lab/lab.ts';
import * as results from './lab/results.ts';
import { copyVolumes, putVolumesBack } from './lab/volume-copies.ts';
import { Story } from './story.ts';

const VERSION = process.env['CASSANDRA_VERSION'] || '5.0.6';
const KEEP = Boolean(process.env['KEEP']);
/** Between two nodes' volume snapshots. */
const PAUSE_MS = 700;
const isQuiet = (keyspace: string) => keyspace !== 'live';

const directory = await mkdtemp(join(tmpdir(), 'kassette-demo-'));
const story = new Story();
let cluster: EmbeddedCluster | undefined;
try {
  cluster = await tell();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await end();
}

async function tell(): Promise<EmbeddedCluster> {
  story.title(`Cassandra ${VERSION}, three nodes, in ${directory}`);
  let running = await story.step('start the cluster', () => startLab({ directory, version: VERSION }));
  cluster = running;
  let client = await connectLab(running);
  const writer = liveWriter(client);
  const before = await prepare(running, client, writer);

  const start = Date.now();
  const backup = await story.step('kassette before-backup', () =>
    mustRun(directory, ['before-backup'], results.beforeBackupResult),
  );
  const end = Date.now();
  story.fact(`backup ${backup.result.tag}, skew ${backup.result.skewMs} ms`);
  const copies = await story.step('copy the volumes, one after the other, while the writer goes on', () =>
    copyVolumes(running, join(directory, 'copies'), PAUSE_MS),
  );
  story.fact(`volume copies ${(copies.skewMs / 1000).toFixed(1)} s apart`);
  await story.step('kassette after-backup', () =>
    mustRun(directory, ['after-backup'], results.afterBackupResult),
  );

  await story.step('destroy the cluster: processes killed, volumes deleted', async () => {
    await writer.stop();
    await client.shutdown();
    await running.kill();
    await Promise.all(running.nodes.map((n) => rm(n.volume, { recursive: true })));
  });
  running = await story.step('put the copied volumes back and start on the dirty data', async () => {
    await putVolumesBack(running, copies.directory);
    return startLab({ directory, version: VERSION });
  });
  client = await connectLab(running);
  const dirty = await checkLive(client, writer.writes(), { start, end });
  story.check(
    dirty.tooNew.length > 0,
    `dirty as restored: ${dirty.tooNew.length} rows are newer than the backup`,
  );

  await story.step('kassette before-restore', () =>
    mustRun(directory, ['before-restore'], results.beforeRestoreResult),
  );
  const restore = await story.step('kassette after-restore', () =>
    mustRun(directory, ['after-restore'], results.afterRestoreResult),
  );
  await compare(client, before, await checkAgainst(client, writer, { start, end }));
  await client.shutdown();
  summary(backup.result, restore.result);
  return running;
}

async function prepare(running: EmbeddedCluster, client: Client, writer: LiveWriter) {
  const dataset = testDataset({ release: VERSION, datacenter: 'cass-prd' });
  const loaded = await story.step('load the test schema', () => load(client, dataset, storageOf(running)));
  await writer.start();
  const data = await story.step('record every cell', () => recordData(client, { include: isQuiet }));
  story.fact(`${loaded.tables} tables, ${rowsOf(data)} rows; a writer goes on`);
  const answers = await recordAnswers(client, dataset);
  return { data, answers, schema: await recordSchema(client) };
}

function checkAgainst(
  client: Client,
  writer: LiveWriter,
  window: { start: number; end: number },
): Promise<LiveCheck> {
  return story.step('compare the writer’s table', () => checkLive(client, writer.writes(), window));
}

async function compare(
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
  const dataset = testDataset({ release: VERSION, datacenter: 'cass-prd' });
  const answers = compareAnswers(before.answers, await recordAnswers(client, dataset));
  const asked = Object.keys(before.answers).length;
  story.check(
    answers.length === 0,
    `indexes and functions: ${asked - answers.length} of ${asked} answers the same`,
  );
  if (!comparison.identical) console.log(describeDifferences(comparison));
  story.check(comparison.identical, `rows identical: ${comparison.rowsIdentical} of ${comparison.rows}`);
}

function summary(
  backup: { skewMs: number; seconds: number },
  restore: {
    seconds: number;
    clusters: readonly { tables: number; files: number; bytesLinked: number; bytesCopied: number }[];
  },
): void {
  story.table();
  const [c] = restore.clusters;
  console.log(
    [
      `skew ${backup.skewMs} ms`,
      `${c?.tables} tables`,
      `${c?.files} files`,
      `${c?.bytesLinked} bytes linked`,
      `${c?.bytesCopied} bytes copied`,
    ].join(' · '),
  );
  story.conclude();
}

async function end(): Promise<void> {
  if (KEEP && cluster !== undefined) {
    const [node] = cluster.nodes;
    console.log(
      `\nThe cluster goes on: CQL at ${cluster.nodes.map((n) => `${n.address}:${n.cqlPort}`).join(', ')},`,
    );
    console.log(`management API at ${node?.managementUrl}, superuser in ${cluster.file.superuser}`);
    console.log(`  dist/kassette.mjs status --embedded ${directory}`);
    console.log(`  node src/embedded/main.ts down --directory ${directory}    # ends it`);
    process.exit();
  }
  await cluster?.kill();
  await rm(directory, { recursive: true, force: true });
  process.exit();
}
