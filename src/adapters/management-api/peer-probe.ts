import { isIP } from 'node:net';
import { endpointOf } from '../../domain/cluster/addresses.ts';
import type { PeerProbe } from '../../ports/peer-probe.ts';
import { endpoints } from './answers.ts';

const PORT = 8080;
/** A node that runs answers within milliseconds; nothing else has to answer at all. */
const PATIENCE_MS = 2000;

/** Asks the management APIs, without a certificate: one that demands it reports nothing. */
export function managementPeerProbe(port = PORT): PeerProbe {
  return {
    async hostIdAt(address) {
      // It comes from a volume, and nodes remember each other by addresses: a name is not looked up.
      if (isIP(address) === 0) return null;
      try {
        const signal = AbortSignal.timeout(PATIENCE_MS);
        const answer = await fetch(`http://${endpointOf(address, port)}/api/v0/metadata/endpoints`, {
          signal,
        });
        const { entity } = endpoints.parse(await answer.json());
        return entity.find((m) => m.local)?.hostId || null;
      } catch {
        return null;
      }
    },
  };
}
