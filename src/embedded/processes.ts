import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LauncherError } from './launcher-error.ts';
import { nodePlaces } from './layout.ts';
import { isOurs, readPid } from './process-identity.ts';

const AGENT = join(import.meta.dirname, 'agent.ts');

export interface NodeProcesses {
  readonly agent: number | undefined;
  readonly cassandra: number | undefined;
}

/** The processes of a node that run now, known by their pid files and checked by their command lines. */
export function nodeProcesses(directory: string, name: string): NodeProcesses {
  const places = nodePlaces(directory, name);
  const running = (file: string, path: string) => {
    const pid = readPid(file);
    return pid !== undefined && isOurs(pid, path) ? pid : undefined;
  };
  return {
    agent: running(places.agentPid, places.nodeFile),
    cassandra: running(places.cassandraPid, places.configuration),
  };
}

/** Starts the node's stand-in. One that is not detached ends, with its Cassandra, when this process ends. */
export function startAgent(directory: string, name: string, detached: boolean): void {
  const places = nodePlaces(directory, name);
  mkdirSync(places.logs, { recursive: true });
  const log = openSync(join(places.logs, 'agent.log'), 'a');
  const args = [AGENT, '--config', places.nodeFile, ...(detached ? [] : ['--exit-with-parent'])];
  const child = spawn(process.execPath, args, {
    // Its own session in both cases: an interrupt from the keyboard is for the launching process to handle.
    detached: true,
    cwd: places.home,
    stdio: [detached ? 'ignore' : 'pipe', log, log],
  });
  closeSync(log);
  child.on('error', () => {});
  child.unref();
  // Held open for as long as this process lives, without keeping it alive.
  const stdin = child.stdin as (NonNullable<typeof child.stdin> & { unref?: () => void }) | null;
  stdin?.unref?.();
  stdin?.on('error', () => {});
}

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
