import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'cassandra-driver';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { ARCHIVE } from '../../src/domain/archive/archiving.ts';
import { makeLoadTable, writeRows } from './load.ts';

/** One node, and what was written to it. */
interface Side {
  readonly client: Client;
  readonly latencies: number[];
  seconds: number;
}

export interface ArchivingCost {
  /** Writes a second with the archive over those without. */
  readonly throughput: number;
  /** Of the 99th percentile of the latency, the same. */
  readonly p99: number;
  readonly writesPerSecond: number;
  /** That were archived meanwhile. */
  readonly segments: number;
}

const WARM_UP = 2;

/**
 * The same writes to two nodes, one of which archives its commit log: in turns, so that what the machine does besides is the same for both, and
 * each as often the first of two.
 */
export async function archivingCost(
  clusters: { readonly without: EmbeddedCluster; readonly archiving: EmbeddedCluster },
  clients: { readonly without: Client; readonly archiving: Client },
  { turns, secondsEach }: { readonly turns: number; readonly secondsEach: number },
): Promise<ArchivingCost> {
  const side = (client: Client): Side => ({ client, latencies: [], seconds: 0 });
  const [without, archiving] = [side(clients.without), side(clients.archiving)];
  for (const { client } of [without, archiving])
    await makeLoadTable(client, clusters.without.file.datacenters[0]?.name ?? '', 1);
  const archive = join(clusters.archiving.nodes[0]?.volume ?? '', ARCHIVE);
  let written = 0;
  let before = 0;
  for (let turn = 0; turn < WARM_UP + turns; turn++) {
    if (turn === WARM_UP) before = (await readdir(archive)).length;
    for (const one of turn % 2 === 0 ? [without, archiving] : [archiving, without])
      written += await takeTurn(one, written, secondsEach, turn >= WARM_UP);
  }
  return {
    throughput: rate(archiving) / rate(without),
    p99: p99(archiving) / p99(without),
    writesPerSecond: rate(without),
    segments: (await readdir(archive)).length - before,
  };
}

/** Answers how many rows were written. */
async function takeTurn(side: Side, first: number, seconds: number, counts: boolean): Promise<number> {
  const started = performance.now();
  const latencies = await writeRows(side.client, first, () => performance.now() < started + seconds * 1000);
  if (counts) {
    side.seconds += (performance.now() - started) / 1000;
    for (const latency of latencies) side.latencies.push(latency);
  }
  return latencies.length;
}

const rate = ({ latencies, seconds }: Side) => latencies.length / seconds;

function p99({ latencies }: Side): number {
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
}
