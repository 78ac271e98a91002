import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';
import { allTest } from '../tiers.ts';
import type { Size } from './clusters.ts';

const cost = z.object({
  cpuSeconds: z.number(),
  calls: z.record(z.string(), z.number()),
  mostAtOnce: z.record(z.string(), z.number()),
});
const outcome = z.object({ backup: cost, verified: cost.nullable(), restore: cost, peakMb: z.number() });
type Cost = z.infer<typeof cost>;

const ROOT = join(import.meta.dirname, '../..');
/** What the image starts Node.js with. */
const NODE_OPTIONS = /NODE_OPTIONS="([^"]*)"/.exec(readFileSync(join(ROOT, 'Containerfile'), 'utf8'))?.[1];

async function simulate(size: Size, heapMb?: number) {
  const args = [join(import.meta.dirname, 'main.ts'), JSON.stringify(size)];
  const options =
    heapMb === undefined ? NODE_OPTIONS : `--max-old-space-size=${heapMb} --max-semi-space-size=8`;
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: options },
  });
  const found = outcome.parse(JSON.parse(stdout));
  const seconds = ({ cpuSeconds }: Cost) => `${cpuSeconds.toFixed(1)} s`;
  const verified = found.verified === null ? '' : ` verify --deep ${seconds(found.verified)},`;
  const times = `backup ${seconds(found.backup)},${verified} restore ${seconds(found.restore)}`;
  const sizes = `${size.nodes} nodes, ${size.tables} tables, ${size.sstables} SSTables in each`;
  console.log(`${sizes}: ${times} of the processor, ${found.peakMb.toFixed(0)} MB`);
  return found;
}

/** Calls for each node, with the refreshes, of which there is one for each table, left out. */
function callsPerNode({ calls }: Cost, nodes: number): Record<string, number> {
  const others = Object.entries(calls).filter(([name]) => name !== 'management API refresh');
  return Object.fromEntries(others.filter(([, n]) => n >= nodes).map(([name, n]) => [name, n / nodes]));
}

async function compareCalls(nodes: number): Promise<void> {
  const one = { clusters: [1], sstables: 2, latencyMs: 0 };
  const small = await simulate({ ...one, nodes: 20, tables: 10 });
  const big = await simulate({ ...one, nodes, tables: nodes / 2 });
  for (const step of ['backup', 'restore'] as const) {
    assert.deepEqual(callsPerNode(big[step], nodes), callsPerNode(small[step], 20), step);
    assert.ok((big[step].mostAtOnce['shell'] ?? 0) <= 32);
    // Snapshots are taken at once, so that they are of one moment; all else goes by turns.
    assert.ok((big[step].mostAtOnce['management API'] ?? 0) <= 512);
  }
  assert.equal(big.restore.calls['management API refresh'], (nodes * nodes) / 2);
  assert.ok(big.peakMb < 512, `${big.peakMb} MB`);
}

test('200 nodes and 100 tables: the same calls on each node as in a small cluster, under 512 MB, bounded', () =>
  compareCalls(200));

allTest('1,000 nodes and 500 tables: the same', () => compareCalls(1000));

/** Each SSTable has eight files, and there are five system tables. */
const inTables = (sstables: number) => ({ nodes: 3, tables: 95, sstables: sstables / 100, clusters: [1] });

test('three nodes with 10,000 SSTables each, in a quarter of the memory', async () => {
  const { peakMb } = await simulate({ ...inTables(10_000), latencyMs: 0 }, 64);
  assert.ok(peakMb < 192, `${peakMb} MB`);
});

allTest('three nodes with 50,000 SSTables each, 1.2 million files, in the memory of a hook', async () => {
  const { peakMb } = await simulate({ ...inTables(50_000), latencyMs: 0, deep: true });
  assert.ok(peakMb < 512, `${peakMb} MB`);
});

test('a cluster of two datacenters and two of one are worked on at the same time', async () => {
  const size = { nodes: 3, tables: 10, sstables: 2, latencyMs: 50 };
  const together = await simulate({ ...size, clusters: [2, 1, 1] });
  // Each node works for as long as the others: were one cluster done after another, six would be the most.
  for (const step of ['backup', 'restore'] as const) assert.equal(together[step].mostAtOnce['shell'], 4 * 3);
});
