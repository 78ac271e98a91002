import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

/**
 * Tables of whose lightweight transactions any node keeps the outcome, as `keyspace.name`. Truncating a table does not touch that:
 * the next SERIAL read or write of a key would commit the newer value again, over what was restored. It belongs to the table's
 * id, in `system.paxos` and in a cache in memory, so a table that is recreated is rid of it.
 */
export async function tablesWithPaxos(
  { cluster, session }: ConnectedCluster,
  options: CommonOptions,
): Promise<ReadonlySet<string>> {
  const found = await each(cluster.nodes, (node) => session.paxosTables(node), options);
  if (found.every((ids) => ids?.size === 0)) return new Set();
  const isKept = (id: string) => found.some((ids) => ids === null || ids.has(id));
  return new Set([...(await session.tableIds())].filter(([, id]) => isKept(id)).map(([name]) => name));
}
