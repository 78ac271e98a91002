import type { BackupPart } from '../backup/backup-choice.ts';
import { KassetteError } from '../errors.ts';
import { anyOf, hint, kassette } from '../hint.ts';

/**
 * That a backup seems to wait for its restore. Only one that is complete on every node is named as one to restore; of volumes of
 * different restore points none is. `parts`: of all nodes of the cluster
 */
export function restorePending(
  cluster: string,
  nodes: readonly string[],
  parts: readonly BackupPart[],
  tag: string,
  why: string,
): KassetteError {
  const tags = [...new Set(parts.map((p) => p.tag))].toSorted();
  const lacking = (of: string) =>
    nodes.filter((node) => !parts.some((p) => p.tag === of && p.node === node && p.complete));
  const whole = tags.filter((t) => lacking(t).length === 0);
  const message = `The volumes of ${cluster} hold backup ${tag}, and ${why}.`;
  if (whole.includes(tag)) {
    return new KassetteError(
      'RESTORE_PENDING',
      message,
      hint`Nothing was changed. Run ${kassette('after-restore', '--tag', tag)} to restore it, or ${kassette('after-backup', '--tag', tag)} to give it up; then back up again.`,
    );
  }
  const where = tags
    .filter((t) => !whole.includes(t))
    .map((t) => `${t} is not complete on ${lacking(t).join(', ')}`)
    .join('; ');
  const restore =
    whole.length === 0
      ? hint`None of them can be restored: restore all volumes from one restore point and run ${kassette('after-restore')}`
      : hint`Run ${anyOf(whole.map((t) => kassette('after-restore', '--tag', t)))}, which is complete on every node`;
  return new KassetteError(
    'RESTORE_PENDING',
    `${message} ${where}.`,
    hint`Nothing was changed. ${restore}; or run ${kassette('after-backup', '--incomplete')} to give up all that are not complete; then back up again.`,
  );
}
