const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** A kind whose objects may have any field: what is in them is the controller's. A status is written by itself, as in earnest. */
const definition = (group: string, kind: string, plural: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, plural, singular: kind.toLowerCase() },
    versions: [
      {
        ...{ name: 'v1alpha1', served: true, storage: true },
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: OPEN, status: OPEN } } },
      },
    ],
  },
});

/** What k8ssandra-operator brings besides cass-operator's own. */
export const K8SSANDRA_DEFINITIONS = [
  definition('k8ssandra.io', 'K8ssandraCluster', 'k8ssandraclusters'),
  definition('replication.k8ssandra.io', 'ReplicatedSecret', 'replicatedsecrets'),
];
