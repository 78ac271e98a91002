import { chooseContexts, inContexts, type Reached } from '../../../domain/k8ssandra/contexts.ts';
import { inOrder, isSameLocation, type Location } from '../../../domain/k8ssandra/locations.ts';
import { type K8ssandraSpec, locationsOf } from '../../../domain/k8ssandra/members.ts';
import { type Connection, callingAs } from '../client/connection.ts';

/** Where a K8ssandraCluster and its datacenters are. */
export interface Sites {
  /** With one name for each Kubernetes, and how it is reached. */
  readonly spec: K8ssandraSpec;
  /** Its own namespace. */
  readonly own: Connection;
  /** Namespaces with datacenters of it, each in its Kubernetes, in the order of leases. */
  readonly all: readonly Connection[];
}

/**
 * The connections to all Kubernetes clusters that the spec names.
 * @param own to that of the object, in whose namespace it is
 * @throws PARTIAL_CLUSTER, CLUSTER_UNREACHABLE, USAGE where one is not reached; nothing is asked of any yet
 */
export function sitesOf(own: Connection, declared: K8ssandraSpec): Sites {
  const chosen = chooseContexts(declared, own.others);
  const connections = new Map([...chosen.values()].map((c) => [c, own.others.connect(c, declared)] as const));
  const reached = [...chosen].map(([k8sContext, context]) => {
    const server = connections.get(context)?.caller.server ?? '';
    return [k8sContext, { context, server }] as const;
  });
  const spec = inContexts(declared, reachedAs(own), new Map(reached));
  const all = locationsOf(spec).map((location) => {
    const { reachedBy = '' } = location;
    return { ...(connections.get(reachedBy) ?? own), ...location };
  });
  const ring = all.map((c) => under(spec, c));
  return { spec, own: { ...under(spec, own), ring }, all: ring.map((c) => ({ ...c, ring })) };
}

/** With errors that know of what a place is a part. */
function under(spec: K8ssandraSpec, connection: Connection): Connection {
  const caller = { ...connection.caller, above: spec };
  return { ...connection, above: spec, ...callingAs(caller, connection) };
}

/** All of these, and the namespace of the object. */
export function withOwn({ own, all }: Pick<Sites, 'own' | 'all'>): readonly Connection[] {
  return inOrder([...all, own]);
}

/** One of them. */
export function siteAt<T extends Location>(all: readonly T[], location: Location): T | undefined {
  return all.find((l) => isSameLocation(l, location));
}

/** One for each Kubernetes. */
export function clustersOf<T extends Location>(all: readonly T[]): readonly T[] {
  return all.filter((c, i) => all.findIndex((o) => o.k8sContext === c.k8sContext) === i);
}

function reachedAs({ caller: { context, server } }: Connection): Reached | null {
  return context === null ? null : { context, server };
}
