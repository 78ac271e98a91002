import type { ColdJournal } from '../restore/cold-journal.ts';
import type { Journal, RestoreRecord } from '../restore/journal.ts';
import type { TableEntry } from '../tables/table-journal.ts';
import type { KeptInVolume, KeptJournals } from './kept.ts';

/** One volume of a cluster, as a survey finds it. */
export interface AssessedVolume extends KeptInVolume {
  readonly node: string;
  readonly backups: readonly AssessedBackup[];
}

export interface AssessedBackup extends KeptJournals {
  readonly tag: string;
  readonly complete: boolean;
}

/** Gossip generations, which grow with every start of Cassandra; they are the seconds of the starts. */
export interface Generations {
  /** By node name: those of now; empty where Cassandra was not asked. */
  readonly now: ReadonlyMap<string, number>;
  /** By tag and node name: those under which a backup was made; null where no sound manifest says it. Only where it was looked at. */
  readonly saved: ReadonlyMap<string, ReadonlyMap<string, number | null>>;
}

/** The database of a cluster, as far as restores are concerned: one value, of which every command takes what it does next. */
export type RestoreState = Common & (Nothing | Awaiting | Replacing | Loaded | RestoredCold | Contradictory);

/** What holds in addition to any of the states. */
interface Common {
  readonly parts: readonly BackupParts[];
  /** The restore that is done: every node has its record and was not started since. Null where there is none, or where another has begun. */
  readonly done: RestoreRecord | null;
  /** Tags since whose backup every node was restarted, as after a restore of the volumes; none where that was not looked at. */
  readonly restarted: readonly string[];
  /** Restores of single tables; null where no volume says anything of one. */
  readonly tables: TablesUnderWay | null;
}

/** Where a backup is. */
export interface BackupParts {
  readonly tag: string;
  readonly on: readonly { readonly node: string; readonly complete: boolean }[];
  /** Whether some volume says that a restore with it has begun, whatever became of that, as long as it is not tidied. */
  readonly restoring: boolean;
}

export interface TablesUnderWay {
  /** Those that can still end. One whose backup is gone cannot, but has left its tables as they are. */
  readonly unended: readonly TableEntry[];
  /** Whether every node was started after the first of them had begun. */
  readonly startedSince: boolean;
}

/** No backup is in the volumes. */
interface Nothing {
  readonly kind: 'nothing';
}

/** Backups are there with which no restore has begun, or none that all volumes agree on: live data are what they are. */
interface Awaiting {
  readonly kind: 'awaiting';
}

/** Restores have begun and not ended: live data may be gone, and the backup is what brings them back. */
interface Replacing {
  readonly kind: 'replacing';
  /** In the order of the volumes. */
  readonly tags: readonly string[];
}

/** A warm restore has loaded all on all nodes. What is left is to tidy up, which may have taken parts of the backup away. */
export interface Loaded {
  readonly kind: 'loaded';
  readonly tag: string;
  /** By name of each node that is not tidied yet. */
  readonly journals: ReadonlyMap<string, Journal>;
}

/** A cold restore has come to its end in every volume. */
export interface RestoredCold {
  readonly kind: 'restored-cold';
  readonly tag: string;
  /** By name of each node that is not tidied yet. */
  readonly journals: ReadonlyMap<string, ColdJournal>;
  /** The record of a node that is tidied already, which has the sums of all nodes; null where none is. */
  readonly record: RestoreRecord | null;
  /** A node that ran before all volumes were restored, and may have got dirty rows from the others; null where none did. */
  readonly early: string | null;
}

/** One restore has ended on all nodes, and the journals of others say that they have begun: nothing shows which was the last. */
export interface Contradictory {
  readonly kind: 'contradictory';
  readonly ended: Loaded | RestoredCold;
  /** Tags of the others. */
  readonly begun: readonly string[];
}
