import { KassetteError } from '../errors.ts';

/** What of one backup is in one volume. */
export interface BackupPart {
  readonly node: string;
  readonly tag: string;
  readonly complete: boolean;
}

const ANOTHER_POINT =
  'Nothing was changed. Restore the volumes from a restore point that was taken between before-backup and after-backup.';

const SCALED_OR_ANOTHER_POINT =
  'Nothing was changed. If these nodes were added when the datacenter was scaled up: set `spec.size` and `spec.racks` back to what the backup was made of, wait until cass-operator has decommissioned them, run the same command again, and scale the datacenter when the restore has ended. Otherwise restore the volumes from a restore point that was taken between before-backup and after-backup.';

/**
 * The one backup that a restore uses: the one asked for, else the only one that is complete on every node.
 * @throws NO_BACKUP, BACKUP_INCOMPLETE, BACKUP_AMBIGUOUS
 */
export function chooseBackup(nodes: readonly string[], parts: readonly BackupPart[], asked?: string): string {
  const byTag = Map.groupBy(parts, (p) => p.tag);
  if (byTag.size === 0 || (asked !== undefined && !byTag.has(asked)))
    throw noBackup([...byTag.keys()], asked);
  const complete = [...byTag.keys()]
    .filter((tag) => lacking(nodes, byTag.get(tag) ?? []).length === 0)
    .toSorted();
  if (asked !== undefined && complete.includes(asked)) return asked;
  const [only, ...more] = complete;
  if (asked !== undefined || only === undefined) {
    const tag = asked ?? [...byTag.keys()].toSorted().at(-1) ?? '';
    const without = lacking(nodes, byTag.get(tag) ?? []);
    // A volume that came back with others has something of them; one of a node that was added has nothing.
    const isEmpty = (node: string) => !parts.some((p) => p.node === node);
    throw new KassetteError(
      'BACKUP_INCOMPLETE',
      `Backup ${tag} is not complete: its part is missing or has no complete marker on ${without.join(', ')}.`,
      without.length < nodes.length && without.every(isEmpty) ? SCALED_OR_ANOTHER_POINT : ANOTHER_POINT,
    );
  }
  if (more.length > 0) {
    throw new KassetteError(
      'BACKUP_AMBIGUOUS',
      `Several complete backups are in the volumes: ${complete.join(', ')}.`,
      'Nothing was changed. Name the one to restore with `--tag`.',
    );
  }
  return only;
}

/** That there is no backup, or not the one asked for; `tags`: those that there are. */
export function noBackup(tags: readonly string[], asked: string | undefined): KassetteError {
  if (asked === undefined)
    return new KassetteError('NO_BACKUP', 'No backup is in the volumes.', ANOTHER_POINT);
  const found = tags.length === 0 ? 'there is none' : `there is ${tags.toSorted().join(', ')}`;
  return new KassetteError('NO_BACKUP', `No backup ${asked} is in the volumes; ${found}.`, ANOTHER_POINT);
}

function lacking(nodes: readonly string[], parts: readonly BackupPart[]): readonly string[] {
  return nodes.filter((node) => !parts.some((p) => p.node === node && p.complete));
}
