import { z } from 'zod';
import { byId, type Segment } from './segments.ts';

/**
 * From where on a node's log goes on from a backup; a part of the complete marker, where the node archives its log. What was
 * written before `first` is in the backup's SSTables.
 */
const base = z.readonly(
  z.object({
    /** Id of the first segment that is needed, decimal. */
    first: z.string().regex(/^\d{1,19}$/),
    /** When the node's snapshot was begun and whole, ISO 8601. */
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime(),
  }),
);
export type Base = z.infer<typeof base>;

export const optionalBase = base.optional().catch(undefined);

/** What the marker says; null where there is none, or it says nothing of the log. */
export function baseIn(marker: string | null): Base | null {
  try {
    return z.object({ base: optionalBase }).safeParse(JSON.parse(marker ?? '')).data?.base ?? null;
  } catch {
    return null;
  }
}

/**
 * The first segment that is needed on top of SSTables that are flushed from now on: one that has ended by now is in what the flush writes.
 * Of the log the one that is written is the last or, where Cassandra has made the next one in advance, the last but one. Where the log cannot be seen it is
 * the one behind the last archived. Null where nothing is known.
 * @param live those in the commit log's directory
 */
export function firstNeeded(archived: readonly Segment[], live: readonly Segment[]): bigint | null {
  const written = live.toSorted(byId).slice(-2)[0];
  if (written !== undefined) return written.id;
  const last = archived.toSorted(byId).at(-1);
  return last === undefined ? null : last.id + 1n;
}
