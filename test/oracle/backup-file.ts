import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Damage } from './plan.ts';

/** A Data.db of the one backup in a keyspace's directory of a volume; null where it has none. */
export function someBackupFile(volume: string, keyspace: string): string | null {
  const directory = join(volume, 'data', keyspace);
  const found = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\/snapshots\/kassette-[^/]*\/[^/]*-Data\.db$/.test(path))
    .toSorted();
  return found[0] === undefined ? null : join(directory, found[0]);
}

/** Take a file away, or put an altered one of the same length in its place; answers what mends it. The live file may be the same one. */
export function alterFile(path: string, how: Damage['how']): () => void {
  // Where nothing looks that reads a backup or a table.
  const away = join(path, '..', '..', '..', 'away');
  renameSync(path, away);
  if (how === 'altered') {
    const bytes = readFileSync(away);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  }
  return () => {
    rmSync(path, { force: true });
    renameSync(away, path);
  };
}
