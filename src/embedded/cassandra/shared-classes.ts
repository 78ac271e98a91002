import { existsSync, renameSync, rmSync } from 'node:fs';
import type { SharedClasses } from './command-line.ts';

/** What a start has to do with an archive of classes: read it, write one beside its place, or nothing. */
export function archiveFor(wanted: {
  readonly archive: string;
  readonly make: boolean;
}): SharedClasses | undefined {
  if (existsSync(wanted.archive)) return { path: wanted.archive, use: 'read' };
  return wanted.make ? { path: `${wanted.archive}.${process.pid}.making`, use: 'write' } : undefined;
}

/** Called when the process that writes an archive has ended: one that was killed may have left a part of it. */
export function keepArchive(path: string, killed: boolean): void {
  if (!existsSync(path)) return;
  if (killed) rmSync(path);
  else renameSync(path, path.replace(/\.\d+\.making$/, ''));
}
