import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attach,
  DEFAULT_SHAPE,
  type EmbeddedCluster,
  type StartOptions,
} from '../../../lab/cluster/launcher.ts';
import { startLoaded } from '../../../lab/golden.ts';
import { smallDataset } from './dataset.ts';

/** A running cluster that a test file works on. */
export interface Target {
  readonly cluster: EmbeddedCluster;
  /** Ends the cluster where this file started it. */
  end(): Promise<void>;
}

/** The cluster that KASSETTE_TEST_CLUSTER names, shared by all files; without it one of the file's own. */
export async function openTarget(): Promise<Target> {
  const given = process.env['KASSETTE_TEST_CLUSTER'];
  if (given !== undefined) return { cluster: attach(given), end: async () => {} };
  const directory = await mkdtemp(join(tmpdir(), 'kassette-test-'));
  const version = process.env['CASSANDRA_VERSION'] || '5.0.6';
  const cluster = await startSmall({ directory, version, detached: false });
  return {
    cluster,
    async end() {
      await cluster.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A new cluster with the small data set in it, and a mark for the first file that uses it. */
export async function startSmall(options: StartOptions): Promise<EmbeddedCluster> {
  const { version, datacenter } = { ...DEFAULT_SHAPE, ...options };
  const cluster = await startLoaded(options, smallDataset(version, datacenter));
  await writeFile(freshMark(options.directory), '');
  return cluster;
}

/** Where it is said that the data set is in the cluster as it was loaded. */
export function freshMark(directory: string): string {
  return join(directory, 'test-fresh');
}

/** SIGKILL to every Cassandra at once and a start on what is on the disks; the stand-ins go on. */
export async function restartWithoutDrain(cluster: EmbeddedCluster): Promise<void> {
  for (const { cassandra } of cluster.processes()) {
    if (cassandra !== undefined) process.kill(cassandra, 'SIGKILL');
  }
  const running = () => cluster.processes().some((p) => p.cassandra !== undefined);
  while (running()) await new Promise((resume) => setTimeout(resume, 50));
  await cluster.startNodes(...cluster.nodes.map((n) => n.name));
}
