import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../../simulation/world.ts';
import type { Damage } from '../plan.ts';
import { OWN } from './schema.ts';

/** A Data.db of the one backup on a node; null where it has none. */
export function someBackupFile({ cluster }: World, number: number): string | null {
  const node = cluster.nodes[number];
  if (node === undefined) return null;
  const found = readdirSync(join(node.volume, 'data', OWN), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\/snapshots\/kassette-[^/]*\/[^/]*-Data\.db$/.test(path))
    .toSorted();
  return found[0] === undefined ? null : join(node.volume, 'data', OWN, found[0]);
}

/** Take a file away, or put an altered one of the same length in its place; answers what mends it. The live file may be the same one. */
export function alterFile(path: string, how: Damage['how']): () => void {
  // Where nothing that looks for files of a backup comes.
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
