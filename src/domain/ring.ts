import { KassetteError } from './errors.ts';
import type { Datacenter, Node, RingMember } from './topology.ts';

/** A cluster as a command sees it: its datacenters here, and what the ring says of each of their nodes. */
export interface Cluster {
  readonly name: string;
  readonly datacenters: readonly Datacenter[];
  readonly nodes: readonly Node[];
  /** By node name. */
  readonly members: ReadonlyMap<string, RingMember>;
  /** Members of the ring that none of `nodes` is. */
  readonly others: readonly RingMember[];
  /** The one version that all nodes agree on. */
  readonly schemaVersion: string;
}

/** What one node of a cluster told about it. */
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
  const members = new Map<string, RingMember>();
  for (const node of nodes) {
    const member = facts.endpoints.find((m) => m.address === node.address);
    const fault = faultOf(node, member, facts.ready.get(node.name) ?? false);
    if (fault !== null) return nodeDown(node.name, fault);
    if (member !== undefined) members.set(node.name, member);
  }
  const addresses = new Set(nodes.map((n) => n.address));
  const others = facts.endpoints.filter((m) => !addresses.has(m.address));
  const sick = others.find((m) => !m.alive || m.status !== 'NORMAL');
  if (sick !== undefined) return nodeDown(`${sick.address} (datacenter ${sick.datacenter})`, stateOf(sick));
  const versions = [...facts.schemaVersions.keys()];
  const [schemaVersion] = versions;
  if (versions.length !== 1 || schemaVersion === undefined || schemaVersion === 'UNREACHABLE') {
    return disagreement(facts.schemaVersions);
  }
  const name = nodes[0]?.cluster ?? '';
  return { name, datacenters: facts.datacenters, nodes, members, others, schemaVersion };
}

function faultOf(node: Node, member: RingMember | undefined, ready: boolean): string | null {
  if (!ready) return 'does not serve CQL';
  if (member === undefined) return `is not in the ring under its address ${node.address}`;
  return member.alive && member.status === 'NORMAL' ? null : `is ${stateOf(member)}`;
}

function stateOf(member: RingMember): string {
  return `${member.alive ? 'UP' : 'DOWN'} and ${member.status}`;
}

function nodeDown(who: string, fault: string): KassetteError {
  return new KassetteError(
    'NODE_DOWN',
    `Node ${who} ${fault.startsWith('is') || fault.startsWith('does') ? fault : `is ${fault}`}; all nodes must be UP and NORMAL.`,
    'Nothing was changed. Bring the node back, or let a bootstrap, move or decommission end, then run the command again.',
  );
}

function disagreement(versions: ReadonlyMap<string, readonly string[]>): KassetteError {
  const told = [...versions].map(([version, addresses]) => `${version}: ${addresses.join(', ')}`).join('; ');
  return new KassetteError(
    'SCHEMA_DISAGREEMENT',
    `The nodes do not agree on one schema version (${told}).`,
    'Nothing was changed. Wait until running schema changes are through; if it stays, restart the odd node.',
  );
}

/** Group datacenters by the cluster that they belong to. */
export function byCluster(datacenters: readonly Datacenter[]): readonly (readonly Datacenter[])[] {
  return [...Map.groupBy(datacenters, (d) => d.cluster).values()];
}
