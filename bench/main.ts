import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'cassandra-driver';
import { mustRun } from '../lab/cli.ts';
import type { EmbeddedCluster, StartOptions } from '../lab/cluster/launcher.ts';
import { load } from '../lab/dataset/load.ts';
import { connectLab, startLab, storageOf } from '../lab/lab.ts';
import { datasetOf, type Outcome, runCase } from './case.ts';
import { embeddedPlace } from './embedded-place.ts';
import { runOneTable } from './one-table/case.ts';
import { oneTableLine, printOneTable } from './one-table/line.ts';
import { type ArchivingCost, archivingCost } from './point-in-time/archiving.ts';
import { archivingLine, printArchiving, printRewinding, rewindLine } from './point-in-time/line.ts';
import { rewinding } from './point-in-time/rewinding.ts';
import { printTable } from './table.ts';

const VERSION = process.env['CASSANDRA_VERSION'] || '5.0.6';
/** The conventional procedure takes about five minutes for 41 tables on two cores, and five times that for 200. */
const COUNTS = numbers('BENCH_TABLES', '41,200');
/** MiB of files of a table that comes back alone. */
const ONE_TABLE = numbers('BENCH_ONE_TABLE', '1024');
/** Seconds of each turn of writes with and without an archive of the commit log. */
const [ARCHIVING] = numbers('BENCH_ARCHIVING', '10');
const TURNS = 8;
/** MiB of commit log on each node, over which a cluster is set back. */
const REWIND = numbers('BENCH_REWIND', '64,256');
/** For nodetool. */
const WITH_JMX = { jmxBasePort: 7199 };

const outcomes: Outcome[] = [];
for (const tables of COUNTS) {
  outcomes.push(await onCluster(WITH_JMX, (cluster, client) => embeddedCase(cluster, client, tables)));
}
const alone = [];
for (const megabytes of ONE_TABLE) {
  alone.push(
    await onCluster(WITH_JMX, (cluster, client) => runOneTable(cluster, client, megabytes * 1024 ** 2)),
  );
}
const cost = ARCHIVING === undefined ? null : await costOfArchiving(ARCHIVING);
const rewinds =
  REWIND.length === 0
    ? []
    : await onCluster({ archive: true }, (cluster, client) => rewinding(cluster, client, REWIND));
for (const outcome of outcomes) printTable(outcome);
for (const one of alone) printOneTable(one);
if (cost !== null) printArchiving(cost);
if (rewinds.length > 0) printRewinding(rewinds);
if (cost !== null) console.log(JSON.stringify(archivingLine(cost)));
for (const one of rewinds) console.log(JSON.stringify(rewindLine(one)));
for (const one of alone) console.log(JSON.stringify(oneTableLine(one)));
// The smaller case, which compares with other measurements, ends the output.
for (const { line } of outcomes.toReversed()) console.log(JSON.stringify(line));
process.exit();

/** Numbers with commas between them; `0` for none. */
function numbers(variable: string, otherwise: string): readonly number[] {
  return (process.env[variable] || otherwise)
    .split(',')
    .map(Number)
    .filter((n) => n > 0);
}

/** A cluster of its own for each case, with a directory that goes away with it. */
async function onCluster<T>(
  shape: Partial<StartOptions>,
  work: (cluster: EmbeddedCluster, client: Client) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-bench-'));
  try {
    const cluster = await startLab({ directory, version: VERSION, subnet: '127.0.3', ...shape });
    const client = await connectLab(cluster);
    try {
      return await work(cluster, client);
    } finally {
      await client.shutdown();
      await cluster.kill();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Two clusters of a node each, at the same time. */
function costOfArchiving(secondsEach: number): Promise<ArchivingCost> {
  return onCluster({ nodes: 1 }, (without, client) =>
    onCluster({ nodes: 1, archive: true, subnet: '127.0.4' }, (archiving, its) =>
      archivingCost(
        { without, archiving },
        { without: client, archiving: its },
        { turns: TURNS, secondsEach },
      ),
    ),
  );
}

async function embeddedCase(cluster: EmbeddedCluster, client: Client, tables: number): Promise<Outcome> {
  await load(client, datasetOf(tables), storageOf(cluster));
  return runCase({
    tables,
    client,
    place: embeddedPlace(cluster),
    dataDirectories: cluster.nodes.flatMap((n) => n.dataDirectories),
    kassette: (args, result) => mustRun(cluster.directory, args, result),
  });
}
