import { KassetteError } from '../errors.ts';
import { type Hint, hint, kubectl } from '../hint.ts';
import { flagsTo, inOrder, isSameLocation, type Location, locationText, placeName } from './locations.ts';

/** A K8ssandraCluster by its own namespace and name. */
export interface K8ssandraName {
  readonly namespace: string;
  readonly name: string;
}

/** What the spec of a K8ssandraCluster says of its datacenters. */
export interface K8ssandraSpec extends K8ssandraName {
  /** Cassandra's name of the cluster. */
  readonly clusterName: string;
  readonly datacenters: readonly DeclaredDatacenter[];
}

export interface DeclaredDatacenter extends Location {
  readonly name: string;
}

/** A CassandraDatacenter as it is found. */
export interface FoundDatacenter extends Location {
  readonly name: string;
  readonly clusterName: string;
  /** The K8ssandraCluster that its labels name; null where they name none. */
  readonly labelled: K8ssandraName | null;
}

/** Where the datacenters are, each place once, in the order in which leases are taken. */
export function locationsOf({ datacenters }: Pick<K8ssandraSpec, 'datacenters'>): readonly Location[] {
  return inOrder(
    datacenters.map(({ namespace, k8sContext, reachedBy }) => ({
      namespace,
      ...(k8sContext === undefined ? {} : { k8sContext }),
      ...(reachedBy === undefined ? {} : { reachedBy }),
    })),
  );
}

/**
 * That kassette can tell the datacenters apart.
 * @throws NOT_FOUND where it declares none, CLUSTER_ELSEWHERE
 */
export function checkDeclared(spec: K8ssandraSpec): void {
  const { datacenters } = spec;
  if (datacenters.length === 0)
    throw new KassetteError('NOT_FOUND', `${called(spec)} has no datacenter (spec.cassandra).`, look(spec));
  const twice = datacenters.find((d, i) => datacenters.findIndex((o) => o.name === d.name) !== i);
  if (twice === undefined) return;
  const places = datacenters.filter((d) => d.name === twice.name).map(placeName);
  throw new KassetteError(
    'CLUSTER_ELSEWHERE',
    `${called(spec)} has two datacenters called ${twice.name}, in namespaces ${places.join(' and ')}. Its own status has one entry for both.`,
    'Nothing was changed. Give each datacenter a name of its own (spec.cassandra.datacenters[].metadata.name).',
  );
}

/** Of the datacenters that are meant in one place. */
export interface Members<T> {
  readonly there: readonly T[];
  /** NOT_FOUND, where one is not there. */
  readonly missing?: KassetteError | undefined;
}

/**
 * Those of one place that the object declares, by name; of all CassandraDatacenters there.
 * @throws CLUSTER_ELSEWHERE where one is of another cluster, or has this one's labels without being in its spec
 */
export function membersIn<T>(
  spec: K8ssandraSpec,
  location: Location,
  all: readonly T[],
  describe: (of: T) => FoundDatacenter,
): Members<T> {
  const described = all.map((of) => ({ of, found: describe(of) }));
  const declared = spec.datacenters.filter((d) => isSameLocation(d, location));
  const missing = declared.find((d) => !described.some(({ found }) => found.name === d.name));
  refuseStrays(
    spec,
    described.map((d) => d.found),
  );
  const own = described.filter(({ found }) => declared.some((d) => d.name === found.name));
  for (const { found } of own) checkMember(spec, found);
  return {
    there: own.map(({ of }) => of),
    missing: missing === undefined ? undefined : notThere(spec, missing),
  };
}

/** @throws CLUSTER_ELSEWHERE where one of these has the object's labels and is not in its spec */
export function refuseStrays(spec: K8ssandraSpec, all: readonly FoundDatacenter[]): void {
  const stray = all.find(
    (f) =>
      isSame(f.labelled, spec) && !spec.datacenters.some((d) => d.name === f.name && isSameLocation(d, f)),
  );
  if (stray === undefined) return;
  const several = spec.datacenters.some((d) => d.k8sContext !== undefined)
    ? ' If two contexts of the kubeconfig lead to one Kubernetes, name one of them for both with `--context`.'
    : '';
  throw new KassetteError(
    'CLUSTER_ELSEWHERE',
    `CassandraDatacenter ${stray.name} in ${locationText(stray)} has the labels of ${called(spec)}, which does not declare it. It is being removed, or it is a copy that k8ssandra-operator takes for a part of the original.`,
    hint`Nothing was changed. If it is being removed, wait for the end of that. If it is a copy, change its labels k8ssandra.io/cluster-name and k8ssandra.io/cluster-namespace at once: the operator may decommission it.${several} Look at it with ${kubectl('describe', 'cassandradatacenter', stray.name, ...flagsTo(stray))}.`,
  );
}

function checkMember(spec: K8ssandraSpec, found: FoundDatacenter): void {
  const { labelled, clusterName } = found;
  if (labelled !== null && !isSame(labelled, spec))
    throw notItsOwn(spec, found, `has the labels of ${called(labelled)}`);
  if (clusterName !== spec.clusterName)
    throw notItsOwn(
      spec,
      found,
      `is of Cassandra cluster \`${clusterName}\` instead of \`${spec.clusterName}\``,
    );
}

function notItsOwn(spec: K8ssandraSpec, found: FoundDatacenter, what: string): KassetteError {
  return new KassetteError(
    'CLUSTER_ELSEWHERE',
    `${called(spec)} declares datacenter ${found.name} in ${locationText(found)}, but that ${what}.`,
    hint`Nothing was changed. Check which object it belongs to with ${kubectl('describe', 'cassandradatacenter', found.name, ...flagsTo(found))}.`,
  );
}

function notThere(spec: K8ssandraSpec, missing: DeclaredDatacenter): KassetteError {
  return new KassetteError(
    'NOT_FOUND',
    `${called(spec)} declares datacenter ${missing.name} in ${locationText(missing)}, where there is none. k8ssandra-operator makes datacenters one after the other, and none while the one before is not ready.`,
    hint`Nothing was changed. In a restore, create it from the backup: it is not made while another one waits for it. Look at ${kubectl('get', 'cassandradatacenters', ...flagsTo(missing))} and at the status of the K8ssandraCluster: ${kubectl('describe', 'k8ssandracluster', spec.name, '--namespace', spec.namespace)}.`,
  );
}

export const called = ({ namespace, name }: K8ssandraName) => `K8ssandraCluster ${namespace}/${name}`;

const isSame = (a: K8ssandraName | null, b: K8ssandraName) =>
  a?.name === b.name && a.namespace === b.namespace;

const look = ({ name, namespace }: K8ssandraName): Hint =>
  hint`Nothing was changed. Look at ${kubectl('get', 'k8ssandracluster', name, '--namespace', namespace, '--output', 'yaml')}.`;
