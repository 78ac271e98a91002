import { z } from 'zod';
import { LOWEST_LINKED } from './sstable.ts';

/** What a run links on one node, as its journal says it before the first link is made. */
export const linked = z.readonly(
  z.object({
    /** The lowest generation of its links, or of those of earlier runs that the node had not loaded. */
    from: z.number().int().min(LOWEST_LINKED),
    /** The node's at that moment. A higher one later: started since, so that all that was linked by then is loaded. */
    gossipGeneration: z.number(),
  }),
);

export type Linked = z.infer<typeof linked>;

/**
 * The lowest generation of links that the node has not loaded, unless it was asked to: those under which it still runs as when they
 * were made. Its own SSTables have lower ones (`firstGeneration`). Null where there are none.
 * @param gossipGeneration of now
 */
export function unloadedFrom(
  records: readonly (Linked | undefined)[],
  gossipGeneration: number,
): number | null {
  const here = records.flatMap((r) => (r?.gossipGeneration === gossipGeneration ? [r.from] : []));
  return here.length === 0 ? null : Math.min(...here);
}
