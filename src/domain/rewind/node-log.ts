import type { Base } from '../archive/base.ts';
import { continuityFrom, type Gap, type Restart } from '../archive/continuity.ts';
import { byId, type Segment } from '../archive/segments.ts';
import type { Stop } from '../archive/stopped.ts';
import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';
import type { Damage, SegmentCheck } from './log-check.ts';
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
  /** What a replay of it writes at most. */
  readonly content: number;
  /** The last one of a run of the node, which may have ended in the middle of a write. */
  readonly last: boolean;
}

/** Where the log of a node ends to be of use. */
interface End {
  /** The last second that is whole; null where not even the first segment is. */
  readonly until: Date | null;
  readonly why: string;
}

/** The end of a run of the node, half written. */
interface Torn extends Damage {
  readonly name: string;
}

export function tornText(node: string, { name, at, why }: Torn): string {
  return `${node}: ${name} is damaged at byte ${at} (${why}). It ends a run of the node, and nothing lies behind it: what the end of the node left half written.`;
}

/** What of a node's log is replayed, up to the first gap. */
export interface NodeLog {
  readonly segments: readonly ReplaySegment[];
  /** Null where nothing is missing to the end. */
  readonly end: End | null;
  /** Whether a segment is compressed, so that what is in its sections was not looked at. */
  readonly compressed: boolean;
  /** Ends of runs of the node that are half written. */
  readonly torn: readonly Torn[];
  /** Between two runs of the node; before the first of these times all is in the log. */
  readonly restarts: readonly Restart[];
}

export interface Looked {
  /** What a look into a segment found. */
  readonly checkOf: (path: string) => SegmentCheck | undefined;
  /** Where its archive has stopped; null where it goes on. */
  readonly stop: Stop | null;
  /** Whether it may be writing its log. */
  readonly running: boolean;
}

/**
 * The segments of one node from its base on, in the order of replay.
 * @throws REWIND_UNSUPPORTED for a segment that cannot be looked into
 */
export function nodeLog(
  node: string,
  base: Base,
  files: readonly SegmentFile[],
  { checkOf, stop, running }: Looked,
): NodeLog {
  const { whole, gaps } = continuityFrom(BigInt(base.first), files, stop?.id);
  const isEmpty = ({ path }: SegmentFile) => checkOf(path)?.kind === 'empty';
  const written = running
    ? files
        .filter((s) => !isEmpty(s))
        .toSorted(byId)
        .at(-1)
    : undefined;
  const segments: ReplaySegment[] = [];
  const restarts: Restart[] = [];
  const torn: Torn[] = [];
  const ordered = withoutAdvance(whole as readonly SegmentFile[], isEmpty);
  let end = gapEnd(gaps[0], stop);
  for (const [i, file] of ordered.entries()) {
    const check = checkOf(file.path);
    const next = ordered[i + 1];
    const last = next?.id !== file.id + 1n;
    if (check?.kind === 'closed') throw unsupported(node, file.name, check.why);
    const damage = file === written ? damageWritten(check) : damageOf(check);
    if (damage !== null && !(last && damage.torn)) {
      end = damagedEnd(file, damage, ordered[i - 1]);
      break;
    }
    if (damage !== null) torn.push({ ...damage, name: file.name });
    if (last && next !== undefined) restarts.push({ from: file.modifiedAt, to: Number(next.id) });
    segments.push({ path: file.path, bytes: file.bytes, content: contentOf(file, check), last });
  }
  const compressed = ordered.some((s) => isCompressed(checkOf(s.path)));
  return { segments, end, compressed, torn, restarts };
}

const contentOf = ({ bytes }: SegmentFile, check: SegmentCheck | undefined) =>
  Math.max(bytes, check?.kind === 'whole' ? check.bytes : 0);

const isCompressed = (check: SegmentCheck | undefined) => check?.kind === 'whole' && check.mutations === null;

/** One that was made in advance lies behind the last that was written to; what follows an empty one in the same run makes it damaged. */
function withoutAdvance(
  whole: readonly SegmentFile[],
  isEmpty: (file: SegmentFile) => boolean,
): readonly SegmentFile[] {
  const kept: SegmentFile[] = [];
  let written: bigint | null = null;
  for (const file of whole.toReversed()) {
    if (isEmpty(file) && written !== file.id + 1n) continue;
    kept.push(file);
    written = file.id;
  }
  return kept.toReversed();
}

function damageOf(check: SegmentCheck | undefined): Damage | null {
  if (check?.kind === 'damaged') return check;
  if (check?.kind !== 'empty') return null;
  return { kind: 'damaged', at: 0, why: 'nothing is in it, and the next one was written to', torn: false };
}

/** What is being written may look like anything but at its beginning. */
function damageWritten(check: SegmentCheck | undefined): Damage | null {
  const damage = damageOf(check);
  return damage?.at === 0 ? damage : null;
}

function damagedEnd({ name }: SegmentFile, { at, why }: Damage, before: SegmentFile | undefined): End {
  const until = before === undefined ? null : new Date(before.modifiedAt);
  return { until, why: `${name} is damaged at byte ${at}: ${why}` };
}

function gapEnd(gap: Gap | undefined, stop: Stop | null): End | null {
  if (gap === undefined) return null;
  const until = gap.from === null ? null : new Date(gap.from);
  if (gap.segments === null) return { until, why: stop?.why ?? 'its archive has stopped' };
  const count = gap.segments === 1 ? '1 segment is' : `${gap.segments} segments are`;
  const where = gap.after === null ? 'right after the backup' : `after ${gap.after}`;
  return { until, why: `${count} missing ${where}` };
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

/** A time of which one node has no log. */
interface Silence extends Restart {
  readonly node: string;
}

/**
 * That the logs say what was written until the target: between the end of a run of a node and the start of its next one there is none. The node
 * was down then, or its volume is a copy of the time at which that run ends, and what was acknowledged since is not in it.
 * @param from the earliest second that can be reached from the base
 * @param restored whether volumes were restored: then every node has to say it
 * @returns what is to be said of nodes that were down while others worked; null where all did
 * @throws LOG_GAP with the latest second before
 */
export function checkNotSilent(
  logs: ReadonlyMap<string, NodeLog>,
  target: Date,
  from: Date,
  restored: boolean,
): string | null {
  // The target's own second is to be whole.
  const end = target.getTime() + 1000;
  const silent = [...logs].flatMap(([node, { restarts }]): Silence[] => {
    const found = restarts.find((r) => r.from < end && r.to > end);
    return found === undefined ? [] : [{ node, ...found }];
  });
  const [first] = silent;
  if (first === undefined) return null;
  if (!restored && silent.length < logs.size)
    return `${silent.map((s) => s.node).join(', ')} logged nothing at ${secondText(target)}: what was acknowledged then is on other replicas alone. Repair afterwards.`;
  const latest = new Date(Math.floor(Math.min(...silent.map((s) => s.from)) / 1000) * 1000 - 1000);
  const span = `${secondText(new Date(first.from))} to ${secondText(new Date(first.to))}`;
  throw new KassetteError(
    'LOG_GAP',
    `Nothing says what was written until ${secondText(target)}: from ${span} ${first.node} has no log. It was down, or its volume is a copy of the first of these times.`,
    latest.getTime() >= from.getTime()
      ? hint`Nothing was changed. The latest second before, of which every node has its log, is ${secondText(latest)}. Where nothing was written since, that is the same.`
      : hint`Nothing was changed. From this backup no second before it can be reached. Restore the backup itself with ${kassette('after-restore')}.`,
  );
}

function unsupported(node: string, name: string, why: string): KassetteError {
  return new KassetteError(
    'REWIND_UNSUPPORTED',
    `${name} of ${node} ${why}; whether such a segment is whole cannot be checked yet.`,
    'Nothing was changed. Restore a backup instead; for later rewinds, leave the encryption of the commit log off.',
  );
}
