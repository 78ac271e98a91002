import { z } from 'zod';
import { type Jmx, STORAGE } from './cassandra/jmx.ts';

export type EndpointState = Readonly<Record<string, string>>;

const DETECTOR = 'org.apache.cassandra.net:type=FailureDetector';

const storage = z.object({
  ClusterName: z.string(),
  PartitionerName: z.string(),
  LocalHostId: z.string(),
  LiveNodesWithPort: z.array(z.string()),
  TokenToEndpointWithPortMap: z.record(z.string(), z.string()),
});

/** Gossip's view of the ring: one object per node, every value as text. */
export async function endpointStates(jmx: Jmx): Promise<readonly EndpointState[]> {
  const [detector, read] = await Promise.all([
    jmx.read(DETECTOR, 'AllEndpointStatesWithPort'),
    jmx.read(STORAGE, Object.keys(storage.shape)),
  ]);
  const ring = storage.parse(read);
  return parseGossip(z.string().parse(detector)).map(({ endpoint, values }) => ({
    ...values,
    CLUSTER_NAME: ring.ClusterName,
    ENDPOINT_IP: endpoint.slice(0, endpoint.lastIndexOf(':')),
    IS_ALIVE: String(ring.LiveNodesWithPort.includes(endpoint)),
    IS_LOCAL: String(values['HOST_ID'] === ring.LocalHostId),
    PARTITIONER: ring.PartitionerName,
    TOKENS: tokensOf(endpoint, ring.TokenToEndpointWithPortMap),
  }));
}

interface GossipState {
  readonly endpoint: string;
  readonly values: EndpointState;
}

/** The text that Cassandra makes for `nodetool gossipinfo`: an endpoint a block, `NAME:version:value` a line. */
export function parseGossip(states: string): readonly GossipState[] {
  const blocks = states.split(/^(?=\S)/m).filter((block) => block.trim() !== '');
  return blocks.map((block) => {
    const [head = '', ...lines] = block.split('\n');
    const values: Record<string, string> = {};
    for (const line of lines) {
      const match = /^\s+([A-Z_0-9]+):\d+:(.*)$/.exec(line);
      if (match?.[1] !== undefined) values[match[1]] = match[2] ?? '';
    }
    return { endpoint: head.trim().replace(/^.*\//, ''), values };
  });
}

/** Gossip's text hides the tokens; the ring's map has them. */
function tokensOf(endpoint: string, owners: Readonly<Record<string, string>>): string {
  const own = Object.keys(owners).filter((token) => owners[token] === endpoint);
  return own.sort().join(',');
}
