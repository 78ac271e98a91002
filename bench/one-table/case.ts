import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'cassandra-driver';
import { z } from 'zod';
import { mustRun } from '../../lab/cli.ts';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { compareData } from '../../lab/dataset/compare/compare.ts';
import { recordData } from '../../lab/dataset/compare/record.ts';
import { load } from '../../lab/dataset/load.ts';
import { storageOf } from '../../lab/lab.ts';
import * as results from '../../lab/results.ts';
import { copyVolumes } from '../../lab/volume-copies.ts';
import { datasetOf } from '../case.ts';
import { nodetool } from '../nodetool.ts';
import { BIG, checkBigTable, makeBigTable, rowsFor } from './big-table.ts';
import { byHand } from './by-hand.ts';
import { bytesIn, type Home, snapshotIn } from './places.ts';
import { forget, type Measured, measure } from './traffic.ts';

/** [by hand, kassette], each from the backup in the volumes and from copies of them. */
export interface OneTable {
  readonly bytes: number;
  readonly fromBackup: readonly [Measured, Measured];
  readonly fromCopies: readonly [Measured, Measured];
  readonly rssMb: number;
}

const OTHER_TABLES = 40;

/** One large table among others, emptied and brought back four times, from the same backup on the same cluster. */
export async function runOneTable(
  cluster: EmbeddedCluster,
  client: Client,
  tableBytes: number,
): Promise<OneTable> {
  const { directory } = cluster;
  const rows = rowsFor(tableBytes);
  await load(client, datasetOf(OTHER_TABLES), storageOf(cluster));
  await makeBigTable(client, rows);
  const others = { include: (keyspace: string) => keyspace !== BIG.keyspace };
  const before = await recordData(client, others);
  const { tag } = (await mustRun(directory, ['before-backup'], results.beforeBackupResult)).result;
  const copies = join(directory, 'copies');
  await copyVolumes(cluster, copies, 0);
  const inVolumes = cluster.nodes.map((node): Home => ({ node, volume: node.volume, tag }));
  const inCopies = cluster.nodes.map((node): Home => ({ node, volume: join(copies, node.name), tag }));

  const once = async (what: string, homes: readonly Home[], work: () => Promise<unknown>) => {
    await client.execute(`TRUNCATE ${BIG.keyspace}.${BIG.name}`);
    await forget(await Promise.all(homes.map(snapshotIn)));
    const measured = await measure(cluster, work);
    await checkBigTable(client, rows);
    const { identical } = compareData(before, await recordData(client, others));
    if (!identical) throw new Error('Other tables are not as they were.');
    console.error(`one table: ${what}: ${measured.seconds.toFixed(1)} s`);
    return measured;
  };
  let rssMb = 0;
  const kassette = (from: string) => async () => {
    const args = ['restore-table', `${BIG.keyspace}.${BIG.name}`, '--from', from];
    rssMb = Math.max(rssMb, (await mustRun(directory, args, z.unknown())).run.rssMb);
  };
  await warmUp(cluster, tag);
  const fromBackup = [
    await once('by hand from the volumes', inVolumes, () => byHand(cluster, inVolumes)),
    await once('kassette from the volumes', inVolumes, kassette(`backup:${tag}`)),
  ] as const;
  const fromCopies = [
    await once('by hand from copies', inCopies, () => byHand(cluster, inCopies)),
    await once('kassette from copies', inCopies, kassette(`path:${copies}`)),
  ] as const;
  const bytes = await bytesIn(inVolumes);
  await rm(copies, { recursive: true });
  return { bytes, fromBackup, fromCopies, rssMb };
}

/** Once, unmeasured, on another table: what either way is the first to call is compiled then. */
async function warmUp({ directory, nodes }: EmbeddedCluster, tag: string): Promise<void> {
  await mustRun(directory, ['restore-table', 'generated.table_000', '--from', `backup:${tag}`], z.unknown());
  for (const node of nodes) await nodetool(directory, node, ['refresh', 'generated', 'table_001']);
}
