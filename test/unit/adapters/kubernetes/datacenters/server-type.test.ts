import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { kubernetesDatacenters } from '../../../../../src/adapters/kubernetes/datacenters/datacenters.ts';
import { isSystemKeyspace } from '../../../../../src/domain/cluster/system-keyspaces.ts';

function datacentersOf(serverTypes: Readonly<Record<string, string | undefined>>) {
  const items = Object.entries(serverTypes).map(([name, serverType]) => ({
    metadata: { name },
    spec: { clusterName: name, size: 1, ...(serverType === undefined ? {} : { serverType }) },
  }));
  const connection = {
    namespace: 'ns',
    objects: { listNamespacedCustomObject: async () => ({ items }) },
    core: { listNamespacedPod: async () => ({ items: [] }) },
  } as unknown as Connection;
  return kubernetesDatacenters(connection, async () => '', new Map());
}

for (const serverType of ['dse', 'hcd']) {
  test(`a datacenter of ${serverType} is refused, others of the namespace are not`, async () => {
    const datacenters = datacentersOf({ a: 'cassandra', b: serverType, c: undefined });
    const message = new RegExp(`^Datacenter b runs \`${serverType}\``);
    await assert.rejects(datacenters.find([]), { code: 'UNSUPPORTED_SERVER', message });
    const names = (await datacenters.find(['a', 'c'])).map((d) => d.name);
    assert.deepEqual(names, ['a', 'c']);
  });
}

test("a user's keyspace may be called like one of DSE", () => {
  for (const name of ['dse_system', 'dse_x', 'solr_admin', 'dsefs', 'HiveMetaStore', 'OpsCenter'])
    assert.equal(isSystemKeyspace(name), false, name);
});
