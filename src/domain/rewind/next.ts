import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';
import { isTouched, isWhole, type RewindJournal, rewindPending } from './journal.ts';

/** The journals of a cluster's volumes, by node; null where a volume has none. */
export type Journals = ReadonlyMap<string, RewindJournal | null>;

export type Asked =
  | { readonly kind: 'rewind'; readonly to: string | null }
  | { readonly kind: 'undo' }
  | { readonly kind: 'accept' };

/** What a run does next: from the beginning, where an earlier one was ended, or nothing. */
export type Next =
  | { readonly kind: 'begin' }
  | { readonly kind: 'continue'; readonly to: string; readonly tag: string }
  | { readonly kind: 'undo'; readonly to: string }
  | { readonly kind: 'accept'; readonly to: string }
  | { readonly kind: 'nothing' };

const isUndone = ({ stage }: RewindJournal) =>
  stage === 'clearing' || stage === 'putting-back' || stage === 'put-back';

/** Pure. @param cluster its name @throws REWIND_PENDING */
export function planRewinding(cluster: string, journals: Journals, asked: Asked): Next {
  const found = [...journals.values()].filter((j) => j !== null);
  const [first] = found;
  // What an earlier run has begun and changed nothing for is looked at again as a whole: much may have happened since.
  if (asked.kind === 'rewind' && !found.some(isTouched)) return { kind: 'begin' };
  if (first === undefined) return { kind: 'nothing' };
  const accepted = found.find((j) => j.stage === 'accepted');
  if (asked.kind === 'undo') {
    if (accepted !== undefined) throw alreadyAccepted(cluster, accepted);
    return { kind: 'undo', to: first.to };
  }
  const undone = found.find(isUndone);
  if (undone !== undefined) throw rewindPending(cluster, undone);
  const isDone = [...journals.values()].every(isWhole);
  if (asked.kind === 'accept') {
    if (accepted !== undefined || isDone) return { kind: 'accept', to: first.to };
    throw rewindPending(cluster, first);
  }
  if (accepted !== undefined) throw unaccepted(cluster, accepted);
  if (asked.to === first.to) return { kind: 'continue', to: first.to, tag: first.tag };
  throw isDone ? unaccepted(cluster, first) : rewindPending(cluster, first);
}

function unaccepted(cluster: string, { to }: RewindJournal): KassetteError {
  return new KassetteError(
    'REWIND_PENDING',
    `${cluster} was set back to ${to}, and what was before is still kept.`,
    hint`Nothing was changed. Run ${kassette('rewind', '--accept')} to remove that, or ${kassette('rewind', '--undo')} to have it back; then this command again.`,
  );
}

function alreadyAccepted(cluster: string, { to }: RewindJournal): KassetteError {
  return new KassetteError(
    'REWIND_PENDING',
    `The rewind of ${cluster} to ${to} was accepted, and what was before is being removed.`,
    hint`Nothing was changed. Run ${kassette('rewind', '--accept')} again: it removes the rest.`,
  );
}
