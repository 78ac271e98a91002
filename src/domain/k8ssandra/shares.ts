import { closedIn } from '../backup/closed.ts';
import type { ClosableVolume } from '../backup/closing.ts';
import {
  isAbandoned,
  isOwn,
  type OpenBackup,
  type Opening,
  openBackups,
  type Runner,
  whose,
} from '../backup/opening.ts';
import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';
import { type NoteKind, writerOf } from './note.ts';

/** One volume, and the namespace that its node is in. */
export interface SharedVolume extends ClosableVolume {
  readonly namespace: string;
}

/** How far the hooks of one namespace are with a backup that those of several share. */
export interface Share {
  readonly namespace: string;
  /** Whose hook has joined it; null where none has. */
  readonly joined: Runner | null;
  readonly ended: boolean;
  readonly failed: boolean;
}

export interface SharedBackup extends OpenBackup {
  readonly shares: readonly Share[];
}

/** The hook of one namespace. */
export interface SharingHook {
  readonly namespace: string;
  readonly runner: Runner;
}

/** The namespaces that are expected to share a backup; null where it is none that this namespace shares. */
export function sharesOf(
  { tag, expected }: Pick<Opening, 'expected'> & { readonly tag: string },
  namespace: string,
  volumes: readonly SharedVolume[],
): readonly Share[] | null {
  if (expected === undefined || !expected.includes(namespace)) return null;
  return expected.map((place) => shareOf(tag, place, volumes));
}

/** A hook that was killed before it had written its note on all nodes has not done what the note says; but one that has failed has. */
function shareOf(tag: string, namespace: string, volumes: readonly SharedVolume[]): Share {
  const own = volumes.filter((v) => v.namespace === namespace);
  const noted = (kind: NoteKind) =>
    own.map((v) =>
      v.backups.find((b) => b.tag === tag)?.notes?.find((n) => n.kind === kind && n.namespace === namespace),
    );
  const writers = noted('joined').map((n) => (n === undefined ? null : writerOf(n)));
  return {
    namespace,
    joined: writers.includes(null) ? null : (writers[0] ?? null),
    ended: own.length > 0 && !noted('ended').includes(undefined),
    failed: noted('failed').some((n) => n !== undefined),
  };
}

/** Open backups that this namespace shares. One that was closed is open no longer, whatever is left of it. */
export function sharedIn(volumes: readonly SharedVolume[], namespace: string): readonly SharedBackup[] {
  const closed = closedIn(volumes)?.tag;
  return openBackups(volumes).flatMap((backup) => {
    const shares = backup.tag === closed ? null : sharesOf(backup, namespace, volumes);
    return shares === null ? [] : [{ ...backup, shares }];
  });
}

/** The others that have neither ended nor failed. */
export function unended(shares: readonly Share[], namespace: string): readonly string[] {
  return shares.filter((s) => s.namespace !== namespace && !s.ended && !s.failed).map((s) => s.namespace);
}

export function failedIn(shares: readonly Share[]): readonly string[] {
  return shares.filter((s) => s.failed).map((s) => s.namespace);
}

/** Whether it was this run's hook that joined it. */
export function hasJoined({ joined }: Share, backup: OpenBackup, runner: Runner): boolean {
  return joined !== null && isOwn({ ...backup, ...joined }, runner);
}

/**
 * The open backup that a hook joins instead of making one; null where there is none. A hook that is run again by the same run has it again.
 * @throws BACKUP_OPEN where the namespace has joined it for another run, BACKUP_INCOMPLETE where another namespace has failed
 */
export function planJoining(
  volumes: readonly SharedVolume[],
  { namespace, runner }: SharingHook,
  now: Date,
): SharedBackup | null {
  const [backup] = sharedIn(volumes, namespace).filter((b) => !isAbandoned(b, now));
  const own = backup?.shares.find((s) => s.namespace === namespace);
  if (backup === undefined || own === undefined) return null;
  const isAgain = runner.run !== null && hasJoined(own, backup, runner) && !own.ended;
  if (own.joined !== null && !isAgain) throw joinedBefore(backup, own.joined, namespace);
  const failed = failedIn(backup.shares);
  if (failed.length > 0) throw othersFailed(backup.tag, failed);
  return backup;
}

/** A backup of which a namespace has no copy cannot be restored: none is to keep a restore point of it. */
export function othersFailed(tag: string, failed: readonly string[]): KassetteError {
  return new KassetteError(
    'BACKUP_INCOMPLETE',
    `Backup ${tag} of several namespaces has failed in ${failed.join(', ')}: nothing could restore the others alone.`,
    'Do not keep the restore point. The last of the namespaces removes the backup; then back up again.',
  );
}

function joinedBefore({ tag, abandonedAt }: OpenBackup, joined: Runner, namespace: string): KassetteError {
  return new KassetteError(
    'BACKUP_OPEN',
    `Backup ${tag}, which namespace ${namespace} has joined ${whose(joined)}, is open: volumes may still be copied. It counts as abandoned from ${abandonedAt}.`,
    hint`Nothing was changed. Wait until the hooks of all namespaces have ended: ${kassette('status')} shows it. Or run ${kassette('after-backup', '--tag', tag)} to give the backup up; the copies of its volumes cannot be restored then.`,
  );
}
