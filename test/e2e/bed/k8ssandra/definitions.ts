import { definition } from '../../../kasten/definitions.ts';

const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** A status is written by itself, as in earnest. */
const withSpec = (spec: object) => ({
  subresources: { status: {} },
  schema: { openAPIV3Schema: { type: 'object', properties: { spec, status: OPEN } } },
});

/** Of `spec.cassandra`; another one is refused. What is in them is the controller's. Source: k8ssandra-operator's `CassandraClusterTemplate`. */
const CASSANDRA = [
  'additionalSeeds cdc clientEncryptionStores clusterName config containers datacenterName',
  'datacenters dseWorkloads extraVolumes initContainers jmxInitContainerImage',
  'managementApiAuth metadata mgmtAPIHeap networking perNodeConfigInitContainerImage',
  'podPriorityClassName podSecurityContext racks readOnlyRootFilesystem rebuild resources',
  'serverEncryptionStores serverImage serverType serverVersion serviceAccount',
  'softPodAntiAffinity storageConfig superuserSecretRef telemetry tolerations',
].flatMap((names) => names.split(' '));
const cassandra = {
  type: 'object',
  properties: Object.fromEntries(
    CASSANDRA.map((name) => [name, { 'x-kubernetes-preserve-unknown-fields': true }]),
  ),
};

/** What k8ssandra-operator brings besides cass-operator's own. */
export const K8SSANDRA_DEFINITIONS = [
  definition(
    { group: 'k8ssandra.io', kind: 'K8ssandraCluster', plural: 'k8ssandraclusters' },
    withSpec({ ...OPEN, properties: { cassandra } }),
  ),
  definition(
    { group: 'replication.k8ssandra.io', kind: 'ReplicatedSecret', plural: 'replicatedsecrets' },
    withSpec(OPEN),
  ),
];
