import { KassetteError } from '../errors.ts';
import { type Hint, hint, kubectl } from '../hint.ts';

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

export interface DeclaredDatacenter {
  readonly name: string;
  readonly namespace: string;
  /** The ClientConfig of another Kubernetes; undefined for that of the object. */
  readonly context?: string | undefined;
}

/** A CassandraDatacenter as it is found. */
export interface FoundDatacenter {
  readonly name: string;
  readonly namespace: string;
  readonly clusterName: string;
  /** The K8ssandraCluster that its labels name; null where they name none. */
  readonly labelled: K8ssandraName | null;
}

/** Namespaces of the datacenters, each once, in the order in which leases are taken: that of code units, the same on every machine. */
export function namespacesOf({ datacenters }: Pick<K8ssandraSpec, 'datacenters'>): readonly string[] {
  return [...new Set(datacenters.map((d) => d.namespace))].toSorted();
}

/**
 * That kassette can tell the datacenters apart and reach them.
 * @throws NOT_FOUND where it declares none, CLUSTER_ELSEWHERE, PARTIAL_CLUSTER
 */
export function checkDeclared(spec: K8ssandraSpec): void {
  const { datacenters } = spec;
  if (datacenters.length === 0)
    throw new KassetteError('NOT_FOUND', `${called(spec)} has no datacenter (spec.cassandra).`, look(spec));
  const far = datacenters.filter((d) => d.context !== undefined);
  if (far.length > 0) {
    const where = far.map((d) => `${d.name} (k8sContext ${d.context})`).join(', ');
    throw new KassetteError(
      'PARTIAL_CLUSTER',
      `${called(spec)} has datacenters in other Kubernetes clusters, which kassette does not reach: ${where}.`,
      'Nothing was changed. A backup of a part of the ring could not be restored. kassette handles datacenters in one Kubernetes cluster.',
    );
  }
  const twice = datacenters.find((d, i) => datacenters.findIndex((o) => o.name === d.name) !== i);
  if (twice === undefined) return;
  const places = datacenters.filter((d) => d.name === twice.name).map((d) => d.namespace);
  throw new KassetteError(
    'CLUSTER_ELSEWHERE',
    `${called(spec)} has two datacenters called ${twice.name}, in namespaces ${places.join(' and ')}. Its own status has one entry for both.`,
    'Nothing was changed. Give each datacenter a name of its own (spec.cassandra.datacenters[].metadata.name).',
  );
}

/**
 * Those of one namespace that the object declares, by name; of all CassandraDatacenters of that namespace.
 * @throws NOT_FOUND where one is not there; CLUSTER_ELSEWHERE where one is of another cluster, or has this one's labels without being in its spec
 */
export function membersIn<T>(
  spec: K8ssandraSpec,
  namespace: string,
  all: readonly T[],
  describe: (of: T) => FoundDatacenter,
): readonly T[] {
  const described = all.map((of) => ({ of, found: describe(of) }));
  const declared = spec.datacenters.filter((d) => d.namespace === namespace);
  const missing = declared.find((d) => !described.some(({ found }) => found.name === d.name));
  if (missing !== undefined) throw notThere(spec, missing);
  refuseStrays(
    spec,
    described.map((d) => d.found),
  );
  const own = described.filter(({ found }) => declared.some((d) => d.name === found.name));
  for (const { found } of own) checkMember(spec, found);
  return own.map(({ of }) => of);
}

/** @throws CLUSTER_ELSEWHERE where one of these has the object's labels and is not in its spec */
export function refuseStrays(spec: K8ssandraSpec, all: readonly FoundDatacenter[]): void {
  const stray = all.find(
    (f) =>
      isSame(f.labelled, spec) &&
      !spec.datacenters.some((d) => d.name === f.name && d.namespace === f.namespace),
  );
  if (stray === undefined) return;
  throw new KassetteError(
    'CLUSTER_ELSEWHERE',
    `CassandraDatacenter ${stray.name} in namespace ${stray.namespace} has the labels of ${called(spec)}, which does not declare it. It is being removed, or it is a copy that k8ssandra-operator takes for a part of the original.`,
    hint`Nothing was changed. If it is being removed, wait for the end of that. If it is a copy, change its labels k8ssandra.io/cluster-name and k8ssandra.io/cluster-namespace at once: the operator may decommission it. Look at it with ${kubectl('describe', 'cassandradatacenter', stray.name, '--namespace', stray.namespace)}.`,
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

function notItsOwn(spec: K8ssandraSpec, { name, namespace }: FoundDatacenter, what: string): KassetteError {
  return new KassetteError(
    'CLUSTER_ELSEWHERE',
    `${called(spec)} declares datacenter ${name} in namespace ${namespace}, but that ${what}.`,
    hint`Nothing was changed. Check which object it belongs to with ${kubectl('describe', 'cassandradatacenter', name, '--namespace', namespace)}.`,
  );
}

function notThere(spec: K8ssandraSpec, { name, namespace }: DeclaredDatacenter): KassetteError {
  return new KassetteError(
    'NOT_FOUND',
    `${called(spec)} declares datacenter ${name} in namespace ${namespace}, where there is none. k8ssandra-operator makes datacenters one after the other, and none while the one before is not ready.`,
    hint`Nothing was changed. In a restore, create it from the backup: it is not made while another one waits for it. Look at ${kubectl('get', 'cassandradatacenters', '--namespace', namespace)} and at the status of the K8ssandraCluster: ${kubectl('describe', 'k8ssandracluster', spec.name, '--namespace', spec.namespace)}.`,
  );
}

export const called = ({ namespace, name }: K8ssandraName) => `K8ssandraCluster ${namespace}/${name}`;

const isSame = (a: K8ssandraName | null, b: K8ssandraName) =>
  a?.name === b.name && a.namespace === b.namespace;

const look = ({ name, namespace }: K8ssandraName): Hint =>
  hint`Nothing was changed. Look at ${kubectl('get', 'k8ssandracluster', name, '--namespace', namespace, '--output', 'yaml')}.`;
