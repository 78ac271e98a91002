import { loadsOf } from '../../../domain/transfer/transfer.ts';
import type { Ports } from '../../../ports/ports.ts';
import { each } from '../../each.ts';
import type { TableFacts } from '../facts.ts';
import type { TableOptions } from '../options.ts';
import { mustRedistribute } from '../part-assignment.ts';
import { filesOf } from './files-to-copy.ts';
import type { Transfer } from './transfer.ts';

/**
 * Mount clones together with the live volumes that their files go to, so that no byte passes through this process. Where that
 * is not possible, a warning says why, and the files stream through it. Answers the nodes whose clones are co-mounted.
 */
export async function coMountClones(
  ports: Ports,
  facts: TableFacts,
  transfers: readonly Transfer[],
  options: TableOptions,
): Promise<ReadonlySet<string>> {
  if (options.from.kind === 'backup') return new Set();
  // Directories of one machine need no mounting.
  if (options.from.kind === 'path') return new Set(transfers.map((t) => t.node.name));
  if (mustRedistribute(facts)) {
    ports.progress.warn('Each clone is needed on all nodes: its files stream through kassette.');
    return new Set();
  }
  return ports.progress.step('Mounting clones together with live volumes', async (report) => {
    let done = 0;
    const coMounted = await each(
      transfers,
      async ({ node, part }) => {
        const there = await ports.volumes.stagedFiles(node);
        const isLeft = loadsOf(filesOf(part, facts.tag), there, 1).length > 0;
        const why = isLeft ? await ports.clones.coMount(part.node, node, options.signal) : null;
        if (why !== null) {
          ports.progress.warn(
            `${part.node.name} is not mounted together with the volume of ${node.name}: its files stream through kassette. ${why}`,
          );
        }
        report.count(++done, transfers.length);
        return isLeft && why === null ? [node.name] : [];
      },
      options,
    );
    return new Set(coMounted.flat());
  });
}
