import type { K8ssandraSpec } from '../../../src/domain/k8ssandra/members.ts';
import type { K8ssandraState } from '../../../src/domain/k8ssandra/restoring.ts';
import { renderSaved, savedOf } from '../../../src/domain/k8ssandra/saved.ts';
import type { ObjectAbove } from '../../../src/ports/platform/object-above.ts';
import { hostIdOf } from '../../host-id.ts';
import type { Cluster } from '../cluster/cluster.ts';

/** Of `namespace`, or of `k8sContext/namespace` for one in another Kubernetes. */
export function locationOf(place: string) {
  const [namespace = '', k8sContext] = place.split('/').toReversed();
  return { namespace, ...(k8sContext === undefined ? {} : { k8sContext }) };
}

/** What the K8ssandraCluster of the simulated datacenters declares. */
export function simulatedSpec(namespaces: Readonly<Record<string, string>>): K8ssandraSpec {
  const datacenters = Object.entries(namespaces).map(([name, place]) => ({ name, ...locationOf(place) }));
  return { namespace: datacenters[0]?.namespace ?? '', name: 'simulated', clusterName: 'c', datacenters };
}

/** What it says by now. */
export function aboveState({ state, setup }: Cluster): K8ssandraState {
  const spec = simulatedSpec(setup.namespaces ?? {});
  const known = state.above.known ?? spec.datacenters.map((d) => d.name);
  return { spec, rebuilds: null, known, conditions: [], error: null };
}

/** The object itself, whose status a restore may have lost. */
export function simulatedAbove(cluster: Cluster): ObjectAbove {
  const { name, namespace, clusterName } = simulatedSpec(cluster.setup.namespaces ?? {});
  return {
    async read() {
      const datacenters = cluster.datacenters.map((d) => {
        const nodes = d.nodes.map((n) => [n.name, { hostID: hostIdOf(n.name) }]);
        return [d.name, { cassandra: { nodeStatuses: Object.fromEntries(nodes) } }];
      });
      const status = { datacenters: Object.fromEntries(datacenters) };
      return renderSaved(savedOf({ metadata: { name, namespace }, spec: {}, status }, clusterName, []));
    },
    async keep(tag, text) {
      cluster.state.above.kept = { tag, text };
    },
    async now() {
      return { state: aboveState(cluster), tasks: [], stuck: { replication: false, roles: [] } };
    },
    async giveBack(lacking) {
      const now = aboveState(cluster);
      const written = Object.keys(lacking(now)?.datacenters ?? {});
      cluster.state.above.known = [...now.known, ...written];
      return written;
    },
    lacking: async () => null,
  };
}
