import { type ColdJournal, parseColdJournal } from '../restore/cold-journal.ts';
import { type Journal, parseJournal, parseRecord, type RestoreRecord } from '../restore/journal.ts';
import { parseTableJournal, type TableEntry } from '../tables/table-journal.ts';

/** A text that a volume keeps, and what it says: null where it cannot be read, which is not the same as no text. */
export interface Kept<T> {
  readonly text: string;
  readonly value: T | null;
}

/** The journals of restores with one backup in one volume, as text; null where there is none. */
export interface JournalTexts {
  /** Of a restore through a running Cassandra. */
  readonly journal: string | null;
  /** Of a restore of this volume with Cassandra stopped. */
  readonly cold: string | null;
}

/** The same, read. */
export interface KeptJournals {
  readonly journal: Kept<Journal> | null;
  readonly cold: Kept<ColdJournal> | null;
}

/** What a volume keeps about restores, as text; null where there is none. */
export interface VolumeTexts<B extends JournalTexts = JournalTexts> {
  readonly backups: readonly B[];
  /** `kassette/restored.json`. */
  readonly restored: string | null;
  /** `kassette/tables.json`. */
  readonly tables: string | null;
}

/** The same, read. */
export interface KeptInVolume {
  readonly restored: Kept<RestoreRecord> | null;
  readonly tables: Kept<readonly TableEntry[]> | null;
}

export function readJournals<B extends JournalTexts>(backup: B): Omit<B, keyof JournalTexts> & KeptJournals {
  return {
    ...backup,
    journal: kept(backup.journal, parseJournal),
    cold: kept(backup.cold, parseColdJournal),
  };
}

/** Read all that a volume keeps about restores. What looks into a volume does it, once; nothing else parses these texts. */
export function readKept<B extends JournalTexts, T extends VolumeTexts<B>>(texts: T & VolumeTexts<B>) {
  return {
    ...texts,
    backups: texts.backups.map((b: B) => readJournals(b)),
    restored: kept(texts.restored, parseRecord),
    tables: kept(texts.tables, parseTableJournal),
  } satisfies KeptInVolume;
}

function kept<T>(text: string | null, parse: (text: string) => T | null): Kept<T> | null {
  return text === null ? null : { text, value: parse(text) };
}
