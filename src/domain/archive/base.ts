import { z } from 'zod';
import type { Segment } from './segments.ts';

/**
 * From where on a node's log goes on from a backup; a part of the complete marker, where the node archives its log. What was
 * written before `first` is in the backup's SSTables.
 */
const base = z.readonly(
  z.object({
    /** Id of the first segment that is needed, decimal. */
    first: z.string().regex(/^\d{1,19}$/),
    /** When the node's snapshot was begun and whole, ISO 8601. */
    from: z.iso.datetime(),
    to: z.iso.datetime(),
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
 * The first segment that is needed on top of SSTables that are flushed from now on. One that is archived had ended before, so that
 * all of it is in what the flush writes. Null where nothing is archived and nothing can be seen of the log.
 * @param live those in the commit log's directory
 */
export function firstNeeded(archived: readonly Segment[], live: readonly Segment[]): bigint | null {
  const ids = new Set(archived.map((s) => s.id));
  const rest = live.filter((s) => !ids.has(s.id)).map((s) => s.id);
  if (rest.length > 0) return rest.reduce((a, b) => (a < b ? a : b));
  const last = archived.map((s) => s.id).reduce<bigint | null>((a, b) => (a === null || b > a ? b : a), null);
  return last === null ? null : last + 1n;
}
