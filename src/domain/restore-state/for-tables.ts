import { KassetteError } from '../errors.ts';
import { hint } from '../hint.ts';
import { commandOf, overlap, type TableEntry, unended } from '../tables/table-journal.ts';
import type { KeptInVolume } from './kept.ts';

/** Restores of single tables that one volume says have begun, and that can still end with the backups in it. */
export function unendedIn({
  tables,
  backups,
}: Pick<KeptInVolume, 'tables'> & {
  readonly backups: readonly { readonly tag: string }[];
}): readonly TableEntry[] {
  return unended(
    tables?.value ?? [],
    backups.map((b) => b.tag),
  );
}

/** A restore of single tables that is about to begin. */
export interface TablesRun {
  /** What makes another run the same restore. */
  readonly key: string;
  readonly names: readonly string[];
  /** Whether rows are added to what is live. */
  readonly addsRows: boolean;
}

/**
 * That no other restore of these tables was cut off: what it has half replaced is nothing to add rows to. Pure.
 * @returns RESTORE_PENDING, or null
 */
export function refusalOfTables(
  entries: readonly TableEntry[],
  { key, names, addsRows }: TablesRun,
): KassetteError | null {
  const entry = addsRows ? entries.find((e) => e.key !== key && overlap(e, names)) : undefined;
  if (entry === undefined) return null;
  return new KassetteError(
    'RESTORE_PENDING',
    `A restore of ${entry.tables.join(', ')} from ${entry.source} has begun and not ended; rows cannot be added to what it has half replaced.`,
    hint`Nothing was changed. Run ${commandOf(entry)} again first, or replace the table.`,
  );
}
