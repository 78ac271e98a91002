import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Batches } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import type { ConnectedCluster } from './sessions.ts';

export interface WaitingBatches extends Batches {
  readonly node: Node;
}

/** Batches of clients are gone in a moment, those of who is lost in ten seconds and more. */
const FIRST_POLL_MS = 50;
const POLL_MS = 1000;
/** Looking through very many of them costs the node what it needs to replay them. */
const REST_FACTOR = 4;
const LONGEST_PAUSE_MS = 10_000;
/** A logged batch that is replayed may leave one for views of its tables; views have none. */
const GENERATIONS = 2;

/**
 * Wait until every batch that waits to be replayed now has been: logged batches whose coordinator was lost, and updates of views
 * that a start makes of what it replays from the commit log. Cassandra replays them every ten seconds, and forgets one only when
 * all replicas have it or have hints of it. Those of clients that write meanwhile are not waited for.
 * @returns whether there were any, and those that are left after the time limit
 */
export async function batchesReplayed(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  options: CommonOptions,
): Promise<{ readonly waited: boolean; readonly left: readonly WaitingBatches[] }> {
  const now = () => ports.clock.now().getTime();
  const deadline = now() + options.timeoutMs;
  const waitingOn = async (asked: readonly { readonly node: Node; readonly newest?: string }[]) => {
    const ask = async ({ node, newest }: (typeof asked)[number]) => ({
      node,
      ...(await session.batches(node, newest)),
    });
    return (await each(asked, ask, options)).filter((w) => w.count > 0);
  };
  const all = cluster.nodes.map((node) => ({ node }));
  let left = await waitingOn(all);
  if (left.length === 0) return { waited: false, left };
  return ports.progress.step('Waiting for batches to be replayed', async (report) => {
    for (let generation = 1; generation <= GENERATIONS; generation++) {
      if (generation > 1) left = await waitingOn(all);
      let pause = FIRST_POLL_MS;
      // Those that came later are none of them.
      const known = new Map(left.map((w) => [w.node.name, w.newest]));
      while (left.length > 0) {
        report.note(describeWaiting(left));
        if (now() >= deadline) return { waited: true, left };
        await ports.clock.sleep(Math.max(0, Math.min(pause, deadline - now())));
        options.signal.throwIfAborted();
        const asked = now();
        left = await waitingOn(left.map(({ node }) => ({ node, newest: known.get(node.name) ?? '' })));
        const rest = Math.min(REST_FACTOR * (now() - asked), LONGEST_PAUSE_MS);
        pause = Math.max(Math.min(2 * pause, POLL_MS), rest);
      }
    }
    return { waited: true, left: [] };
  });
}

/**
 * The same before tables are truncated: where one node has truncated a table and the next has not yet, that one would replay on the
 * first what is newer than the backup.
 * @returns whether there were any: what was looked at before may have changed meanwhile
 * @throws TIMEOUT
 */
export async function awaitBatches(
  ports: Ports,
  connected: ConnectedCluster,
  options: CommonOptions,
): Promise<boolean> {
  const { waited, left } = await batchesReplayed(ports, connected, options);
  if (left.length === 0) return waited;
  throw new KassetteError(
    'TIMEOUT',
    `Batches of writes still wait to be replayed (${describeWaiting(left)}); rows that are newer than the backup could come back with them.`,
    'This run changed nothing live. Cassandra replays them by itself, as fast as `batchlog_replay_throttle` allows. Run the same command again later, or with a longer `--timeout`. If some remain, restart the node: it replays them then.',
  );
}

/** `12 on dse-rack1-sts-0, 3 on dse-rack1-sts-2`. */
export function describeWaiting(waiting: readonly WaitingBatches[]): string {
  return waiting.map(({ node, count }) => `${count} on ${node.name}`).join(', ');
}
