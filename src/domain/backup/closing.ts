import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';
import { type ClosedRecord, closedByOwn, closedIn } from './closed.ts';
import { isOwn, type OpenableVolume, type OpenBackup, openBackups, type Runner, whose } from './opening.ts';

/** One volume, as a survey finds it. */
export interface ClosableVolume extends OpenableVolume {
  readonly node: string;
  readonly closed: string | null;
}

/** What a success hook has to do. */
export type Closing =
  | { readonly kind: 'close'; readonly backup: OpenBackup }
  /** It was closed before; what an interrupted removal left is all that remains to be done. */
  | { readonly kind: 'finish'; readonly record: ClosedRecord }
  /** It was closed before, and another backup has been made since, which may be open still. */
  | { readonly kind: 'past'; readonly tag: string; readonly open: OpenBackup | null };

export const COPIES = 'The copies of the volumes that were made meanwhile may hold no restorable backup';
export const AGAIN = 'Nothing was changed. Do not keep the restore point, and back up again.';

/**
 * What there is to close: the one backup that is open, or the one asked for.
 * @throws NO_BACKUP, BACKUP_INCOMPLETE, BACKUP_AMBIGUOUS where the volumes do not hold what the run has copied
 */
export function planClosing(
  volumes: readonly ClosableVolume[],
  runner: Runner,
  asked: string | undefined,
): Closing {
  const open = openBackups(volumes).filter((o) => asked === undefined || o.tag === asked);
  if (open.length > 0) return planOpen(open, runner, asked);
  const record = closedIn(volumes);
  if (record === null || (asked !== undefined && asked !== record.tag)) throw nothingOpen(volumes, asked);
  const past = record.run === runner.run || asked !== undefined ? null : pastOwn(record, runner, null);
  if (past !== null) return past;
  checkRepeated(record, runner);
  return { kind: 'finish', record };
}

function planOpen(open: readonly OpenBackup[], runner: Runner, asked: string | undefined): Closing {
  const own = open.filter((o) => runner.run !== null && isOwn(o, runner));
  const [backup, ...more] = own.length === 0 ? open : own;
  if (backup === undefined || more.length > 0) throw ambiguous(open);
  const past = own.length > 0 || asked !== undefined ? null : pastOwn(backup, runner, backup);
  return past ?? { kind: 'close', backup };
}

/** Where this run's own backup made way for a later one: it was closed, or it was removed before its hook came. */
export function pastOwn(
  later: Pick<OpenBackup, 'tag' | 'past'> & { readonly run: string | null },
  { run }: Runner,
  open: OpenBackup | null,
): Closing | null {
  const past = run === null ? undefined : later.past.findLast((p) => p.run === run);
  if (past === undefined) return null;
  if (past.state === 'closed') return { kind: 'past', tag: past.tag, open };
  const by = later.run === null ? '' : ` by run ${later.run}`;
  throw givenUp(past.tag, `, and backup ${later.tag} has been made${by} since`);
}

/** That this run's hook is the one that closed it: otherwise volumes were being copied when it was removed. */
function checkRepeated(record: ClosedRecord, runner: Runner): void {
  const another = runner.run !== null && record.run !== null && runner.run !== record.run;
  if (another) {
    throw new KassetteError(
      'NO_BACKUP',
      `No backup is open; the last one, ${record.tag} of run ${record.run}, was closed at ${record.closedAt}, and this is run ${runner.run}. ${COPIES}.`,
      AGAIN,
    );
  }
  const byOther = runner.hook && (!record.by.hook || (record.run === runner.run && !closedByOwn(record)));
  if (byOther) throw givenUp(record.tag, `: it was closed ${whose(record.by)} at ${record.closedAt}`);
}

export function givenUp(tag: string, how: string): KassetteError {
  return new KassetteError(
    'NO_BACKUP',
    `Backup ${tag} was removed before the hook of its own run came${how}. ${COPIES}.`,
    AGAIN,
  );
}

export function ambiguous(open: readonly OpenBackup[]): KassetteError {
  return new KassetteError(
    'BACKUP_AMBIGUOUS',
    `Several backups are open: ${open.map((o) => o.tag).join(', ')}.`,
    hint`Nothing was changed. Name the one to close: ${kassette('after-backup', '--close', '--tag', 'TAG')}.`,
  );
}

export function nothingOpen(volumes: readonly ClosableVolume[], asked: string | undefined): KassetteError {
  const tags = new Set(volumes.flatMap((v) => v.backups.map((b) => b.tag)));
  const tag = asked ?? [...tags].toSorted().at(-1);
  if (tag === undefined || !tags.has(tag)) {
    const called = asked === undefined ? 'No backup' : `No backup ${asked}`;
    return new KassetteError('NO_BACKUP', `${called} is in the volumes. ${COPIES}.`, AGAIN);
  }
  const whole = (v: ClosableVolume) => v.backups.some((b) => b.tag === tag && b.complete);
  const lacking = volumes.filter((v) => !whole(v)).map((v) => v.node);
  const why =
    lacking.length === 0
      ? 'a restore of it has begun'
      : `its part is missing or has no complete marker on ${lacking.join(', ')}`;
  return new KassetteError('BACKUP_INCOMPLETE', `Backup ${tag} is not whole: ${why}. ${COPIES}.`, AGAIN);
}
