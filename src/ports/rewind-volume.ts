import type { SegmentCheck } from '../domain/rewind/log-check.ts';
import type { SegmentFile } from '../domain/rewind/node-log.ts';

/**
 * What a rewind does in one volume besides what `OfflineVolume` does. Every call may be repeated; nothing is copied. Failures are
 * VOLUME_FILES errors that name the file.
 */
export interface RewindVolume {
  /** When it was last set back (`domain/rewind/journal.ts`), as text; null where it was not. */
  rewound(): Promise<string | null>;
  /** When a restore of it was finished, as text; null where none was. */
  restored(): Promise<string | null>;
  freeBytes(): Promise<number>;
  /** Written under another name, synced, renamed; null removes it. */
  writeJournal(text: string | null): Promise<void>;
  writeRewound(text: string | null): Promise<void>;
  /** Take the `complete` marker of a backup away. */
  invalidate(tag: string): Promise<void>;
  /** Of the archive and the commit log; `aside`: where `setAside` has put them. A segment of both is of the archive. */
  segments(from: 'live' | 'aside'): Promise<readonly SegmentFile[]>;
  /** What the archive wrote when it stopped by itself, as text; null where it goes on. `aside`: that of before. */
  stopped(from: 'live' | 'aside'): Promise<string | null>;
  /** Read it through. */
  checkSegment(segment: SegmentFile): Promise<SegmentCheck>;
  /** Move the archive to what is kept, and make an empty one in its place. */
  setArchiveAside(): Promise<void>;
  /** Remove what was moved to be removed, and the commit log of a process that replayed. */
  discard(): Promise<void>;
  /** Move everything that is kept back to its place, the archive and the commit log last; what is in theirs is removed. */
  putBack(): Promise<void>;
  /** Remove all that is kept. */
  forget(): Promise<void>;
}
