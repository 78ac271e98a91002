import type { Base } from './base.ts';
import { continuityFrom, type Gap, type Restart } from './continuity.ts';
import type { Segment } from './segments.ts';
import { parseStopped } from './stopped.ts';

/** What one node's volume has of its log. */
export interface NodeLog {
  readonly node: string;
  readonly datacenter: string;
  readonly archived: readonly Segment[];
  /** In the commit log's directory; null where that cannot be seen. */
  readonly live: readonly Segment[] | null;
  /** What the archive said when it stopped by itself; null where it goes on. */
  readonly stopped: string | null;
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Milliseconds since 1970, of the node's clock, if Cassandra runs and goes on writing its log; null where it does not. */
  readonly writesAt: number | null;
}

/** A backup on which the log is replayed, on every node that has it. */
export interface BaseBackup {
  readonly tag: string;
  /** By node name. */
  readonly on: ReadonlyMap<string, Base>;
}

/** From when to when one node can be set back, in whole seconds, ISO 8601; null where it cannot. */
export interface NodeWindow {
  readonly node: string;
  readonly from: string | null;
  readonly until: string | null;
  /** The first of them ends the window. */
  readonly gaps: readonly Gap[];
  readonly restarts: readonly Restart[];
  readonly segments: number;
  readonly bytes: number;
}

/** The same of the nodes together. */
export interface Window {
  readonly base: string;
  readonly from: string | null;
  readonly until: string | null;
  readonly nodes: readonly NodeWindow[];
}

const SECOND = 1000;

/** Of one base and the nodes that are to be set back together. */
export function windowOf({ tag, on }: BaseBackup, logs: readonly NodeLog[]): Window {
  const nodes = logs.map((log) => nodeWindow(on.get(log.node) ?? null, log));
  const [from, until] = [latest(nodes.map((n) => n.from)), earliest(nodes.map((n) => n.until))];
  const isOpen = from !== null && until !== null && from <= until;
  return { base: tag, from: isOpen ? from : null, until: isOpen ? until : null, nodes };
}

function nodeWindow(base: Base | null, log: NodeLog): NodeWindow {
  const nothing = { node: log.node, from: null, until: null, restarts: [], segments: 0, bytes: 0 };
  if (base === null) return { ...nothing, gaps: [] };
  const all = [...log.archived, ...(log.live ?? [])];
  const stop = parseStopped(log.stopped, log.archived);
  const { whole, gaps, restarts } = continuityFrom(BigInt(base.first), all, stop?.id);
  const sums = { segments: whole.length, bytes: whole.reduce((sum, s) => sum + s.bytes, 0) };
  if (whole.length === 0) return { ...nothing, gaps };
  // The base has what was written until its snapshot was whole, and no less.
  const from = Math.ceil(Date.parse(base.endedAt) / SECOND) * SECOND;
  const written = Math.max(...whole.map((s) => s.modifiedAt));
  const end = gaps[0]?.from ?? (log.live === null ? written : (log.writesAt ?? written));
  const until = Math.floor(end / SECOND) * SECOND;
  const times = until < from ? { from: null, until: null } : { from: iso(from), until: iso(until) };
  return { node: log.node, ...times, gaps, restarts, ...sums };
}

/** Times to which nodes can be set back together, of whatever base; those that overlap are one. */
export function rangesOf(windows: readonly Pick<Window, 'from' | 'until'>[]): readonly TimeRange[] {
  const ranges: TimeRange[] = [];
  for (const { from, until } of windows.toSorted((a, b) => ((a.from ?? '') < (b.from ?? '') ? -1 : 1))) {
    if (from === null || until === null) continue;
    const last = ranges.at(-1);
    if (last === undefined || last.until < from) ranges.push({ from, until });
    else if (last.until < until) ranges[ranges.length - 1] = { from: last.from, until };
  }
  return ranges;
}

/** ISO 8601, whole seconds, both included. */
export interface TimeRange {
  readonly from: string;
  readonly until: string;
}

/** What a node does about its log. */
export type Archiving =
  /** Every segment that has ended is in the archive. */
  | 'on'
  /** It has stopped by itself. */
  | 'stopped'
  /** Segments end that are not archived. */
  | 'off'
  /** None is archived: it is off, or no segment has ended since the start. */
  | 'unproven';

/** The one being written, one made in advance, and one that has just ended. */
const NOT_YET_ARCHIVED = 3;

export function archivingOf({ archived, live, stopped }: NodeLog): Archiving {
  if (stopped !== null) return 'stopped';
  const ids = new Set(archived.map((s) => s.id));
  const waiting = (live ?? []).filter((s) => !ids.has(s.id));
  if (waiting.length > NOT_YET_ARCHIVED) return 'off';
  return archived.length === 0 ? 'unproven' : 'on';
}

function latest(times: readonly (string | null)[]): string | null {
  return times.reduce((a, b) => (a === null || b === null ? null : a > b ? a : b), times[0] ?? null);
}

function earliest(times: readonly (string | null)[]): string | null {
  return times.reduce((a, b) => (a === null || b === null ? null : a < b ? a : b), times[0] ?? null);
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
