import type { Client } from 'cassandra-driver';
import pMap from 'p-map';
import type { z } from 'zod';
import type { CliRun } from '../lab/cli.ts';
import { compareData } from '../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData } from '../lab/dataset/compare/record.ts';
import { generatedTables } from '../lab/dataset/schema/schema.ts';
import * as results from '../lab/results.ts';
import { Conventional, type Place } from './conventional.ts';
import { bytesNotIn, dataFiles, seconds } from './measure.ts';

/** What is measured: a cluster with its data loaded, and the two ways of backing it up. */
export interface Subject {
  readonly tables: number;
  readonly client: Client;
  /** Where the conventional procedure runs. */
  readonly place: Place;
  /** The data directories of all nodes, as this machine finds them. */
  readonly dataDirectories: readonly string[];
  /** Run a kassette command that must succeed. */
  kassette<T>(
    args: readonly string[],
    result: z.ZodType<T>,
  ): Promise<{ readonly run: CliRun; readonly result: T }>;
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

export function datasetOf(tables: number) {
  return generatedTables(tables, { datacenter: 'cass-prd', keyspace: KEYSPACE, rowsPerTable: ROWS });
}

/** Both procedures one after the other on the same cluster and the same data, `datasetOf(tables)`. */
export async function runCase(subject: Subject): Promise<Outcome> {
  const { tables, client } = subject;
  const say = (text: string) => console.error(`${tables} tables: ${text}`);
  const before = await recordData(client);
  await warmUp(subject);
  const kassette = await measureKassette(subject, before);
  say(`kassette: backup ${kassette.backup.toFixed(1)} s, restore ${kassette.restore.toFixed(1)} s`);
  const floor = await truncateAll(client, tables);
  await fill(client, tables, 'row');
  const conventional = await measureConventional(subject);
  say(
    `conventional: backup ${conventional.backup.toFixed(1)} s, restore ${conventional.restore.toFixed(1)} s`,
  );
  await fill(client, tables, 'x'.repeat(50 * 12));
  const bigger = await measureKassette(subject, await recordData(client));
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
}

/** Once, unmeasured: a Cassandra that just started compiles what either procedure is the first to call. */
async function warmUp(subject: Subject): Promise<void> {
  await subject.kassette(['before-backup'], results.beforeBackupResult);
  await subject.kassette(['after-restore'], results.afterRestoreResult);
}

/** before-backup and after-backup once for their time; then again, for the restore of what is changed meanwhile. */
async function measureKassette(subject: Subject, before: DataRecord) {
  const { client, tables, dataDirectories } = subject;
  const backup = await subject.kassette(['before-backup'], results.beforeBackupResult);
  const after = await subject.kassette(['after-backup'], results.afterBackupResult);
  await subject.kassette(['before-backup'], results.beforeBackupResult);
  await fill(client, tables, 'newer');
  const snapshots = await dataFiles(dataDirectories, KEYSPACE, 'snapshot');
  const restore = await subject.kassette(['after-restore'], results.afterRestoreResult);
  const extraBytes = bytesNotIn(snapshots, await dataFiles(dataDirectories, KEYSPACE, 'live'));
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

async function measureConventional({ place, client, tables }: Subject) {
  const procedure = new Conventional(place);
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
