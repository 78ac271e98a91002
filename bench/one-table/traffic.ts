import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';

const run = promisify(execFile);

/** Bytes that went between processes and disks. */
export interface Traffic {
  readonly read: number;
  readonly written: number;
}

export interface Measured extends Traffic {
  readonly seconds: number;
}

/**
 * What some work costs, as Linux accounts it: for this process with every one that it started and that has ended, and
 * for all nodes. What comes from the page cache does not count as read: see `forget`.
 */
export async function measure(cluster: EmbeddedCluster, work: () => Promise<unknown>): Promise<Measured> {
  const before = await traffic(cluster);
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const after = await traffic(cluster);
  return { seconds, read: after.read - before.read, written: after.written - before.written };
}

async function traffic(cluster: EmbeddedCluster): Promise<Traffic> {
  const nodes = cluster.processes().flatMap(({ agent, cassandra }) => [agent, cassandra]);
  const all = await Promise.all([process.pid, ...nodes].filter((pid) => pid !== undefined).map(trafficOf));
  return {
    read: all.reduce((sum, one) => sum + one.read, 0),
    written: all.reduce((sum, one) => sum + one.written, 0),
  };
}

async function trafficOf(pid: number): Promise<Traffic> {
  const text = await readFile(`/proc/${pid}/io`, 'utf8');
  const number = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  return { read: number('read_bytes'), written: number('write_bytes') };
}

/** Write everything under these directories to the disk and drop it from the page cache: a backup is seldom in memory. */
export async function forget(directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    await run('find', [directory, '-type', 'f', '-exec', 'sh', '-c', DROP, 'drop', '{}', '+']);
  }
}

const DROP = 'for f; do dd of="$f" oflag=nocache conv=notrunc,fdatasync count=0 status=none || exit; done';
