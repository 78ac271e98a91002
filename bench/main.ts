import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from '../demo/dataset/load.ts';
import { mustRun } from '../demo/lab/cli.ts';
import { connectLab, startLab, storageOf } from '../demo/lab/lab.ts';
import { datasetOf, type Outcome, runCase } from './case.ts';
import { embeddedPlace } from './embedded-place.ts';
import { printTable } from './table.ts';

const VERSION = process.env['CASSANDRA_VERSION'] || '5.0.6';
/** The conventional procedure takes about five minutes for 41 tables on two cores, and five times that for 200. */
const COUNTS = (process.env['BENCH_TABLES'] || '41,200').split(',').map(Number);

const outcomes = [];
for (const tables of COUNTS) {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-bench-'));
  try {
    outcomes.push(await embeddedCase(directory, tables));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
for (const outcome of outcomes) printTable(outcome);
// The smaller case, which compares with other measurements, ends the output.
for (const { line } of outcomes.toReversed()) console.log(JSON.stringify(line));
process.exit();

async function embeddedCase(directory: string, tables: number): Promise<Outcome> {
  const cluster = await startLab({ directory, version: VERSION, jmxBasePort: 7199, subnet: '127.0.3' });
  const client = await connectLab(cluster);
  try {
    await load(client, datasetOf(tables), storageOf(cluster));
    return await runCase({
      tables,
      client,
      place: embeddedPlace(cluster),
      dataDirectories: cluster.nodes.flatMap((n) => n.dataDirectories),
      kassette: (args, result) => mustRun(directory, args, result),
    });
  } finally {
    await client.shutdown();
    await cluster.kill();
  }
}
