import { plainAddress } from '../../domain/cluster/addresses.ts';
import { type Cluster, isWithoutState, nodeDown } from '../../domain/cluster/ring.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';

/** Nodes asked at a time. */
const AT_ONCE = 32;

/**
 * That there is no node at the addresses of which gossip has nothing but the address. A pod's old address is forgotten by every
 * node's `system.peers` when its node comes up under another address; a node that is down since all others were started is still in it.
 * @throws NODE_DOWN
 */
export async function checkRemnants(
  { progress }: Pick<Ports, 'progress'>,
  { cluster, session }: { readonly cluster: Cluster; readonly session: CqlSession },
): Promise<void> {
  if (cluster.remnants.length === 0) return;
  const unknown = cluster.remnants.filter(isWithoutState);
  const members = new Set([...cluster.members.values(), ...cluster.others].map((m) => m.hostId));
  const known =
    unknown.length === 0 ? [] : await each(cluster.nodes, (n) => session.peers(n), { concurrency: AT_ONCE });
  for (const { address } of unknown) {
    const hostId = known.map((peers) => peers.get(plainAddress(address))).find((id) => id !== undefined);
    if (hostId !== undefined && !members.has(hostId))
      throw nodeDown(`${address} (host id ${hostId})`, 'has been DOWN since the other nodes were started');
  }
  const addresses = cluster.remnants.map((m) => m.address).join(', ');
  progress.warn(
    `Gossip of cluster ${cluster.name} still has ${addresses}, where no node runs any more: ignored in the ring.`,
  );
}
