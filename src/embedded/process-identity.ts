import { readFileSync } from 'node:fs';

/** The number in a pid file; undefined where there is none. */
export function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the process runs and names `path` on its command line. Process ids are used again: without this a stale pid
 * file could make us kill a stranger.
 */
export function isOurs(pid: number, path: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path);
  } catch {
    return false;
  }
}
