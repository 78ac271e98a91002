import type { Manifest, ManifestNode } from '../../../domain/backup/manifest.ts';
import { includesAddress } from '../../../domain/cluster/addresses.ts';
import { KassetteError } from '../../../domain/errors.ts';
import type { PeerProbe } from '../../../ports/peer-probe.ts';

/**
 * That nothing answers at the addresses that the restored node will remember. It would greet what does, and with the same
 * host ids the two rings would become one.
 * @param own addresses at which nodes may run: those that the restored node belongs to
 * @throws CLUSTER_ELSEWHERE
 */
export async function refuseIfOriginalRuns(
  peers: PeerProbe,
  manifest: Manifest,
  own: readonly string[],
): Promise<void> {
  const ids = new Set(manifest.nodes.map((n) => n.hostId));
  const running = await Promise.all(
    manifest.nodes.map(async (node) => {
      if (node.address === undefined || includesAddress(own, node.address)) return null;
      // Another node may have got the address: one of this ring, or of any other.
      return ids.has((await peers.hostIdAt(node.address)) ?? '') ? node : null;
    }),
  );
  const [first, ...more] = running.filter((n) => n !== null);
  if (first !== undefined) throw elsewhere(manifest, first, more.length);
}

function elsewhere({ cluster, tag }: Manifest, node: ManifestNode, more: number): KassetteError {
  const others = more === 0 ? '' : ` and at ${more} more of the addresses in the backup`;
  return new KassetteError(
    'CLUSTER_ELSEWHERE',
    `A node of cluster ${cluster} as it is in backup ${tag} runs at ${node.address}${others}.`,
    'Nothing was changed. The restored nodes would contact the running ones and take their places. Stop those, or use `--elsewhere`, which removes their addresses from the volumes.',
  );
}
