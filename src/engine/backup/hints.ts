import type { Node } from '../../domain/cluster/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import { type Look, lookUntil } from '../../ports/until.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

/** Hint files on one node for another one, both in the ring. */
export interface WaitingHints {
  readonly node: Node;
  readonly target: string;
  readonly files: number;
}

const POLL_MS = 2000;
/** A node begins to deliver hints within ten seconds, and a file may take longer than this: then it is not waited for. */
const QUIET_MS = 30_000;

/** What nodes of the ring keep for others of it; nothing where the release does not report it. */
export async function waitingHints(
  { cluster, session }: ConnectedCluster,
  options: CommonOptions,
): Promise<readonly WaitingHints[]> {
  const names = new Map([...cluster.members].map(([name, { hostId }]) => [hostId, name]));
  const ask = async (node: Node) =>
    [...(await session.pendingHints(node))].flatMap(([hostId, files]) => {
      const target = names.get(hostId);
      return target === undefined ? [] : [{ node, target, files }];
    });
  return (await each(cluster.nodes, ask, options)).flat();
}

/**
 * Wait until hints are delivered, as long as they become fewer, and warn of those that are left: they are rows which some replica
 * lacks, or none has where they were written at ANY, and no backup has hints.
 */
export async function awaitHints(
  ports: Ports,
  connected: ConnectedCluster,
  options: CommonOptions,
): Promise<void> {
  let left = await waitingHints(connected, options);
  if (left.length === 0) return;
  await ports.progress.step('Waiting for hints to be delivered', async (report) => {
    let fewest = Number.POSITIVE_INFINITY;
    const look = async (): Promise<Look<true>> => {
      left = await waitingHints(connected, options);
      if (left.length === 0) return { found: true };
      report.note(describeHints(left));
      fewest = Math.min(
        fewest,
        left.reduce((sum, { files }) => sum + files, 0),
      );
      return String(fewest);
    };
    const within = Math.min(options.timeoutMs, QUIET_MS);
    await lookUntil(look, { every: POLL_MS, within, signal: options.signal, clock: ports.clock });
  });
  if (left.length === 0) return;
  ports.progress.warn(
    `Hints wait to be delivered (${describeHints(left)}). The backup has none: rows are missing on those nodes until a repair, and what was written at consistency level ANY may be missing altogether.`,
  );
}

/** `2 files on dse-rack1-sts-0 for dse-rack1-sts-2`. */
export function describeHints(hints: readonly WaitingHints[]): string {
  return hints
    .map(
      ({ node, target, files }) => `${files} ${files === 1 ? 'file' : 'files'} on ${node.name} for ${target}`,
    )
    .join(', ');
}
