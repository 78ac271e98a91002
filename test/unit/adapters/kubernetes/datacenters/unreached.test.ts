import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { connectError } from '../../../../../src/adapters/cql/cql-errors.ts';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { kubernetesDatacenters } from '../../../../../src/adapters/kubernetes/datacenters/datacenters.ts';
import { managementApi } from '../../../../../src/adapters/management-api/client.ts';
import type { Node } from '../../../../../src/domain/cluster/topology.ts';

// Where something between kassette and the nodes lets no connection through, it is named.
const LABELS = { 'cassandra.datastax.com/cluster': 'c', 'cassandra.datastax.com/datacenter': 'd' };

interface Podlike {
  readonly containers?: readonly string[];
  readonly initContainers?: readonly string[];
  readonly status?: object;
}

function datacenters(pod: Podlike | null, events: readonly object[] = [], direct = true) {
  const names = (all: readonly string[] = []) => all.map((name) => ({ name }));
  const spec = {
    containers: names(['cassandra', ...(pod?.containers ?? [])]),
    initContainers: names(pod?.initContainers),
  };
  const status = pod?.status ?? { podIP: '10.1.0.7', conditions: [{ type: 'Ready', status: 'True' }] };
  const asked: string[] = [];
  const connection = {
    namespace: 'ns',
    objects: {
      listNamespacedCustomObject: async () => ({
        items: [{ metadata: { name: 'd' }, spec: { clusterName: 'c', size: 1 } }],
      }),
    },
    core: {
      listNamespacedPod: async () => ({
        items: pod === null ? [] : [{ metadata: { name: 'p-0', uid: 'u', labels: LABELS }, spec, status }],
      }),
      listNamespacedEvent: async ({ fieldSelector }: { fieldSelector: string }) => {
        asked.push(fieldSelector);
        return { items: events };
      },
    },
  } as unknown as Connection;
  const reach = async (_: string, address: string, port: number) =>
    direct ? `${address}:${port}` : `127.0.0.1:1${port}`;
  return { asked, find: async () => (await kubernetesDatacenters(connection, reach, new Map()).find([]))[0] };
}

test('the proxy of a mesh in a pod is seen, among its containers or those that start before; a tunnel ends behind it', async () => {
  const proxyOf = async (pod: Podlike, direct = true) =>
    (await datacenters(pod, [], direct).find())?.nodes[0]?.proxy;
  assert.equal(await proxyOf({ containers: ['istio-proxy'] }), 'istio-proxy');
  assert.equal(await proxyOf({ initContainers: ['linkerd-proxy'] }), 'linkerd-proxy');
  assert.equal(await proxyOf({ containers: ['server-system-logger'] }), undefined);
  assert.equal(await proxyOf({ containers: ['istio-proxy'] }, false), undefined);
});

test('a connection that a proxy with strict mTLS cuts is told as that, by the management API and by CQL', async () => {
  // As Envoy does with plain text where it wants mTLS.
  const server = createServer((socket) => socket.resetAndDestroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const node = {
    ...{ name: 'p-0', cqlEndpoint: `127.0.0.1:${port}`, managementUrl: `http://127.0.0.1:${port}` },
    ...{ direct: true, proxy: 'istio-proxy' },
  } as unknown as Node;
  const api = managementApi({ timeoutMs: 5000 });
  const named = {
    code: 'NODE_DOWN',
    message: /Pod p-0 is in a mesh \(istio-proxy\): with strict mTLS/,
    hint: /PeerAuthentication with `portLevelMtls` PERMISSIVE.*--cql-via port-forward/,
  };
  await assert.rejects(api.endpoints(node), named);
  assert.throws(() => {
    throw connectError(new Error('read ECONNRESET'), [node]);
  }, named);
  const { proxy: _, ...plain } = node;
  await assert.rejects(api.endpoints(plain), {
    code: 'NODE_DOWN',
    hint: /a NetworkPolicy closes the namespace/,
  });
  const { direct: __, ...tunnel } = plain;
  await assert.rejects(
    api.endpoints(tunnel),
    (e: Error & { hint?: string }) => !/NetworkPolicy/.test(e.hint ?? ''),
  );
  server.close();
});

test('a pod of Cassandra that waits for its volume says what the kubelet says; another pod of that name does not', async () => {
  const waiting = { reason: 'ContainerCreating' };
  const status = {
    conditions: [{ type: 'PodScheduled', status: 'True' }],
    containerStatuses: [{ name: 'cassandra', ready: false, state: { waiting } }],
  };
  const event = (uid: string, message: string) => ({
    ...{ reason: 'FailedMount', message, type: 'Warning', lastTimestamp: new Date() },
    involvedObject: { kind: 'Pod', name: 'p-0', uid },
  });
  const why = 'MountVolume.MountDevice failed for volume "pvc-1" : mount failed: exit status 32';
  const { find, asked } = datacenters({ status }, [event('u', why), event('older', 'of the pod before')]);
  assert.match(
    (await find())?.unready?.reason ?? '',
    /container cassandra waits: ContainerCreating \(MountVolume/,
  );
  assert.deepEqual(asked, ['involvedObject.kind=Pod,type=Warning']);
  // One that runs has nothing to explain.
  const ready = datacenters({});
  await ready.find();
  assert.deepEqual(ready.asked, []);
});

test('a datacenter whose pods are not made says what refuses them; that of another cluster does not', async () => {
  const words =
    'create Pod c-d-r-sts-0 in StatefulSet c-d-r-sts failed error: pods "c-d-r-sts-0" is forbidden: exceeded quota: q';
  const event = (name: string, message: string) => ({
    ...{ reason: 'FailedCreate', message, type: 'Warning', lastTimestamp: new Date() },
    involvedObject: { kind: 'StatefulSet', name, uid: name },
  });
  const { find, asked } = datacenters(null, [event('other-d-r-sts', 'not this'), event('c-d-r-sts', words)]);
  const reason = (await find())?.unready?.reason ?? '';
  assert.ok(reason.endsWith(words), reason);
  assert.deepEqual(asked, ['involvedObject.kind=StatefulSet,type=Warning']);
});
