import { type ColdJournal, restoredColdBy } from '../restore/cold-journal.ts';
import type { ColdResult } from '../restore/cold-result.ts';
import type { KeptJournals } from './kept.ts';

/** What becomes of one volume with no Cassandra on it. */
export type OfflineNext =
  | { readonly kind: 'restore' }
  /** It was restored, and no Cassandra has run on it: what may be left of that is done. */
  | { readonly kind: 'verify'; readonly journal: ColdJournal }
  /** It was restored, and Cassandra has run on it since: rows may have been written that nobody wants to lose. */
  | { readonly kind: 'started-since'; readonly journal: ColdJournal };

/** The cold restore that has come to its end in the volume, as far as it counts for what is asked for; null where there is none. */
export function endedCold(
  backups: readonly KeptJournals[],
  { tag, again }: { readonly tag: string | undefined; readonly again: boolean },
): ColdJournal | null {
  const journal = backups.map(restoredColdBy).find((j) => j !== null) ?? null;
  return journal === null || again || (tag !== undefined && tag !== journal.tag) ? null : journal;
}

/** Pure. @param wasStarted whether Cassandra was started since `ended` */
export function planVolume(ended: ColdJournal | null, wasStarted: boolean): OfflineNext {
  if (ended === null) return { kind: 'restore' };
  return { kind: wasStarted ? 'started-since' : 'verify', journal: ended };
}

/** What a look at a volume found: what a restore would do, or that Cassandra has run on it since it was restored. */
export type Look = ColdResult | 'started since';

/**
 * What becomes of volumes that are restored together: null where all of them were restored before and started since; else for each
 * whether it is restored once more, because it has run together with volumes that were not restored, and may have rows of those.
 */
export function planVolumes(
  looks: readonly Look[],
  again: boolean,
): readonly { readonly again: boolean }[] | null {
  if (looks.every((l) => l === 'started since')) return null;
  return looks.map((look) => ({ again: again || look === 'started since' }));
}
