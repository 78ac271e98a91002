import { KassetteError } from '../errors.ts';
import { hint } from '../hint.ts';
import { plainAddress } from './addresses.ts';
import type { Datacenter, Node, RingMember } from './topology.ts';

/** Cassandra's name for the schema version of nodes that did not answer. */
const UNREACHABLE = 'UNREACHABLE';

/** A cluster as a command sees it: its datacenters here, and what the ring says of each of their nodes. */
export interface Cluster {
  readonly name: string;
  readonly datacenters: readonly Datacenter[];
  readonly nodes: readonly Node[];
  /** By node name. */
  readonly members: ReadonlyMap<string, RingMember>;
  /** Members of the ring that none of `nodes` is. */
  readonly others: readonly RingMember[];
  /** Addresses in gossip at which, as far as gossip knows, there is no node of the ring any more. */
  readonly remnants: readonly RingMember[];
  /** The one version that all nodes agree on. */
  readonly schemaVersion: string;
}

/** What one node of a cluster reported about it. */
export interface RingFacts {
  readonly datacenters: readonly Datacenter[];
  /** By node name: whether it serves CQL. */
  readonly ready: ReadonlyMap<string, boolean>;
  readonly endpoints: readonly RingMember[];
  readonly schemaVersions: ReadonlyMap<string, readonly string[]>;
}

/**
 * A healthy cluster, or the reason why it is none: every node UP and NORMAL, one schema version. The error is the first
 * of several; waiting may mend each of them.
 */
export function assessRing(facts: RingFacts): Cluster | KassetteError {
  const nodes = facts.datacenters.flatMap((d) => d.nodes);
  const { ring, remnants } = partEndpoints(facts.endpoints);
  const { members, others } = matchNodes(nodes, ring);
  for (const node of nodes) {
    const fault = faultOf(node, members.get(node.name), facts.ready.get(node.name) ?? false);
    if (fault !== null) return nodeDown(node.name, fault);
  }
  const sick = others.find((m) => !isUp(m));
  if (sick !== undefined) return nodeDown(placeOf(sick), `is ${stateOf(sick)}`);
  const schemaVersion = agreedSchema(facts.schemaVersions, remnants);
  if (schemaVersion === null) return disagreement(withoutRemnants(facts.schemaVersions, remnants));
  const name = nodes[0]?.cluster ?? '';
  return { name, datacenters: facts.datacenters, nodes, members, others, remnants, schemaVersion };
}

/** Nodes that serve CQL, as they say, while the ring calls them down or does not have them. */
export function downIn({ datacenters, ready, endpoints }: RingFacts): readonly Node[] {
  const nodes = datacenters.flatMap((d) => d.nodes).filter((n) => ready.get(n.name));
  const { members } = matchNodes(nodes, partEndpoints(endpoints).ring);
  return nodes.filter((n) => {
    const member = members.get(n.name);
    return member === undefined || !member.alive || member.status === 'shutdown';
  });
}

/** Gossip's endpoints: the members of the ring, and what it still keeps of nodes that are not there, or not there any more. */
export function partEndpoints(endpoints: readonly RingMember[]): {
  readonly ring: readonly RingMember[];
  readonly remnants: readonly RingMember[];
} {
  const living = new Set(endpoints.filter((m) => m.alive).map((m) => m.hostId));
  const isRemnant = (m: RingMember) =>
    !m.alive && (isWithoutState(m) || hasLeft(m) || (m.hostId !== '' && living.has(m.hostId)));
  return { ring: endpoints.filter((m) => !isRemnant(m)), remnants: endpoints.filter(isRemnant) };
}

/**
 * Whether gossip has nothing but the address: that of a pod which is gone, for some minutes after its node came up under another address;
 * or of a node that has not been seen since the one that was asked started. `system.peers` shows which.
 */
export function isWithoutState(m: RingMember): boolean {
  return !m.alive && m.datacenter === '' && m.hostId === '' && m.status === '' && m.tokens.length === 0;
}

/** Decommissioned or removed nodes stay in gossip for three days. */
function hasLeft({ status }: RingMember): boolean {
  return status === 'LEFT' || status === 'removed';
}

function matchNodes(nodes: readonly Node[], ring: readonly RingMember[]) {
  const at = new Map(ring.map((m) => [plainAddress(m.address), m]));
  const pairs = nodes.flatMap((node) => {
    const member = at.get(plainAddress(node.address));
    return member === undefined ? [] : [[node.name, member] as const];
  });
  const members = new Map(pairs);
  const own = new Set(members.values());
  return { members, others: ring.filter((m) => !own.has(m)) };
}

/** The cluster as gossip has it by now: the same nodes, with what it says of each. */
export function inRing(cluster: Cluster, endpoints: readonly RingMember[]): Cluster {
  const { ring, remnants } = partEndpoints(endpoints);
  return { ...cluster, ...matchNodes(cluster.nodes, ring), remnants };
}

/**
 * The schema version that all nodes have; null where they do not agree.
 * @param versions schema version → addresses, unreachable ones under `UNREACHABLE`
 */
export function agreedSchema(
  versions: ReadonlyMap<string, readonly string[]>,
  remnants: readonly RingMember[],
): string | null {
  const [version, ...others] = withoutRemnants(versions, remnants).keys();
  return version === undefined || version === UNREACHABLE || others.length > 0 ? null : version;
}

/** Schema version → addresses; nobody waits for an answer from where no node is. */
function withoutRemnants(
  versions: ReadonlyMap<string, readonly string[]>,
  remnants: readonly RingMember[],
): ReadonlyMap<string, readonly string[]> {
  const gone = new Set(remnants.map((m) => plainAddress(m.address)));
  return new Map(
    [...versions].flatMap(([version, addresses]) => {
      const left = addresses.filter((a) => version !== UNREACHABLE || !gone.has(plainAddress(a)));
      return left.length === 0 ? [] : [[version, left] as const];
    }),
  );
}

/**
 * Whether a backup's name of a datacenter is that of this node's. It is the name that Cassandra has; manifests of before hold
 * that of the CassandraDatacenter, which `spec.datacenterName` overrides.
 */
export function isDatacenterOf(cluster: Cluster, member: RingMember, saved: string): boolean {
  if (saved === member.datacenter) return true;
  return cluster.nodes.some((n) => n.datacenter === saved && cluster.members.get(n.name) === member);
}

function faultOf(node: Node, member: RingMember | undefined, ready: boolean): string | null {
  if (!ready) return 'does not serve CQL';
  if (member === undefined) return `is not in the ring under its address ${node.address}`;
  return isUp(member) ? null : `is ${stateOf(member)}`;
}

function isUp({ alive, status }: RingMember): boolean {
  return alive && status === 'NORMAL';
}

function stateOf({ alive, status }: RingMember): string {
  return `${alive ? 'UP' : 'DOWN'} and ${status === '' ? 'without a state in gossip' : status}`;
}

function placeOf({ address, datacenter }: RingMember): string {
  return datacenter === '' ? address : `${address} (datacenter ${datacenter})`;
}

export function nodeDown(who: string, fault: string): KassetteError {
  return new KassetteError(
    'NODE_DOWN',
    `Node ${who} ${fault}; all nodes must be UP and NORMAL.`,
    'Nothing was changed. Bring the node back, or wait for the end of a bootstrap, move or decommission; then run the command again.',
  );
}

function disagreement(versions: ReadonlyMap<string, readonly string[]>): KassetteError {
  const seen = [...versions].map(([version, addresses]) => `${version}: ${addresses.join(', ')}`).join('; ');
  const silent = versions.get(UNREACHABLE);
  if (silent !== undefined && versions.size <= 2)
    return new KassetteError(
      'SCHEMA_DISAGREEMENT',
      `Nodes that did not say in time which schema version they have: ${silent.join(', ')} (${seen}).`,
      hint`Nothing was changed. Such a node is starting, busy, or cut off from the others: look at its load and its log, then run the command again, with a longer \`--timeout\` if it is busy.`,
    );
  return new KassetteError(
    'SCHEMA_DISAGREEMENT',
    `The nodes do not agree on one schema version (${seen}).`,
    'Nothing was changed. Wait until schema changes have ended; if the nodes still disagree, restart the one that differs.',
  );
}

/** Group datacenters by the cluster that they belong to. */
export function byCluster(datacenters: readonly Datacenter[]): readonly (readonly Datacenter[])[] {
  return [...Map.groupBy(datacenters, (d) => d.cluster).values()];
}
