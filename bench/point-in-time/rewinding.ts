import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { z } from 'zod';
import { mustRun } from '../../lab/cli.ts';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { connectLab } from '../../lab/lab.ts';
import * as results from '../../lab/results.ts';
import { makeLoadTable, writeRows } from './load.ts';

export interface Rewinding {
  /** Of the commit logs that were replayed, of all nodes. */
  readonly bytes: number;
  /** From the command's start until all nodes serve again. */
  readonly seconds: number;
  readonly replayed: number;
}

/** A row of a kibibyte with what the commit log has besides. */
const ROW_BYTES = 1150;

/** A cluster is set back over so much log: a backup, writes, and a second after them. @param sizes MiB of log on each node */
export async function rewinding(
  cluster: EmbeddedCluster,
  client: Client,
  sizes: readonly number[],
): Promise<readonly Rewinding[]> {
  const { directory } = cluster;
  await makeLoadTable(client, cluster.file.datacenters[0]?.name ?? '', cluster.nodes.length);
  const found: Rewinding[] = [];
  for (const megabytes of sizes) {
    await mustRun(directory, ['before-backup', '--keep', '2'], results.beforeBackupResult);
    await mustRun(directory, ['after-backup'], results.afterBackupResult);
    let left = Math.round((megabytes * 1024 ** 2) / ROW_BYTES);
    const again = await connectLab(cluster);
    await writeRows(again, 0, () => left-- > 0);
    await again.shutdown();
    // A second that is over, and after the last write.
    await pause(2000);
    const to = new Date(Math.floor(Date.now() / 1000 - 1) * 1000).toISOString();
    const { run, result } = await mustRun(directory, ['rewind', '--to', to], results.rewindResult);
    await mustRun(directory, ['rewind', '--accept'], z.unknown());
    found.push({
      bytes: (result.plan?.nodes ?? []).reduce((sum, n) => sum + n.bytes, 0),
      seconds: run.seconds,
      replayed: result.nodes.reduce((sum, n) => sum + n.replayed, 0),
    });
  }
  return found;
}
