import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { LauncherError } from '../../src/adapters/embedded/nodes/launcher-error.ts';
import { nodePlaces } from '../../src/adapters/embedded/nodes/node-places.ts';
import { nodeProcesses } from '../../src/adapters/embedded/nodes/processes.ts';

/** SIGKILL for all of them at once, as when a machine loses power. */
export async function killProcesses(directory: string, names: readonly string[]): Promise<void> {
  const found = names.map((name) => nodeProcesses(directory, name));
  // Stand-ins first: they would otherwise notice and report the end of their Cassandra.
  for (const { agent } of found) signal(agent, 'SIGKILL');
  for (const { cassandra } of found) signal(cassandra, 'SIGKILL');
  await waitUntilGone(directory, names, 15_000);
  removePidFiles(directory, names);
}

/** Ends Cassandra gracefully (it drains), then the stand-ins; insists after 90 s. */
export async function stopProcesses(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { agent, cassandra } = nodeProcesses(directory, name);
    signal(agent ?? cassandra, 'SIGTERM');
  }
  const gone = await waitUntilGone(directory, names, 90_000).then(
    () => true,
    () => false,
  );
  if (!gone) await killProcesses(directory, names);
  removePidFiles(directory, names);
}

async function waitUntilGone(directory: string, names: readonly string[], patienceMs: number): Promise<void> {
  const end = Date.now() + patienceMs;
  const left = () =>
    names.filter((name) => Object.values(nodeProcesses(directory, name)).some((pid) => pid !== undefined));
  while (left().length > 0) {
    if (Date.now() > end) {
      throw new LauncherError(`Still running: ${left().join(', ')}`, 'Look for what keeps the processes.');
    }
    await pause(50);
  }
}

function removePidFiles(directory: string, names: readonly string[]): void {
  for (const name of names) {
    const places = nodePlaces(directory, name);
    rmSync(places.agentPid, { force: true });
    rmSync(places.cassandraPid, { force: true });
  }
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between: that is what was wanted.
  }
}
