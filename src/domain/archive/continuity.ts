import { byId, type Segment } from './segments.ts';

/** Where segments are missing. */
export interface Gap {
  /** The last segment before it; null where the first that is needed is missing itself. */
  readonly after: string | null;
  /** The next one that is there; null where there is none. */
  readonly before: string | null;
  /** The last that is known to be in the log before it, milliseconds since 1970; null with `after`. */
  readonly from: number | null;
  /** How many ids are missing; null where the archive has stopped: nothing tells it. */
  readonly segments: number | null;
}

/** A start of the node: no mutation was logged between the two. */
export interface Restart {
  readonly from: number;
  readonly to: number;
}

export interface Continuity {
  /** In the order of replay, without a gap: up to the first one. */
  readonly whole: readonly Segment[];
  /** The first is what ends `whole`. */
  readonly gaps: readonly Gap[];
  /** Within `whole`. */
  readonly restarts: readonly Restart[];
}

/**
 * Which segments from `first` on follow each other. Ids are consecutive within one run of a node. At its start Cassandra takes
 * the time, or one more than the highest id in its directory, and numbers on from there (`CommitLogSegment`): so an id is that of a later run
 * where all of the segment before it was written before that time. Within a run ids grow more slowly than the
 * milliseconds, so no missing segment looks like a start. A node whose clock was set back while it was down leaves one
 * id out, which looks like a missing segment: what is not certain counts as a gap.
 * @param stopped id of the segment before which the archive has stopped; null where it goes on. What follows is none of the log: after a start of the node
 * it looks as if nothing was missing, and until then each segment may be deleted at any time
 */
export function continuityFrom(
  first: bigint,
  all: readonly Segment[],
  stopped: bigint | null = null,
): Continuity {
  const found = withoutCopies(all.filter((s) => s.id >= first).toSorted(byId));
  if (stopped === null) return continuity(first, found);
  const [before, behind] = [found.filter((s) => s.id < stopped), found.find((s) => s.id >= stopped)];
  const end = missing(before.at(-1) ?? null, behind ?? null, null);
  if (before.length === 0) return { whole: [], gaps: [end], restarts: [] };
  const known = continuity(first, before);
  return { ...known, gaps: [...known.gaps, end] };
}

/** @param needed in order */
function continuity(first: bigint, needed: readonly Segment[]): Continuity {
  const [begin] = needed;
  if (begin === undefined) return { whole: [], gaps: [missing(null, null, 1n)], restarts: [] };
  const lost = begin.id === first ? [] : [missing(null, begin, begin.id - first)];
  const steps = needed.slice(1).map((next, i) => stepTo(needed[i] ?? begin, next));
  const end = steps.findIndex((s) => s.kind === 'gap');
  const whole = lost.length > 0 ? [] : needed.slice(0, end === -1 ? undefined : end + 1);
  const gaps = [...lost, ...steps.flatMap((s) => (s.kind === 'gap' ? s.gap : []))];
  const restarts = steps.slice(0, Math.max(0, whole.length - 1));
  return { whole, gaps, restarts: restarts.flatMap((s) => (s.kind === 'restart' ? s.restart : [])) };
}

type Step =
  | { readonly kind: 'next' }
  | { readonly kind: 'restart'; readonly restart: Restart }
  | { readonly kind: 'gap'; readonly gap: Gap };

function stepTo(last: Segment, next: Segment): Step {
  if (next.id === last.id + 1n) return { kind: 'next' };
  if (BigInt(Math.ceil(last.modifiedAt)) < next.id)
    return { kind: 'restart', restart: { from: last.modifiedAt, to: Number(next.id) } };
  return { kind: 'gap', gap: missing(last, next, next.id - last.id - 1n) };
}

function missing(last: Segment | null, next: Segment | null, ids: bigint | null): Gap {
  const [after, before] = [last?.name ?? null, next?.name ?? null];
  const segments = ids === null ? null : Number(ids);
  return { after, before, from: last?.modifiedAt ?? null, segments };
}

/** The same segment may be in the archive and still in the commit log's directory. */
function withoutCopies(sorted: readonly Segment[]): readonly Segment[] {
  return sorted.filter((s, i) => s.id !== sorted[i - 1]?.id);
}
