import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Inode → bytes of every Data.db of one keyspace, live ones or those of snapshots, in all these data directories. */
export async function dataFiles(
  directories: readonly string[],
  keyspace: string,
  where: 'live' | 'snapshot',
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const root of directories.map((d) => join(d, keyspace))) {
    for (const path of await readdir(root, { recursive: true })) {
      if (!path.endsWith('-Data.db') || path.includes('/snapshots/') !== (where === 'snapshot')) continue;
      const { ino, size } = await stat(join(root, path));
      found.set(`${root} ${ino}`, size);
    }
  }
  return found;
}

/** Bytes of Data.db files in `after` that are not the very files of `before`: what was copied instead of linked. */
export function bytesNotIn(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number {
  return [...after].filter(([inode]) => !before.has(inode)).reduce((sum, [, bytes]) => sum + bytes, 0);
}
