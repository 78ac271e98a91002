import { dnsName, labelValue } from '../../../../src/adapters/kubernetes/client/resources.ts';
import { cassandraOf, clusterNameOf, type KubeObject, namespaceOf, type ObjectApi } from './objects.ts';

/** A node by which others find the ring. */
export interface Seed {
  readonly datacenter: string;
  readonly address: string;
}

const LABELS = {
  cluster: 'cassandra.datastax.com/cluster',
  datacenter: 'cassandra.datastax.com/datacenter',
  seed: 'cassandra.datastax.com/seed-node',
} as const;

/** Those that cass-operator calls so, of all datacenters. */
export async function findSeeds(api: ObjectApi, cluster: KubeObject): Promise<readonly Seed[]> {
  const label = { [LABELS.cluster]: labelValue(clusterNameOf(cluster)), [LABELS.seed]: 'true' };
  const found: Seed[] = [];
  for (const template of cassandraOf(cluster).datacenters) {
    const datacenter = template.metadata.name;
    const pods = await api.list('Pod', { ...label, [LABELS.datacenter]: datacenter });
    for (const { metadata, status } of pods) {
      const address = status?.['podIP'];
      if (metadata.namespace !== namespaceOf(cluster, template)) continue;
      if (typeof address === 'string') found.push({ datacenter, address });
    }
  }
  return found;
}

/**
 * A datacenter's service for additional seeds leads to those of all others: cass-operator makes it without a selector. Nothing owns the
 * slice, which is there before the datacenter is.
 */
export async function nameSeeds(
  api: ObjectApi,
  cluster: KubeObject,
  datacenter: KubeObject,
  seeds: readonly Seed[],
): Promise<void> {
  const { name, namespace } = datacenter.metadata;
  const addresses = seeds.filter((s) => s.datacenter !== name).map((s) => s.address);
  const service = `${dnsName(clusterNameOf(cluster))}-${name}-additional-seed-service`;
  const called = `${cluster.metadata.name}-${service}-ipv4`;
  const now = await api.get('EndpointSlice', namespace, called);
  if (addresses.length === 0) {
    if (now !== null) await api.delete('EndpointSlice', namespace, called);
    return;
  }
  const endpoints = [{ addresses, conditions: {} }];
  if (now === null)
    await api.create('EndpointSlice', {
      metadata: { name: called, namespace, labels: sliceLabels(datacenter, service) },
      ...{ addressType: 'IPv4', endpoints },
    });
  else if (now.endpoints?.[0]?.addresses.join() !== addresses.join())
    await api.replace('EndpointSlice', { ...now, endpoints });
}

function sliceLabels({ metadata, spec }: KubeObject, service: string): Readonly<Record<string, string>> {
  const cluster = labelValue(String(spec?.['clusterName']));
  const version = spec?.['serverVersion'];
  return {
    ...{
      'app.kubernetes.io/created-by': 'cass-operator',
      'app.kubernetes.io/instance': `cassandra-${cluster}`,
    },
    ...{ 'app.kubernetes.io/managed-by': 'cass-operator', 'app.kubernetes.io/name': 'cassandra' },
    ...(typeof version === 'string' ? { 'app.kubernetes.io/version': version } : {}),
    ...{ [LABELS.cluster]: cluster, [LABELS.datacenter]: metadata.name },
    'endpointslice.kubernetes.io/managed-by': 'k8ssandra-operator',
    'kubernetes.io/service-name': service,
  };
}
