import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Size } from './clusters.ts';

const cost = z.object({
  seconds: z.number(),
  calls: z.record(z.string(), z.number()),
  mostAtOnce: z.record(z.string(), z.number()),
});
const outcome = z.object({ backup: cost, restore: cost, peakMb: z.number() });
type Cost = z.infer<typeof cost>;

const ROOT = join(import.meta.dirname, '../..');
/** What the image starts Node.js with. */
const NODE_OPTIONS = /NODE_OPTIONS="([^"]*)"/.exec(readFileSync(join(ROOT, 'Containerfile'), 'utf8'))?.[1];

async function simulate(size: Size) {
  const args = [join(import.meta.dirname, 'main.ts'), JSON.stringify(size)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS },
  });
  return outcome.parse(JSON.parse(stdout));
}

/** Calls for each node, with the refreshes, of which there is one for each table, left out. */
function callsPerNode({ calls }: Cost, nodes: number): Record<string, number> {
  const others = Object.entries(calls).filter(([name]) => name !== 'management API refresh');
  return Object.fromEntries(others.filter(([, n]) => n >= nodes).map(([name, n]) => [name, n / nodes]));
}

test('1,000 nodes and 500 tables: the same calls on each node as in a small cluster, under 512 MB, bounded', async () => {
  const one = { clusters: [1], sstables: 2, latencyMs: 0 };
  const small = await simulate({ ...one, nodes: 20, tables: 10 });
  const big = await simulate({ ...one, nodes: 1000, tables: 500 });
  for (const step of ['backup', 'restore'] as const) {
    assert.deepEqual(callsPerNode(big[step], 1000), callsPerNode(small[step], 20), step);
    assert.ok((big[step].mostAtOnce['shell'] ?? 0) <= 32);
    // Snapshots are taken at once, so that they are of one moment; all else goes by turns.
    assert.ok((big[step].mostAtOnce['management API'] ?? 0) <= 512);
  }
  assert.equal(big.restore.calls['management API refresh'], 1000 * 500);
  assert.ok(big.peakMb < 512, `${big.peakMb} MB`);
  const of = ({ backup, restore, peakMb }: typeof big) =>
    `backup ${backup.seconds.toFixed(1)} s, restore ${restore.seconds.toFixed(1)} s, ${peakMb.toFixed(0)} MB`;
  console.log(`1000 nodes, 500 tables: ${of(big)} of kassette's own`);
});

test('a cluster of two datacenters and two of one are worked on at the same time', async () => {
  const size = { nodes: 3, tables: 10, sstables: 2, latencyMs: 50 };
  const together = await simulate({ ...size, clusters: [2, 1, 1] });
  // Each node works for as long as the others: were one cluster done after another, six would be the most.
  for (const step of ['backup', 'restore'] as const) assert.equal(together[step].mostAtOnce['shell'], 4 * 3);
});
