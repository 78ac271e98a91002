import type { Cluster } from '../../domain/cluster/ring.ts';
import type { CqlSession } from '../../ports/cql.ts';
import { each } from '../each.ts';

/** Each node's gossip generation by node name: it grows with every start of Cassandra. */
export async function gossipGenerations(
  session: CqlSession,
  cluster: Cluster,
  concurrency: number,
): Promise<ReadonlyMap<string, number>> {
  const pairs = await each(
    cluster.nodes,
    async (node) => [node.name, await session.gossipGeneration(node)] as const,
    { concurrency },
  );
  return new Map(pairs);
}
