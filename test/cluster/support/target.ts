import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab } from '../../../demo/lab/lab.ts';
import { attach, type EmbeddedCluster } from '../../../src/embedded/launcher.ts';

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
  const cluster = await startLab({ directory, version, detached: false });
  return {
    cluster,
    async end() {
      await cluster.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
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
