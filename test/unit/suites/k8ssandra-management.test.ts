import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { alterBy } from '../../e2e/bed/k8ssandra/management.ts';
import type { KubeObject } from '../../e2e/bed/k8ssandra/objects.ts';
import { ObjectStore } from '../support/object-store.ts';
import { RECORDED_DATACENTERS, RECORDED_PODS } from '../support/recorded-k8ssandra.ts';

// How the test bed's controller alters keyspaces, at a server that answers as the management API does.
const PORT = 8080;
const ADDRESS = `${process.env['KASSETTE_TEST_SUBNET'] ?? '127.0.93'}.8`;
const SIMPLE = { class: 'org.apache.cassandra.locator.SimpleStrategy', replication_factor: '1' };
const NETWORK = 'org.apache.cassandra.locator.NetworkTopologyStrategy';

/** One whose keyspaces have that replication, and what it was asked to alter. */
async function managementApi(replication: object, status = 200) {
  const altered: unknown[] = [];
  const server = createServer(async (request, response) => {
    // The next server has its address.
    response.setHeader('connection', 'close');
    if (request.method === 'GET') return response.end(JSON.stringify(replication));
    altered.push(JSON.parse(await text(request)));
    return response.writeHead(status).end();
  });
  server.listen(PORT, ADDRESS);
  await once(server, 'listening');
  return { altered, [Symbol.asyncDispose]: async () => void server.close().closeAllConnections() };
}

async function alter(isReady = true): Promise<void> {
  const store = new ObjectStore();
  const [pod] = RECORDED_PODS.k8ss;
  const containerStatuses = [{ name: 'cassandra', ready: isReady }];
  await store.create('Pod', { ...(pod as KubeObject), status: { podIP: ADDRESS, containerStatuses } });
  const [datacenter] = RECORDED_DATACENTERS.k8ss;
  await alterBy(store)(datacenter as KubeObject, 'system_auth', { dc1: 1, dc2: 1 });
}

test('a keyspace with another replication is altered, the factors as text', async () => {
  for (const other of [SIMPLE, { class: NETWORK, dc1: '1' }, { class: NETWORK, dc1: '1', dc2: '3' }]) {
    await using api = await managementApi(other);
    await alter();
    const settings = ['dc1', 'dc2'].map((name) => ({ dc_name: name, replication_factor: '1' }));
    assert.deepEqual(api.altered, [{ keyspace_name: 'system_auth', replication_settings: settings }]);
  }
});

test('one that has it already is left alone: Cassandra would refuse much else meanwhile', async () => {
  await using api = await managementApi({ class: NETWORK, dc1: '1', dc2: '1' }, 500);
  await alter();
  assert.deepEqual(api.altered, []);
});

test('what Cassandra refuses, and a datacenter without ready pods, is an error in the words that were recorded', async () => {
  await using _ = await managementApi(SIMPLE, 500);
  await assert.rejects(alter(), /CALL alter keyspaces system_auth failed on all datacenter dc1 pods/);
  await assert.rejects(alter(false), /no pods in READY state found in datacenter dc1/);
});
