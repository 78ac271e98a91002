import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { tunnels } from '../../../../../src/adapters/kubernetes/datacenters/tunnels.ts';

// A kubeconfig whose contexts lead to two API servers.

const home = mkdtempSync(join(tmpdir(), 'kassette-contexts-'));
after(() => rmSync(home, { recursive: true }));

const OF = { namespace: 'k8ss', name: 'two' };

/** An API server that knows nothing, and with which token what was asked of it. */
async function apiServer() {
  const asked: string[] = [];
  const note = (method: string | undefined, url: string | undefined, token: string | undefined) =>
    asked.push(`${method} ${url?.split('?')[0]} ${token}`);
  const server = createServer(({ method, url, headers }, response) => {
    note(method, url, headers.authorization);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ items: [] }));
  });
  server.on('upgrade', ({ url, headers }, socket) => {
    note('tunnel', url, headers.authorization);
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function kubeconfig(servers: Readonly<Record<string, string>>): string {
  const file = join(home, 'config');
  const names = Object.keys(servers);
  writeFileSync(
    file,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': names[0] },
      clusters: names.map((name) => ({
        name,
        cluster: { server: servers[name], 'insecure-skip-tls-verify': true },
      })),
      users: names.map((name) => ({ name, user: { token: `of-${name}` } })),
      contexts: names.map((name) => ({ name, context: { cluster: name, user: name, namespace: name } })),
    }),
  );
  return file;
}

test('another context of the same kubeconfig has its own server, credentials and tunnels; the first one stays as it is', async () => {
  const [main, east] = [await apiServer(), await apiServer()];
  const file = kubeconfig({ main: main.url, 'prod-east': east.url });
  const named = new Map([['east', 'prod-east']]);
  const own = connect({ kubeconfig: file, contexts: named });
  assert.deepEqual([own.others.names, own.others.named], [['main', 'prod-east'], named]);
  const other = own.others.connect('prod-east', OF);
  assert.deepEqual(
    [own.caller, other.caller].map((c) => [c.context, c.server, c.user, c.of]),
    [
      ['main', main.url, 'main', undefined],
      ['prod-east', east.url, 'prod-east', OF],
    ],
  );
  for (const { core } of [other, own]) await core.listNamespacedPod({ namespace: 'ns' });
  for (const connection of [own, other]) {
    const reach = tunnels({ ...connection, namespace: 'ns' });
    const [host = '', port = ''] = (await reach('pod', '10.0.0.1', 9042)).split(':');
    const socket = dial(Number(port), host);
    socket.on('error', () => {});
    await once(socket, 'close');
  }
  const calls = (name: string) => [
    `GET /api/v1/namespaces/ns/pods Bearer of-${name}`,
    `tunnel /api/v1/namespaces/ns/pods/pod/portforward Bearer of-${name}`,
  ];
  assert.deepEqual([main.asked, east.asked], [calls('main'), calls('prod-east')]);
});

test('a context that is not there, or that names no cluster, is said', () => {
  const { others } = connect({ kubeconfig: kubeconfig({ main: 'https://127.0.0.1:1' }) });
  assert.throws(() => others.connect('prod-east', OF), {
    code: 'CLUSTER_UNREACHABLE',
    message: /there is no context `prod-east`; contexts: main/,
  });
});
