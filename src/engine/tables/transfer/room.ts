import { checkRoom, rewritten } from '../../../domain/restore/space.ts';
import { unstaged } from '../../../domain/transfer/staging.ts';
import type { TableFacts } from '../facts.ts';
import { type PartAssignment, tablesOf } from '../part-assignment.ts';
import { bytesToCopy } from './files-to-copy.ts';

/**
 * That every volume has room: for what has to be copied there, and for what is rewritten, statistics, indexes and some views, as in a
 * whole restore. @throws NO_SPACE
 */
export function checkRooms(
  facts: TableFacts,
  assignments: readonly PartAssignment[],
  reserveBytes: number,
): void {
  for (const assignment of assignments) {
    const written = rewritten(
      tablesOf(facts, assignment).unpack(),
      assignment.parts.flatMap((p) => p.rebuilt),
    ).map((w) => ({
      ...w,
      directory: unstaged(w.directory),
    }));
    const copied = bytesToCopy(facts, assignment);
    checkRoom(assignment.live.node.name, assignment.live, { written, copied, reserveBytes });
  }
}
