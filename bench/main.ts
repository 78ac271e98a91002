import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCase } from './case.ts';
import { printTable } from './table.ts';

const VERSION = process.env['CASSANDRA_VERSION'] || '5.0.6';
/** The conventional procedure takes about five minutes for 41 tables on two cores, and five times that for 200. */
const COUNTS = (process.env['BENCH_TABLES'] || '41,200').split(',').map(Number);

const outcomes = [];
for (const tables of COUNTS) {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-bench-'));
  try {
    outcomes.push(await runCase({ directory, version: VERSION, tables }));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
for (const outcome of outcomes) printTable(outcome);
// The smaller case, which compares with other measurements, ends the output.
for (const { line } of outcomes.toReversed()) console.log(JSON.stringify(line));
process.exit();
