import { bytesRewritten } from '../../../domain/backup/backup-check.ts';
import { KassetteError } from '../../../domain/errors.ts';
import type { TableFacts } from '../facts.ts';
import { type PartAssignment, tablesOf } from '../part-assignment.ts';
import { bytesToCopy } from './files-to-copy.ts';

/**
 * That every volume has room: for what has to be copied there, and for what is rewritten, statistics, indexes and some views, as in a
 * whole restore. @throws NO_SPACE
 */
export function checkRoom(
  facts: TableFacts,
  assignments: readonly PartAssignment[],
  reserveBytes: number,
): void {
  for (const assignment of assignments) {
    const views = assignment.parts.reduce((sum, p) => sum + p.rebuiltBytes, 0);
    const written = bytesRewritten(tablesOf(facts, assignment).unpack()) + views;
    const copied = bytesToCopy(facts, assignment);
    const needed = written + copied + reserveBytes;
    const { node, freeBytes } = assignment.live;
    if (freeBytes >= needed) continue;
    throw new KassetteError(
      'NO_SPACE',
      `The volume of ${node.name} has ${freeBytes} bytes free; the restore needs ${needed} (${copied} to copy, ${written} for indexes, views and statistics, ${reserveBytes} in reserve).`,
      'Nothing was changed. Remove old snapshots, enlarge the volume, or lower `--reserve`.',
    );
  }
}
