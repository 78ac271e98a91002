import type { Client } from 'cassandra-driver';
import pMap from 'p-map';
import { compareData } from '../demo/dataset/compare.ts';
import { load } from '../demo/dataset/load.ts';
import { type DataRecord, recordData } from '../demo/dataset/record.ts';
import { generatedTables } from '../demo/dataset/schema.ts';
import { mustRun } from '../demo/lab/cli.ts';
import { connectLab, startLab, storageOf } from '../demo/lab/lab.ts';
import * as results from '../demo/lab/results.ts';
import type { EmbeddedCluster } from '../src/embedded/launcher.ts';
import { Conventional } from './conventional.ts';
import { embeddedPlace } from './embedded-place.ts';
import { bytesNotIn, dataFiles, seconds } from './measure.ts';

export interface Case {
  readonly directory: string;
  readonly version: string;
  readonly tables: number;
}

/** The line that ends the benchmark; ratios are conventional time over kassette's. */
export interface Line {
  readonly tables: number;
  readonly backup_ratio: number;
  readonly restore_ratio: number;
  readonly skew_ms: number;
  /** Of Data.db files, made anew by the restore. */
  readonly extra_bytes: number;
  readonly rss_mb: number;
  readonly restore_seconds_per_table: number;
}

export interface Outcome {
  readonly line: Line;
  /** Seconds: [conventional, kassette]. */
  readonly backup: readonly [number, number];
  readonly afterBackup: readonly [number, number];
  readonly restore: readonly [number, number];
  /** Emptying the tables and nothing else, seconds: a restore cannot be faster. */
  readonly floor: number;
  /** kassette with the rows fifty times as long: [bytes, seconds]. */
  readonly bigger: readonly [number, number];
  readonly bytes: number;
}

const KEYSPACE = 'generated';
const ROWS = 5;

/** One number of tables: both procedures one after the other on the same cluster and the same data. */
export async function runCase({ directory, version, tables }: Case): Promise<Outcome> {
  const say = (text: string) => console.error(`${tables} tables: ${text}`);
  const cluster = await startLab({ directory, version, jmxBasePort: 7199, subnet: '127.0.3' });
  const client = await connectLab(cluster);
  try {
    await load(
      client,
      generatedTables(tables, { datacenter: 'cass-prd', rowsPerTable: ROWS }),
      storageOf(cluster),
    );
    const before = await recordData(client);
    await warmUp(cluster);
    const kassette = await measureKassette(cluster, client, before, tables);
    say(`kassette: backup ${kassette.backup.toFixed(1)} s, restore ${kassette.restore.toFixed(1)} s`);
    const floor = await truncateAll(client, tables);
    await fill(client, tables, 'row');
    const conventional = await measureConventional(cluster, client, tables);
    say(
      `conventional: backup ${conventional.backup.toFixed(1)} s, restore ${conventional.restore.toFixed(1)} s`,
    );
    await fill(client, tables, 'x'.repeat(50 * 12));
    const bigger = await measureKassette(cluster, client, await recordData(client), tables);
    return {
      line: {
        tables,
        backup_ratio: round(conventional.backup / kassette.backup),
        restore_ratio: round(conventional.restore / kassette.restore),
        skew_ms: kassette.skewMs,
        extra_bytes: kassette.extraBytes,
        rss_mb: round(kassette.rssMb),
        restore_seconds_per_table: round(kassette.restore / tables),
      },
      backup: [conventional.backup, kassette.backup],
      afterBackup: [conventional.afterBackup, kassette.afterBackup],
      restore: [conventional.restore, kassette.restore],
      floor,
      bigger: [bigger.bytes, bigger.restore],
      bytes: kassette.bytes,
    };
  } finally {
    await client.shutdown();
    await cluster.kill();
  }
}

/** Once, unmeasured: a Cassandra that just started compiles what either procedure is the first to call. */
async function warmUp({ directory }: EmbeddedCluster): Promise<void> {
  await mustRun(directory, ['before-backup'], results.beforeBackupResult);
  await mustRun(directory, ['after-restore'], results.afterRestoreResult);
}

/** before-backup and after-backup once for their time; then again, for the restore of what is changed meanwhile. */
async function measureKassette(cluster: EmbeddedCluster, client: Client, before: DataRecord, tables: number) {
  const { directory } = cluster;
  const backup = await mustRun(directory, ['before-backup'], results.beforeBackupResult);
  const after = await mustRun(directory, ['after-backup'], results.afterBackupResult);
  await mustRun(directory, ['before-backup'], results.beforeBackupResult);
  await fill(client, tables, 'newer');
  const snapshots = await dataFiles(cluster, KEYSPACE, 'snapshot');
  const restore = await mustRun(directory, ['after-restore'], results.afterRestoreResult);
  const extraBytes = bytesNotIn(snapshots, await dataFiles(cluster, KEYSPACE, 'live'));
  await mustBeAs(client, before);
  return {
    backup: backup.run.seconds,
    afterBackup: after.run.seconds,
    restore: restore.run.seconds,
    skewMs: backup.result.skewMs,
    rssMb: Math.max(backup.run.rssMb, restore.run.rssMb),
    bytes: restore.result.clusters.reduce((n, c) => n + c.bytesLinked, 0),
    extraBytes,
  };
}

async function measureConventional(cluster: EmbeddedCluster, client: Client, tables: number) {
  const procedure = new Conventional(embeddedPlace(cluster));
  const before = await recordData(client);
  const backup = await seconds(() => procedure.beforeBackup());
  await fill(client, tables, 'newer');
  const restore = await seconds(() => procedure.afterRestore());
  await mustBeAs(client, before);
  const afterBackup = await seconds(() => procedure.afterBackup());
  return { backup, restore, afterBackup };
}

async function fill(client: Client, tables: number, value: string): Promise<void> {
  const names = Array.from({ length: tables }, (_, i) => `table_${String(i).padStart(3, '0')}`);
  const writes = names.flatMap((name) => Array.from({ length: ROWS }, (_, id) => ({ name, id })));
  await pMap(
    writes,
    ({ name, id }) =>
      client.execute(`INSERT INTO ${KEYSPACE}.${name} (id, value) VALUES (?, ?)`, [id, `${value} ${id}`], {
        prepare: true,
        consistency: 5,
      }),
    { concurrency: 32 },
  );
}

async function truncateAll(client: Client, tables: number): Promise<number> {
  const names = Array.from({ length: tables }, (_, i) => `table_${String(i).padStart(3, '0')}`);
  return seconds(() => pMap(names, (n) => client.execute(`TRUNCATE ${KEYSPACE}.${n}`), { concurrency: 16 }));
}

async function mustBeAs(client: Client, before: DataRecord): Promise<void> {
  const comparison = compareData(before, await recordData(client));
  if (!comparison.identical) {
    throw new Error(
      `The restore is wrong: ${comparison.rowsIdentical} of ${comparison.rows} rows are identical.`,
    );
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
