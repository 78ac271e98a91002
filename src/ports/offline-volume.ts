import type { ColdPlan, LiveVolume } from '../domain/restore/cold-plan.ts';
import type { KeptJournals } from '../domain/restore-state/kept.ts';
import type { ChecksumKind } from '../domain/sstables/checksums.ts';
import type { BackupContents } from './volumes.ts';

/** One backup in an offline volume, its journals read already. */
export interface OfflineBackup extends KeptJournals {
  readonly tag: string;
  readonly complete: boolean;
  /** Whether it was closed and is kept: only who asks for it by its tag means it. */
  readonly retained: boolean;
  /** How many runs have moved files aside for it. */
  readonly runs: number;
}

/**
 * One node's volume as a directory, with no Cassandra and no shell on it. Every call may be repeated. Nothing is
 * ever copied; files keep owner, group and mode; directories that are made take those of the directory that they are in.
 * Failures are VOLUME_FILES errors that name the file.
 */
export interface OfflineVolume {
  /** What it is called in messages. */
  readonly name: string;
  /** @throws NO_VOLUME where the directory is not what Cassandra has at `/var/lib/cassandra` */
  check(): Promise<void>;
  /** What process has files of the volume open, as far as this one may see; null where none is known. */
  user(): Promise<string | null>;
  backups(): Promise<readonly OfflineBackup[]>;
  /** The text of the journal of a rewind (`domain/rewind/journal.ts`); null where there is none. */
  rewinding(): Promise<string | null>;
  read(
    tag: string,
  ): Promise<Pick<BackupContents, 'manifest' | 'marker' | 'schema' | 'k8ssandra' | 'parts' | 'outside'>>;
  live(): Promise<LiveVolume>;
  /** Of the whole file, decimal. */
  checksum(path: string, kind: ChecksumKind): Promise<string>;
  /** Whether Cassandra was started since the guard was taken away: it has a commit log. */
  wasStarted(): Promise<boolean>;
  /**
   * Write the journal of the backup's cold restore, under another name, synced and renamed; then remove those of other backups, those of
   * warm restores and of single tables, what these have staged, and what would let a run that began one go on.
   */
  writeJournal(tag: string, journal: string): Promise<void>;
  /**
   * Move the commit log aside and put a file in its place, so that no Cassandra starts on what is half done. Fine where the
   * file is there already.
   */
  guard(aside: string): Promise<void>;
  /** Move the plan's `moves` and `empties` below `aside`, under their own paths; what is gone already is fine. */
  displace(plan: Pick<ColdPlan, 'moves' | 'empties'>, aside: string): Promise<void>;
  /** Make the plan's links, each synced with its directory. What is there already has to be the same file. */
  link(plan: Pick<ColdPlan, 'links' | 'unrepaired'>): Promise<void>;
  /** Those of the plan's links that are not the snapshot's files. */
  notLinked(plan: Pick<ColdPlan, 'links' | 'unrepaired'>): Promise<readonly string[]>;
  /** An empty commit log directory in the guard's place, with the owner and mode of the one that was moved aside. */
  unguard(aside: string): Promise<void>;
}
