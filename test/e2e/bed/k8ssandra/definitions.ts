import { definition } from '../../../kasten/definitions.ts';

const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** Objects may have any field: what is in them is the controller's. A status is written by itself, as in earnest. */
const ANY_FIELDS = {
  subresources: { status: {} },
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: OPEN, status: OPEN } } },
};

/** What k8ssandra-operator brings besides cass-operator's own. */
export const K8SSANDRA_DEFINITIONS = [
  definition({ group: 'k8ssandra.io', kind: 'K8ssandraCluster', plural: 'k8ssandraclusters' }, ANY_FIELDS),
  definition(
    { group: 'replication.k8ssandra.io', kind: 'ReplicatedSecret', plural: 'replicatedsecrets' },
    ANY_FIELDS,
  ),
];
