/*
 * A K8ssandraCluster with two datacenters in two namespaces, and what k8ssandra-operator (main, newer than v1.32.5) and cass-operator
 * 1.22.4 made for it, as it was recorded; what kassette does not read is left out.
 */
const OPERATOR = {
  ...{ 'app.kubernetes.io/component': 'cassandra', 'app.kubernetes.io/name': 'k8ssandra-operator' },
  ...{
    'app.kubernetes.io/part-of': 'k8ssandra',
    'k8ssandra.io/cleaned-up-by': 'k8ssandracluster-controller',
  },
};
const LABELS = { 'k8ssandra.io/cluster-name': 'two', 'k8ssandra.io/cluster-namespace': 'k8ss' };
const MADE = {
  ...{ 'app.kubernetes.io/created-by': 'cass-operator', 'app.kubernetes.io/instance': 'cassandra-TwoRings' },
  ...{ 'app.kubernetes.io/managed-by': 'cass-operator', 'app.kubernetes.io/name': 'cassandra' },
  ...{ 'app.kubernetes.io/version': '5.0.6', 'cassandra.datastax.com/cluster': 'TwoRings' },
};
const FINALIZERS = ['k8ssandracluster.k8ssandra.io/finalizer', 'finalizer.cassandra.datastax.com'];

const IDS = {
  dc1: 'a339f90c-e078-492b-8ed0-c5c421637f1e',
  dc2: '75959946-7925-4e01-b1ca-976be279482f',
};
/** Of their nodes. */
export const HOST_IDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(IDS).map(([name, id]) => [name, [id]]),
);

/** Times were not recorded. */
const TIME = '2026-11-26T22:00:00Z';
const TRUE = ['Healthy', 'Valid', 'Initialized', 'Ready'];
const CONDITIONS = [
  ...['Healthy', 'ResizingVolumes', 'Stopped', 'ReplacingNodes', 'Updating', 'RollingRestart'],
  ...['Resuming', 'ScalingDown', 'Valid', 'Initialized', 'Ready', 'RequiresUpdate'],
].map((type) => ({ status: TRUE.includes(type) ? 'True' : 'False', type }));

const statusOf = (dc: string, hostID: string, ip: string) => ({
  ...{ cassandraOperatorProgress: 'Ready', conditions: CONDITIONS, datacenterName: '' },
  ...{ lastRollingRestart: TIME, lastServerNodeStarted: TIME },
  nodeStatuses: { [`tworings-${dc}-default-sts-0`]: { hostID, ip, rack: 'default' } },
  ...{ observedGeneration: 1, quietPeriod: TIME, superUserUpserted: TIME },
});

export const RECORDED_CLUSTER = {
  apiVersion: 'k8ssandra.io/v1alpha1',
  kind: 'K8ssandraCluster',
  metadata: {
    annotations: { 'k8ssandra.io/initial-system-replication': '{"dc1":1}' },
    finalizers: ['k8ssandracluster.k8ssandra.io/finalizer'],
    ...{ generation: 1, name: 'two', namespace: 'k8ss' },
  },
  spec: {
    auth: true,
    cassandra: {
      clusterName: 'Two Rings',
      datacenters: [
        { metadata: { name: 'dc1' }, size: 1, stopped: false },
        { metadata: { name: 'dc2', namespace: 'k8ss-b' }, size: 1, stopped: false },
      ],
    },
    secretsProvider: 'internal',
  },
  status: {
    conditions: [
      { type: 'CassandraInitialized', status: 'True' },
      { type: 'RequiresUpdate', status: 'False' },
    ],
    datacenters: {
      dc1: { cassandra: { ...statusOf('dc1', IDS.dc1, '10.244.0.173'), usersUpserted: TIME } },
      dc2: { cassandra: statusOf('dc2', IDS.dc2, '10.244.0.176') },
    },
    ...{ error: 'None', observedGeneration: 1 },
  },
};

/** By which dc2 was filled when it was new. */
export const RECORDED_TASK = {
  apiVersion: 'control.k8ssandra.io/v1alpha1',
  kind: 'CassandraTask',
  metadata: { name: 'dc2-rebuild', namespace: 'k8ss-b', labels: { 'k8ssandra.io/rebuild-nodes': '1' } },
  spec: {
    datacenter: { name: 'dc2', namespace: 'k8ss-b' },
    jobs: [{ name: 'dc2-rebuild', command: 'rebuild', args: { source_datacenter: 'dc1' } }],
  },
  status: { completionTime: '2026-11-27T00:00:00Z', succeeded: 1 },
};

const READY = {
  cassandraOperatorProgress: 'Ready',
  conditions: [
    { type: 'Healthy', status: 'True' },
    { type: 'Initialized', status: 'True' },
    { type: 'Ready', status: 'True' },
    { type: 'Stopped', status: 'False' },
  ],
};

const datacenter = (name: string, namespace: string, annotations: object) => ({
  apiVersion: 'cassandra.datastax.com/v1beta1',
  kind: 'CassandraDatacenter',
  metadata: {
    ...{ name, namespace, generation: 1, finalizers: FINALIZERS },
    labels: { ...OPERATOR, ...LABELS },
    annotations,
  },
  spec: {
    ...{ clusterName: 'Two Rings', size: 1, serverType: 'cassandra', serverVersion: '5.0.6' },
    ...{ superuserSecretName: 'tworings-superuser', managementApiAuth: { insecure: {} } },
  },
  status: READY,
});

const podOf = (dc: string, namespace: string, podIP: string) => ({
  metadata: {
    name: `tworings-${dc}-default-sts-0`,
    namespace,
    labels: {
      ...MADE,
      'cassandra.datastax.com/datacenter': dc,
      'cassandra.datastax.com/node-state': 'Started',
      'cassandra.datastax.com/rack': 'default',
      'cassandra.datastax.com/seed-node': 'true',
    },
  },
  spec: { containers: [{ name: 'cassandra' }] },
  status: { podIP, conditions: [{ type: 'Ready', status: 'True' }] },
});

/** By namespace. */
export const RECORDED_DATACENTERS = {
  k8ss: [
    datacenter('dc1', 'k8ss', {
      'k8ssandra.io/resource-hash': 'RXXjps2XXLjTFHtpHv2yGgLz2ajuRWacjGCW2aqRPvs=',
    }),
  ],
  'k8ss-b': [
    datacenter('dc2', 'k8ss-b', {
      'cassandra.datastax.com/skip-user-creation': 'true',
      'k8ssandra.io/resource-hash': 'Z15Sv+gDI2ZRw8DJI21LWbIVVWUG/2mKGRj9HBrcGIU=',
    }),
  ],
};

export const RECORDED_PODS = {
  k8ss: [podOf('dc1', 'k8ss', '10.244.0.173')],
  'k8ss-b': [podOf('dc2', 'k8ss-b', '10.244.0.176')],
};

const seedsFor = (dc: string, namespace: string, address: string) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    labels: {
      ...MADE,
      'cassandra.datastax.com/datacenter': dc,
      'endpointslice.kubernetes.io/managed-by': 'k8ssandra-operator',
      'kubernetes.io/service-name': `tworings-${dc}-additional-seed-service`,
    },
    ...{ name: `two-tworings-${dc}-additional-seed-service-ipv4`, namespace },
  },
  endpoints: [{ addresses: [address], conditions: {} }],
  addressType: 'IPv4',
});

/** By which the nodes of a datacenter find those of the other one. */
export const RECORDED_SEEDS = {
  dc1: seedsFor('dc1', 'k8ss', '10.244.0.176'),
  dc2: seedsFor('dc2', 'k8ss-b', '10.244.0.173'),
};
