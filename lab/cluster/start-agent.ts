import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { nodePlaces } from '../../src/adapters/embedded/nodes/node-places.ts';

const AGENT = join(import.meta.dirname, 'agent.ts');

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
