/** When one node's snapshot began and ended. */
export interface Interval {
  readonly startedAt: Date;
  readonly endedAt: Date;
}

/**
 * How far apart the nodes' snapshots are, milliseconds. All nodes go through the tables in about the same order, so for any
 * table the moments are apart by what lies between the first and the last start, or the first and the last end.
 */
export function skew(intervals: readonly Interval[]): number {
  const spread = (times: readonly number[]) => Math.max(...times) - Math.min(...times);
  if (intervals.length === 0) return 0;
  return Math.max(
    spread(intervals.map((i) => i.startedAt.getTime())),
    spread(intervals.map((i) => i.endedAt.getTime())),
  );
}
