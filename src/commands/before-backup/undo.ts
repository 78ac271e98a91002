import type { Cluster } from '../../domain/ring.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';

/** Remove what an unfinished backup made, as far as the nodes let us: the next run removes the rest. */
export async function undo(ports: Ports, clusters: readonly Cluster[], tag: string): Promise<void> {
  const nodes = clusters.flatMap((c) => c.nodes);
  await ports.progress.step('Undoing the backup', async () => {
    await each(
      nodes,
      async (node) => {
        try {
          await ports.volumes.remove(node, [tag]);
          await ports.control.clearSnapshot(node, tag);
        } catch {
          ports.progress.warn(
            `${node.name} keeps snapshot ${tag}; the next before-backup or after-backup removes it.`,
          );
        }
      },
      { concurrency: 32 },
    );
  });
}
