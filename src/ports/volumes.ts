import type { RetainedBackup } from '../domain/archive/retention.ts';
import type { NodeLog } from '../domain/archive/window.ts';
import type { Log, ManifestText } from '../domain/backup/manifest.ts';
import type { ScannedManifest } from '../domain/backup/manifest-scan.ts';
import type { Node } from '../domain/cluster/topology.ts';
import type { FoundNote, NoteKind } from '../domain/k8ssandra/note.ts';
import type { Room } from '../domain/restore/space.ts';
import type { KeptInVolume, KeptJournals } from '../domain/restore-state/kept.ts';
import type { ChecksumKind } from '../domain/sstables/checksums.ts';
import type { ManifestFile } from '../domain/sstables/file-list.ts';

/** What kassette keeps for one backup in one volume, `kassette/<tag>/`. */
export interface BackupEntry extends KeptJournals {
  readonly tag: string;
  /** Whether the `complete` marker is there. */
  readonly complete: boolean;
  /** The marker's text; null where there is none. */
  readonly marker: string | null;
  /** Of the hooks of this volume's namespace, where those of several namespaces share the backup. */
  readonly notes?: readonly FoundNote[];
}

/** What is in a volume, at a glance; journals and records are read already. */
export interface VolumeSurvey extends KeptInVolume, Room {
  readonly backups: readonly BackupEntry[];
  /** Backups that were closed and are kept as bases of the archived log, and with which no restore has begun: none of `backups`. */
  readonly retained: readonly RetainedBackup[];
  /** Whether there is an archive of the commit log. */
  readonly archives: boolean;
  /** Whether a rewind of the volume has begun, and was neither accepted nor undone. */
  readonly rewinding: boolean;
  /** Distinct names of Cassandra snapshots, users' own included. */
  readonly snapshots: readonly string[];
  /** Paths of the snapshots that Cassandra itself made on TRUNCATE and DROP: `…/snapshots/truncated-<ms>-<table>`. */
  readonly autoSnapshots: readonly string[];
  /** `kassette/closed.json`, the record of the last backup that was closed; null where there is none. */
  readonly closed: string | null;
  /** `kassette/attempts/<id>.json`, of hooks' runs that have not come to a backup. */
  readonly attempts: readonly { readonly id: string; readonly text: string }[];
  /** Directories of tables without an id, which Cassandra made before 2.1 and uses as long as they are there: `data/ks/t`. */
  readonly bareTables: readonly string[];
  /** What the node's clock says; left out where that is not known. */
  readonly clock?: Date;
}

/** The files of one table's snapshot in one data directory. */
export interface SnapshotPart {
  /** The table's directory: relative to the volume, absolute where it lies outside. */
  readonly directory: string;
  readonly files: Iterable<ManifestFile>;
}

/** One backup as it is in one volume; texts are empty where the file is missing. */
export interface BackupContents {
  readonly manifest: ScannedManifest;
  readonly marker: string;
  readonly schema: string;
  /** What it keeps of the K8ssandraCluster above. */
  readonly k8ssandra?: string;
  readonly parts: readonly SnapshotPart[];
  /**
   * The highest generation from our range in a live directory or a snapshot; 0 where there is none. Links that an interrupted
   * run left, or SSTables of Cassandra's own, which counts on from such links when it is started upon them.
   */
  readonly highestLinkedGeneration: number;
  /** How many files there have such a generation. */
  readonly linkedFiles: number;
  /** Of the snapshot's files those that are live files as well, or in other snapshots: a copy that loses hard links has them once more. */
  readonly sharedBytes: number;
  /** In the file system of the volume. */
  readonly freeBytes: number;
  /** Those of `commitlog` and `hints` that are no directories of the volume's own file system: another one is mounted there. */
  readonly outside?: readonly Log[];
}

/** How far a node is with making or removing one snapshot, as its directories show it. */
export interface SnapshotProgress {
  /** Files that are there. */
  readonly files: number;
  /** Ids, without hyphens, of the tables whose snapshot is whole: Cassandra ends each with its own `manifest.json`. */
  readonly whole: ReadonlySet<string>;
  /** When the last directory of it was changed, seconds since 1970 by the node's clock; 0 where there is none. */
  readonly changedAt: number;
}

/** The commit log in one volume: what is archived and what is in its directory, without what only the cluster knows. */
export type LogFiles = Omit<NodeLog, 'node' | 'datacenter' | 'writesAt'>;

/** How much a node's live tables take, and how much more its volume has room for. */
export interface LiveSize {
  /** Of the files in live directories, system tables included: what the next snapshot links. */
  readonly liveBytes: number;
  /** In the file system of the volume. */
  readonly freeBytes: number;
}

/** SSTable files of one snapshot part, to be linked into a live directory under new names. */
export interface LinkPart {
  /** The table's directory that has the snapshot: relative to the volume, absolute where it lies outside. */
  readonly directory: string;
  /** The live directory that they go into, relative or absolute likewise. */
  readonly target: string;
  /** [file name in the snapshot, name to link it under] */
  readonly links: Iterable<readonly [from: string, to: string]>;
}

/** What links lead into. */
export interface LinkTarget {
  /** The lowest generation of the new names. */
  readonly firstGeneration: number;
  /** Whether the tables were truncated before, so that what earlier runs linked is not live. */
  readonly state: 'emptied' | 'filled';
  /** `others`: all but Data.db, which is no SSTable yet; `data`: the Data.db of what this run has linked so. All where it is left out. */
  readonly components?: 'others' | 'data';
  /**
   * Directories of tables that were truncated, `ks/t-id` below each data directory: what is found there is removed or moved aside, also
   * where nothing is linked into. Where it is left out, those of the links.
   */
  readonly emptied?: readonly string[];
}

/** A file that takes the place of a link in a live directory, by its path: relative to the volume, or absolute where it lies outside. */
export interface Replacement {
  readonly path: string;
  readonly content: Uint8Array;
}

/** Some bytes of a file: path relative to the volume, or absolute where it lies outside. */
export interface Segment {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Some bytes of a file that go to the same offset of another one; paths relative to their volumes. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly offset: number;
  readonly bytes: number;
}

/** A small text in `kassette/` that is not a part of what a restore needs, by its path below that. */
export type NoteName = 'closed.json' | `attempts/${string}.json` | `${string}/${NoteKind}/${string}`;

export interface CksumOptions {
  readonly signal: AbortSignal;
  /** Called when one run has read as much as it may and has left some to the next one; what it throws ends the reading. */
  readonly onRest?: (bytes: { readonly read: number; readonly left: number }) => void;
}

/**
 * kassette's work on a node's files: one shell run for each call. All calls may be repeated. Failures are NODE_SHELL
 * errors that name the node.
 */
export interface Volumes {
  survey(node: Node): Promise<VolumeSurvey>;
  liveSize(node: Node): Promise<LiveSize>;
  /**
   * A snapshot's files and what `kassette/<tag>` says of them; where that is asked for, with the `cksum` of each but Data.db. Those
   * are kept in the volume (`kassette/checksums`), so that the next backup reads only what is new. A file of which it could not be
   * kept, on a file system that does not allow it, may come without. Once the signal is aborted no further gigabytes are read.
   */
  read(node: Node, tag: string, cksums?: CksumOptions): Promise<BackupContents>;
  snapshotProgress(node: Node, tag: string): Promise<SnapshotProgress>;
  /** Of these files, decimal, in order; paths as in the manifest. @throws NODE_SHELL where no tool can compute a CRC-32. */
  checksums(node: Node, paths: readonly string[], kind: ChecksumKind): Promise<readonly string[]>;
  /** The CRC-32 of each range. @throws NODE_SHELL as `checksums` does */
  rangeChecksums(node: Node, segments: readonly Segment[]): Promise<readonly number[]>;
  /**
   * What `writeProgress` has kept for the backup with this tag, in the same container and for the same file as its manifest; null where
   * there is nothing.
   */
  readProgress(node: Node, tag: string): Promise<string | null>;
  /**
   * Keep a text about how far something has come that only reads the backup. It is in the container's memory and not in the volume: no copy
   * of the volume has it, and it goes with the container. An empty text removes it; where there is no place for it nothing is kept.
   */
  writeProgress(node: Node, tag: string, text: string): Promise<void>;
  /** Write schema, what is kept of the K8ssandraCluster, and manifest, each under another name, synced and renamed. Not yet a complete backup. */
  write(
    node: Node,
    tag: string,
    files: {
      readonly schema: string;
      readonly manifest: string | Pick<ManifestText, 'bytes' | 'chunks'>;
      readonly k8ssandra?: string;
    },
  ): Promise<void>;
  /** Write the marker that makes the backup complete. */
  complete(node: Node, tag: string, marker: string): Promise<void>;
  /** Note in a complete backup that it was closed and is kept. */
  retain(node: Node, tag: string, text: string): Promise<void>;
  /** What there is of the commit log. */
  logFiles(node: Node): Promise<LogFiles>;
  /** Remove these segments from the archive, by name; then, where it has stopped, let it go on. */
  prune(node: Node, names: readonly string[]): Promise<void>;
  /** Remove the markers: from here on these are no complete backups. Nothing else is touched. */
  invalidate(node: Node, tags: readonly string[]): Promise<void>;
  /** Write a note, under another name, synced and renamed. */
  writeNote(node: Node, name: NoteName, text: string): Promise<void>;
  removeNotes(node: Node, names: readonly NoteName[]): Promise<void>;
  /**
   * Remove everything of these backups, marker first; snapshot directories that Cassandra left, and what a cold restore
   * moved aside, too. Never under a snapshot that Cassandra may still be making or removing.
   */
  remove(node: Node, tags: readonly string[]): Promise<void>;
  /**
   * Write the journal of a restore, after making and removing one link in each data directory, a trial of the rights, and
   * removing those of cold restores, and afterwards those of restores with other backups: they are over with it. From then on `link` and `writeJournal` of a run that began earlier fail: what was cut off must not come after.
   */
  begin(node: Node, tag: string, journal: string): Promise<void>;
  /**
   * Hard-link the parts' files into the live directories, every Data.db after all others, so that an interrupted run
   * never leaves what looks like a whole SSTable. What an interrupted run left there is removed first; whole SSTables only
   * where tables were truncated, because otherwise they may be Cassandra's by now. A TOC.txt is copied: Cassandra may append
   * to it. The Data.db alone are linked only where everything else of them is there.
   *
   * Files of SSTables that are still in a truncated table's directory, linked into or not, and that Cassandra is not about to remove, are none that it
   * knows of: it would load them with the others, so they are moved to `kassette/strays`.
   * @returns where they are now
   */
  link(node: Node, tag: string, parts: readonly LinkPart[], into: LinkTarget): Promise<readonly string[]>;
  /**
   * Remove what has that generation or a higher one from all live directories: links that Cassandra does not know, Data.db first. From then
   * on `link` of a run that began earlier fails.
   */
  unlink(node: Node, firstGeneration: number): Promise<void>;
  /**
   * Put other files in the places of links that this run has made, each written beside and renamed: what they were links to stays.
   * Fails like `link` where another run has begun.
   */
  replace(node: Node, files: readonly Replacement[]): Promise<void>;
  /** How many files of that generation or a higher one, which are not loaded, directories of those given still have. */
  notLoaded(
    node: Node,
    targets: readonly string[],
    firstGeneration: number,
  ): Promise<ReadonlyMap<string, number>>;
  writeJournal(node: Node, tag: string, journal: string): Promise<void>;
  /** Files below `kassette/staging` with their sizes, by path relative to the volume. */
  stagedFiles(node: Node): Promise<ReadonlyMap<string, number>>;
  /** These bytes, one behind the other. @throws NODE_SHELL where a file is shorter or gone */
  readSegments(node: Node, segments: readonly Segment[]): Promise<Buffer>;
  /** Put bytes at the ends of files that have these offsets' sizes, or more from a try that was cut off; makes directories. */
  stage(node: Node, segments: readonly Segment[], data: Uint8Array): Promise<void>;
  /**
   * The same without a way round: from `copy`, which must have met the live node, into the live node's volume, by a script
   * beside both.
   */
  copyDirect(copy: Node, live: Node, moves: readonly Move[]): Promise<void>;
  /** Returns when the staged files are on the disk. */
  syncStaged(node: Node): Promise<void>;
  /**
   * Write `kassette/tables.json`, after making and removing one link into each data directory, from itself or from where
   * files are staged: a trial of the rights, and of both being on one file system.
   */
  beginTables(node: Node, journal: string, from: 'own' | 'staged'): Promise<void>;
  /**
   * Remove staged files and the automatic snapshots at these paths, then write `kassette/tables.json`, or remove it where the
   * text is empty.
   */
  finishTables(node: Node, journal: string, autoSnapshots: readonly string[]): Promise<void>;
  /**
   * Remove the directories that dropped rehearsal keyspaces leave, with Cassandra's automatic snapshots of their empty tables. What has an
   * SSTable stays.
   * @param live keyspaces so named that are in the schema: theirs stay as well
   */
  removeRehearsals(node: Node, live: readonly string[]): Promise<void>;
  /**
   * Write the record of the restore, then remove journals of restores with other backups, the backup, what a cold restore with it moved aside, and the automatic
   * snapshots at these paths.
   */
  finish(node: Node, tag: string, record: string, autoSnapshots: readonly string[]): Promise<void>;
}
