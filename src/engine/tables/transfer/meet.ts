import { loadsOf } from '../../../domain/transfer/transfer.ts';
import type { Ports } from '../../../ports/ports.ts';
import { each } from '../../each.ts';
import type { TableFacts } from '../facts.ts';
import type { TableOptions } from '../options.ts';
import { isSpread } from '../placement.ts';
import { filesOf } from './travelling-files.ts';
import type { Trip } from './trip.ts';

/**
 * Bring clones of volumes together with the live ones that their files go to, so that no byte passes through this process;
 * where that cannot be, it is said why, and they do. Answers the nodes whose clones they met.
 */
export async function meet(
  ports: Ports,
  facts: TableFacts,
  trips: readonly Trip[],
  options: TableOptions,
): Promise<ReadonlySet<string>> {
  if (options.from.kind === 'backup') return new Set();
  // Directories of one machine are beside each other.
  if (options.from.kind === 'path') return new Set(trips.map((t) => t.node.name));
  if (isSpread(facts)) {
    ports.progress.warn('Each clone is needed on all nodes: its files stream through kassette.');
    return new Set();
  }
  return ports.progress.step('Mounting clones beside live volumes', async (report) => {
    let done = 0;
    const met = await each(
      trips,
      async ({ node, part }) => {
        const there = await ports.volumes.stagedFiles(node);
        const isLeft = loadsOf(filesOf(part, facts.tag), there, 1).length > 0;
        const why = isLeft ? await ports.copies.meet(part.node, node, options.signal) : null;
        if (why !== null) {
          ports.progress.warn(
            `${part.node.name} is not mounted beside the volume of ${node.name}: its files stream through kassette. ${why}`,
          );
        }
        report.count(++done, trips.length);
        return isLeft && why === null ? [node.name] : [];
      },
      options,
    );
    return new Set(met.flat());
  });
}
