import { KassetteError } from '../../domain/errors.ts';
import type { Node } from '../../domain/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import type { ConnectedCluster } from './sessions.ts';

export interface WaitingBatches {
  readonly node: Node;
  readonly ids: ReadonlySet<string>;
}

/** Batches of clients are gone in a moment, those of who is lost in ten seconds and more. */
const FIRST_POLL_MS = 50;
const POLL_MS = 1000;
/** A logged batch that is replayed may leave one for views of its tables; views have none. */
const GENERATIONS = 2;

/**
 * Wait until every batch that waits to be replayed now has been: logged batches whose coordinator was lost, and updates of views
 * that a start makes of what it replays from the commit log. Cassandra replays them every ten seconds, and forgets one only when
 * all replicas have it or have hints of it. Those of clients that write meanwhile are not waited for.
 * @returns those that are left after the time limit
 */
export async function batchesReplayed(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  options: CommonOptions,
): Promise<readonly WaitingBatches[]> {
  const deadline = ports.clock.now().getTime() + options.timeoutMs;
  const waitingOn = async (nodes: readonly Node[]) =>
    some(await each(nodes, async (node) => ({ node, ids: await session.batches(node) }), options));
  let left = await waitingOn(cluster.nodes);
  if (left.length === 0) return left;
  return ports.progress.step('Waiting for batches to be replayed', async (report) => {
    for (let generation = 1; generation <= GENERATIONS; generation++) {
      if (generation > 1) left = await waitingOn(cluster.nodes);
      let pause = FIRST_POLL_MS;
      while (left.length > 0) {
        report.note(describeWaiting(left));
        if (ports.clock.now().getTime() >= deadline) return left;
        await ports.clock.sleep(pause);
        pause = Math.min(2 * pause, POLL_MS);
        const now = await waitingOn(left.map((l) => l.node));
        left = some(left.map(({ node, ids }) => ({ node, ids: common(ids, now, node) })));
      }
    }
    return [];
  });
}

/**
 * The same before tables are emptied: where one node has emptied a table and the next has not yet, that one would replay on the
 * first what is newer than the backup.
 * @throws TIMEOUT
 */
export async function awaitBatches(
  ports: Ports,
  connected: ConnectedCluster,
  options: CommonOptions,
): Promise<void> {
  const left = await batchesReplayed(ports, connected, options);
  if (left.length === 0) return;
  throw new KassetteError(
    'TIMEOUT',
    `Batches of writes still wait to be replayed (${describeWaiting(left)}); rows that are newer than the backup could come back with them.`,
    'Nothing live was changed. Cassandra replays them by itself, as fast as its batchlog_replay_throttle lets it: run the same command again later, or with a longer --timeout.',
  );
}

/** `12 on dse-rack1-sts-0, 3 on dse-rack1-sts-2`. */
export function describeWaiting(waiting: readonly WaitingBatches[]): string {
  return waiting.map(({ node, ids }) => `${ids.size} on ${node.name}`).join(', ');
}

const some = (waiting: readonly WaitingBatches[]) => waiting.filter((w) => w.ids.size > 0);

function common(ids: ReadonlySet<string>, now: readonly WaitingBatches[], node: Node): ReadonlySet<string> {
  const still = now.find((w) => w.node.name === node.name)?.ids;
  return new Set([...ids].filter((id) => still?.has(id)));
}
