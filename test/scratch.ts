import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** Bytes that all suites at work at the same time keep there, and those with what their nodes take besides. */
const FILES = 6 * 1024 ** 3;
const WITH_NODES = 16 * 1024 ** 3;

/**
 * Where tests have their files: in memory where there is room, because a third of a cluster's processor time goes into a disk
 * otherwise. `TMPDIR` moves them. What a power cut leaves on a disk is the matter of `test/power-cut`, which has disks of its own.
 */
export function scratchPlace(): string {
  if (process.env['TMPDIR'] !== undefined || !existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  const isRoom = bavail * bsize >= FILES && process.availableMemory() >= WITH_NODES;
  return isRoom ? MEMORY : tmpdir();
}
