import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BedError } from './bed-error.ts';
import { podProcesses, removeCgroups } from './machine/cgroups.ts';
import { restoreKernel } from './machine/kernel-settings.ts';
import { removeShimSockets, removeTraces } from './machine/machine-traces.ts';
import { mountsBelow, unmountBelow } from './machine/mounts.ts';
import { bedProcesses } from './machine/process-scan.ts';
import { signal } from './machine/processes.ts';
import { holder, releaseMachine } from './marker.ts';
import { removeBridge, removeRules } from './network/network.ts';
import { type Places, placesIn } from './places.ts';

const PATIENCE_MS = 20_000;

/**
 * Removes a bed, whole or half-started, from this machine; its logs stay. Nothing is asked to end politely: its state is
 * thrown away with it.
 */
export async function takeDown(directory: string): Promise<void> {
  const places = placesIn(directory);
  // What is there once on a machine belongs to the directory in the marker; another's must be left alone.
  const marked = holder();
  const holdsMachine = marked === undefined || marked.directory === directory;
  await endProcesses(places, holdsMachine);
  await removeShimSockets(places);
  await unmountBelow(directory);
  if (holdsMachine) await cleanMachine(places);
  await removeTraces(places);
  await removeFiles(places);
  if (holdsMachine) releaseMachine();
}

async function endProcesses(places: Places, withPods: boolean): Promise<void> {
  const left = () => [...bedProcesses(places.directory), ...(withPods ? podProcesses() : [])];
  const deadline = Date.now() + PATIENCE_MS;
  // Again and again: while a kubelet or a shim still lives, it may start one more.
  for (let pids = left(); pids.length > 0; pids = left()) {
    if (Date.now() > deadline) throw new BedError(`These processes do not end: ${pids.join(' ')}`);
    for (const pid of pids) signal(pid, 'SIGKILL');
    await pause(20);
  }
}

async function cleanMachine(places: Places): Promise<void> {
  await removeRules();
  await removeBridge();
  restoreKernel(places);
  const deadline = Date.now() + PATIENCE_MS;
  // The kernel needs a moment after a process's end before its cgroup may go.
  while (!removeCgroups()) {
    if (Date.now() > deadline) throw new BedError('The cgroups of the bed cannot be removed.');
    await pause(20);
  }
}

async function removeFiles({ directory }: Places): Promise<void> {
  if (!existsSync(directory)) return;
  const mounts = mountsBelow(directory);
  // Removing through a mount that is still there would delete what it shows.
  if (mounts.length > 0) throw new BedError(`Still mounted: ${mounts.join(' ')}`);
  const known = Object.values(placesIn(directory)).filter((path) => path.startsWith(`${directory}/`));
  const logs = placesIn(directory).logs;
  for (const path of [...known, join(directory, 'kubectl-cache')]) {
    if (path !== logs) await rm(path, { recursive: true, force: true });
  }
  if ((await readdir(directory)).length === 0) await rm(directory, { recursive: true });
}
