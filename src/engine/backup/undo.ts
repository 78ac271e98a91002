import type { Ports } from '../../ports/ports.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { removeSnapshots } from '../cluster/snapshot-work.ts';
import { each } from '../each.ts';

/** For the end of a snapshot that a node makes by itself; a process that is asked to stop may be killed soon. */
const LIMIT_MS = 10 * 60_000;

/**
 * Remove what an unfinished backup made, as far as the nodes let us: the next run removes the rest.
 * @param underway names of nodes that may still be making their snapshot
 */
export async function undo(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  tag: string,
  underway: ReadonlySet<string>,
): Promise<void> {
  const nodes = connected.flatMap(({ cluster, session }) => cluster.nodes.map((node) => ({ node, session })));
  await ports.progress.step('Undoing the backup', async () => {
    await each(
      nodes,
      async ({ node, session }) => {
        try {
          const ended = () => !underway.has(node.name);
          await removeSnapshots(ports, session, { node, tags: [tag], ended }, { limitMs: LIMIT_MS });
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
