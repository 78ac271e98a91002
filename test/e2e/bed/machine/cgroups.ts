import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP } from '../places.ts';

const ROOT = '/sys/fs/cgroup';

/**
 * A cgroup of the bed's own, in every hierarchy, for the kubelet to put the pods in. It makes the pods' processes known
 * for certain when they have to be ended, also on a machine with a Kubernetes besides.
 */
export function createCgroups(): void {
  for (const hierarchy of hierarchies()) {
    const own = join(hierarchy, CGROUP);
    mkdirSync(own, { recursive: true });
    // A new cpuset is empty and takes nobody in.
    for (const name of ['cpuset.cpus', 'cpuset.mems']) {
      if (existsSync(join(own, name)) && isVersionOne(hierarchy)) {
        writeFileSync(join(own, name), readFileSync(join(hierarchy, name)));
      }
    }
  }
}

/** The processes of all pods. */
export function podProcesses(): readonly number[] {
  return [...new Set(ownCgroups().flatMap(processesIn))];
}

/**
 * None in a cgroup that its runtime removes meanwhile. One that has no number here, being of another PID namespace, is written
 * as 0; a signal to that would end this process and all of its group.
 */
export function processesIn(cgroup: string): readonly number[] {
  const text = unlessGone(() => readFileSync(join(cgroup, 'cgroup.procs'), 'utf8')) ?? '';
  return text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
}

/** Removes the bed's cgroups; whether all are gone. One with a process in it stays. */
export function removeCgroups(): boolean {
  for (const cgroup of ownCgroups()) {
    try {
      rmdirSync(cgroup);
    } catch {
      return false;
    }
  }
  return true;
}

/** Innermost first. */
function ownCgroups(): readonly string[] {
  return hierarchies().flatMap((hierarchy) => {
    const own = join(hierarchy, CGROUP);
    return existsSync(own) ? [...inside(own), own] : [];
  });
}

/** Those below a cgroup, innermost first. */
export function inside(cgroup: string): readonly string[] {
  return (unlessGone(() => readdirSync(cgroup, { withFileTypes: true })) ?? [])
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(cgroup, entry.name))
    .flatMap((child) => [...inside(child), child]);
}

/** A file of a cgroup that is removed while it is open answers ENODEV. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENODEV'].includes(code)) return undefined;
    throw error;
  }
}

/** One in version 2; in version 1 one for each controller, and often an empty one of version 2 beside them. */
function hierarchies(): readonly string[] {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return [ROOT];
  return readdirSync(ROOT)
    .map((name) => join(ROOT, name))
    .filter((directory) => existsSync(join(directory, 'cgroup.procs')));
}

const isVersionOne = (hierarchy: string): boolean => existsSync(join(hierarchy, 'tasks'));
