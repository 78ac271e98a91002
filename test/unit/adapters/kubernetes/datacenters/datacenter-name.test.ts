import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { findClaims } from '../../../../../src/adapters/kubernetes/datacenters/claims.ts';
import { kubernetesDatacenters } from '../../../../../src/adapters/kubernetes/datacenters/datacenters.ts';
import type { Found } from '../../../../../src/adapters/kubernetes/datacenters/found.ts';

// What cass-operator labels pods and claims with, from its source: `GetDatacenterLabels` of v1.15, v1.22 and v1.28.
const LABELLED = {
  'v1.15': (override: string) => override.toLowerCase().replaceAll(' ', ''),
  'v1.22': (override: string) => override.replaceAll(' ', ''),
  'v1.28': (_override: string, object: string) => object,
} as const;

type Names = Readonly<Record<string, string | undefined>>;

/** A namespace with datacenters (object's name: override), and a pod and a claim of each, labelled so. */
function namespaceWith(datacenters: Names, labels: readonly string[]) {
  const items = Object.entries(datacenters).map(([name, datacenterName]) => ({
    metadata: { name },
    spec: { clusterName: 'My Cluster', size: 1, ...(datacenterName === undefined ? {} : { datacenterName }) },
  }));
  const labelled = labels.map((label, i) => ({
    name: `my-cluster-${i}-r1-sts-0`,
    labels: { 'cassandra.datastax.com/cluster': 'MyCluster', 'cassandra.datastax.com/datacenter': label },
  }));
  const pods = labelled.map((metadata) => ({
    metadata,
    spec: { containers: [] },
    status: { podIP: '10.0.0.1', conditions: [] },
  }));
  const claims = labelled.map(({ name, ...metadata }) => ({
    metadata: { ...metadata, name: `server-data-${name}` },
  }));
  const connection = {
    namespace: 'ns',
    objects: { listNamespacedCustomObject: async () => ({ items }) },
    core: {
      listNamespacedPod: async () => ({ items: pods }),
      listNamespacedPersistentVolumeClaim: async () => ({ items: claims }),
    },
  } as unknown as Connection;
  const found: Found = new Map();
  const find = () => kubernetesDatacenters(connection, async () => '', found).find([]);
  return {
    pods: async () =>
      Object.fromEntries((await find()).map((d) => [d.name, d.nodes.map((n) => n.name).join()])),
    claims: (datacenter: string) => findClaims(connection, found, { datacenter }),
  };
}

for (const [release, label] of Object.entries(LABELLED)) {
  test(`a datacenter with another name in Cassandra is found as cass-operator ${release} labels it`, async () => {
    const { pods, claims } = namespaceWith({ prod: 'My DC' }, [label('My DC', 'prod')]);
    assert.deepEqual(await pods(), { prod: 'my-cluster-0-r1-sts-0' });
    const unknown = { uid: null, place: null };
    const expected = { cluster: 'My Cluster', datacenter: 'prod', node: 'my-cluster-0-r1-sts-0', ...unknown };
    for (const name of ['prod', 'My DC'])
      assert.deepEqual(await claims(name), [{ name: 'server-data-my-cluster-0-r1-sts-0', ...expected }]);
  });
}

test('an empty override is none', async () => {
  const { pods, claims } = namespaceWith({ prod: '' }, ['prod']);
  assert.deepEqual(await pods(), { prod: 'my-cluster-0-r1-sts-0' });
  assert.equal((await claims('prod'))[0]?.datacenter, 'prod');
});

test('where one overrides its name with that of another, each has its own', async () => {
  const { pods, claims } = namespaceWith({ a: 'b', b: undefined }, ['a', 'b']);
  assert.deepEqual(await pods(), { a: 'my-cluster-0-r1-sts-0', b: 'my-cluster-1-r1-sts-0' });
  for (const [name, node] of Object.entries(await pods()))
    assert.deepEqual(
      (await claims(name)).map((c) => [c.datacenter, c.node]),
      [[name, node]],
    );
});

test('an upgraded one that has both labels is one datacenter; claims of one that is gone are found by their label', async () => {
  const { pods, claims } = namespaceWith({ prod: 'My DC' }, ['MyDC', 'prod']);
  assert.deepEqual(await pods(), { prod: 'my-cluster-0-r1-sts-0,my-cluster-1-r1-sts-0' });
  assert.equal((await claims('prod')).length, 2);
  const gone = namespaceWith({}, ['MyDC']);
  assert.equal((await gone.claims('My DC'))[0]?.node, 'my-cluster-0-r1-sts-0');
});
