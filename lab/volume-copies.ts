import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { EmbeddedCluster } from './cluster/launcher.ts';

const run = promisify(execFile);

/** Copies of a cluster's volumes, each taken at its own moment. */
export interface VolumeCopies {
  readonly directory: string;
  /** Between the first and the last copy's moment, milliseconds. */
  readonly skewMs: number;
}

/**
 * Copy every volume as a volume snapshot would have it: crash-consistent, because the node stands still while its files are
 * copied and knows nothing of it; skewed, because one follows the other after a pause.
 */
export async function copyVolumes(
  cluster: EmbeddedCluster,
  into: string,
  pauseMs: number,
): Promise<VolumeCopies> {
  const moments: number[] = [];
  for (const node of cluster.nodes) {
    if (moments.length > 0) await sleep(pauseMs);
    const pid = cluster.processes().find((p) => p.name === node.name)?.cassandra;
    if (pid !== undefined) process.kill(pid, 'SIGSTOP');
    try {
      moments.push(Date.now());
      await copyTree(node.volume, join(into, node.name));
    } finally {
      if (pid !== undefined) process.kill(pid, 'SIGCONT');
    }
  }
  return { directory: into, skewMs: Math.max(...moments) - Math.min(...moments) };
}

/** Put copied volumes in the place of a stopped cluster's. */
export async function putVolumesBack(cluster: EmbeddedCluster, from: string): Promise<void> {
  await Promise.all(
    cluster.nodes.map(async (node) => {
      await rm(node.volume, { recursive: true, force: true });
      await copyTree(join(from, node.name), node.volume);
    }),
  );
}

/** A copy of a directory, sharing blocks with it where the file system can do that. */
export async function copyTree(from: string, to: string): Promise<void> {
  await run('mkdir', ['-p', to]);
  await run('cp', ['-a', '--reflink=auto', '--', `${from}/.`, to]);
}
