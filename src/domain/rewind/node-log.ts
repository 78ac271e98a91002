import type { Base } from '../archive/base.ts';
import { continuityFrom } from '../archive/continuity.ts';
import type { Segment } from '../archive/segments.ts';
import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';
import type { SegmentCheck } from './log-check.ts';
import { secondText } from './target.ts';

/** A segment in a volume. */
export interface SegmentFile extends Segment {
  /** Relative to the volume. */
  readonly path: string;
}

/** A segment that is replayed. */
export interface ReplaySegment {
  readonly path: string;
  readonly bytes: number;
  /** The last one of a run of the node, which may have ended in the middle of a write. */
  readonly last: boolean;
}

/** Where the log of a node ends to be of use. */
interface End {
  /** The last second that is whole; null where not even the first segment is. */
  readonly until: Date | null;
  readonly why: string;
}

/** What of a node's log is replayed, up to the first gap. */
export interface NodeLog {
  readonly segments: readonly ReplaySegment[];
  /** Null where nothing is missing to the end. */
  readonly end: End | null;
}

/**
 * The segments of one node from its base on, in the order of replay.
 * @param checkOf what a look into a segment found
 * @throws REWIND_UNSUPPORTED for a segment that cannot be looked into
 */
export function nodeLog(
  node: string,
  base: Base,
  files: readonly SegmentFile[],
  checkOf: (path: string) => SegmentCheck | undefined,
): NodeLog {
  const { whole, gaps } = continuityFrom(BigInt(base.first), files);
  const segments: ReplaySegment[] = [];
  // As Cassandra does: one that was made in advance lies behind the last that was written to.
  const ordered = (whole as readonly SegmentFile[]).filter((s) => checkOf(s.path)?.kind !== 'empty');
  let end = gapEnd(gaps[0]);
  for (const [i, file] of ordered.entries()) {
    const check = checkOf(file.path);
    const last = ordered[i + 1]?.id !== file.id + 1n;
    if (check?.kind === 'closed') throw unsupported(node, file.name, check.why);
    if (check?.kind === 'damaged' && !last) {
      const before = ordered[i - 1]?.modifiedAt;
      end = {
        until: before === undefined ? null : new Date(before),
        why: `${file.name} is damaged at byte ${check.at}: ${check.why}`,
      };
      break;
    }
    segments.push({ path: file.path, bytes: file.bytes, last });
  }
  return { segments, end };
}

function gapEnd(gap: ReturnType<typeof continuityFrom>['gaps'][number] | undefined): End | null {
  if (gap === undefined) return null;
  const count = gap.segments === 1 ? '1 segment is' : `${gap.segments} segments are`;
  const where = gap.after === null ? 'right after the backup' : `after ${gap.after}`;
  return {
    until: gap.from === null ? null : new Date(gap.from),
    why: `${count} missing ${where}`,
  };
}

/**
 * That the log of every node goes on to the target. @throws LOG_GAP with the latest second that can be reached
 * @param from the earliest second that can be reached from the base
 */
export function checkReaches(logs: ReadonlyMap<string, NodeLog>, target: Date, from: Date): void {
  const ends = [...logs].flatMap(([node, { end }]) => (end === null ? [] : [{ node, ...end }]));
  const short = ends.find((e) => e.until === null || e.until.getTime() < target.getTime());
  if (short === undefined) return;
  const untils = ends.map((e) => e.until?.getTime() ?? 0);
  const latest = new Date(Math.floor(Math.min(...untils) / 1000) * 1000);
  const reach = latest.getTime() >= from.getTime() ? secondText(latest) : null;
  throw new KassetteError(
    'LOG_GAP',
    `The log of ${short.node} does not go on to ${secondText(target)}: ${short.why}.`,
    reach === null
      ? hint`Nothing was changed. From this backup no second can be reached on every node. Restore it itself (${kassette('recover')}), or volumes from a restore point.`
      : hint`Nothing was changed. The latest second that every node can be set back to from this backup is ${reach}.`,
  );
}

function unsupported(node: string, name: string, why: string): KassetteError {
  return new KassetteError(
    'REWIND_UNSUPPORTED',
    `${name} of ${node} ${why}; whether such a segment is whole cannot be checked yet.`,
    'Nothing was changed. Restore a backup instead; for later rewinds, leave `commitlog_compression` and the encryption of the commit log off.',
  );
}
