import { type Attempt, afterAttempt } from '../backup/attempt.ts';
import { type ClosedRecord, closedIn } from '../backup/closed.ts';
import { AGAIN, ambiguous, COPIES, givenUp, nothingOpen, pastOwn } from '../backup/closing.ts';
import type { OpenBackup } from '../backup/opening.ts';
import { whose } from '../backup/opening.ts';
import { KassetteError } from '../errors.ts';
import {
  failedIn,
  hasJoined,
  type Share,
  type SharedBackup,
  type SharedVolume,
  type SharingHook,
  sharedIn,
  unended,
} from './shares.ts';

/** What a success hook of one namespace has to do with the backup that it shares with others. */
export type Ending =
  /** It was whole when this namespace ended; `others` have not, and the last of them closes it. */
  | { readonly kind: 'end'; readonly backup: SharedBackup; readonly others: readonly string[] }
  /** Another namespace has failed, and so has this one; where no other is left, the backup goes. */
  | { readonly kind: 'fail'; readonly backup: SharedBackup; readonly others: readonly string[] }
  /** It was closed; what an interrupted removal left is all that remains to be done. */
  | { readonly kind: 'finish'; readonly record: ClosedRecord }
  /** It was closed before, and another backup has been made since, which may be open still. */
  | { readonly kind: 'past'; readonly tag: string; readonly open: OpenBackup | null };

/**
 * The backup is the open one that the namespace has joined.
 * @throws NO_BACKUP, BACKUP_INCOMPLETE, BACKUP_AMBIGUOUS where the volumes do not hold what the run has copied
 */
export function planEnding(volumes: readonly SharedVolume[], hook: SharingHook): Ending {
  const { namespace, runner } = hook;
  const open = sharedIn(volumes, namespace);
  const own = open.filter((b) => hasJoined(shareOf(b, namespace), b, runner));
  const [backup, ...more] = own.length === 0 ? open : own;
  if (more.length > 0) throw ambiguous(open);
  if (backup === undefined) return planClosed(volumes, hook);
  const past = own.length > 0 ? null : pastOwn(backup, runner, backup);
  if (past?.kind === 'past') return past;
  if (shareOf(backup, namespace).joined === null) throw notJoined(backup, namespace);
  const others = unended(backup.shares, namespace);
  const kind = failedIn(backup.shares).length > 0 ? 'fail' : 'end';
  return { kind, backup, others };
}

/** By the record of one that was closed: whether this namespace was among those that had ended, by this run. */
function planClosed(volumes: readonly SharedVolume[], { namespace, runner }: SharingHook): Ending {
  const record = closedIn(volumes);
  if (record === null) throw nothingOpen(volumes, undefined);
  const ended = record.ended?.find((e) => e.namespace === namespace);
  const isOther =
    ended !== undefined && runner.run !== null && ended.run !== null && ended.run !== runner.run;
  const past = isOther || ended === undefined ? pastOwn(record, runner, null) : null;
  if (past?.kind === 'past') return past;
  if (ended === undefined)
    throw givenUp(record.tag, `: it was closed ${whose(record.by)} at ${record.closedAt}`);
  if (isOther)
    throw new KassetteError(
      'NO_BACKUP',
      `No backup is open; the last one, ${record.tag}, was closed at ${record.closedAt}, in namespace ${namespace} of run ${ended.run}, and this is run ${runner.run}. ${COPIES}.`,
      AGAIN,
    );
  return { kind: 'finish', record };
}

function shareOf({ shares }: SharedBackup, namespace: string): Share {
  return (
    shares.find((s) => s.namespace === namespace) ?? { namespace, joined: null, ended: false, failed: false }
  );
}

function notJoined({ tag }: SharedBackup, namespace: string): KassetteError {
  return new KassetteError(
    'NO_BACKUP',
    `Backup ${tag} is open, and namespace ${namespace} has not joined it: its before-backup has failed, or did not run. ${COPIES}.`,
    AGAIN,
  );
}

/** What the failure hook of a namespace does with an open backup that it shares. */
export type Failing =
  /** It is this run's, or the namespace has no part in it and will have none. */
  | { readonly kind: 'fail'; readonly others: readonly string[] }
  | { readonly kind: 'leave'; readonly why: string };

/** @param attempt of a before-backup of the namespace that nothing identifies and that has come to nothing: this may be its failure hook */
export function planFailing(
  backup: SharedBackup,
  { namespace, runner }: SharingHook,
  attempt: Attempt | undefined,
): Failing {
  const own = shareOf(backup, namespace);
  const fail: Failing = { kind: 'fail', others: unended(backup.shares, namespace) };
  if (own.joined === null) return fail;
  if (!hasJoined(own, backup, runner)) {
    const here = runner.run === null ? whose(runner) : `for run ${runner.run}`;
    const why = `namespace ${namespace} has joined it ${whose(own.joined)}, and this is called ${here}`;
    return { kind: 'leave', why };
  }
  if (runner.run !== null || attempt === undefined) return fail;
  return { kind: 'leave', why: afterAttempt(attempt) };
}
