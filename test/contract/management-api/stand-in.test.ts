import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { NodeFile } from '../../../lab/cluster/node-file.ts';
import { certificate } from '../../../lab/cluster/tls.ts';
import { Connection } from '../../../lab/stand-in/connection.ts';
import { parseGossip } from '../../../lab/stand-in/endpoint-states.ts';
import { managementServer } from '../../../lab/stand-in/server.ts';
import { clientIdentity, type TlsFiles } from '../../../src/adapters/embedded/client-identity.ts';
import { managementApi } from '../../../src/adapters/management-api/client.ts';
import { difference } from './matching.ts';
import { ARGUMENTS, answeredBody, label, RECORDING, type Recorded, sentBody } from './recording.ts';
import { nodeAt } from './replay-server.ts';

/* The stand-in without a Cassandra: what it answers while Cassandra is stopped, and over TLS. */

const directory = mkdtempSync(join(tmpdir(), 'kassette-contract-'));
let server: Server;

before(async () => {
  server = await listen({});
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
});

async function listen(tls: { tls?: TlsFiles }): Promise<Server> {
  const node: NodeFile = {
    name: 'node',
    management: { host: '127.0.0.1', port: 0, callLimitMs: 30_000, ...tls },
    jolokia: { host: '127.0.0.1', port: 1 },
    cassandra: {
      java: 'java',
      javaMajor: 17,
      libraries: directory,
      classPath: [],
      configuration: directory,
      jolokiaAgent: '',
      storage: directory,
      heapMegabytes: 1,
      options: [],
    },
    run: directory,
    logs: directory,
  };
  const made = managementServer(node, new Connection(node));
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return made;
}

function urlOf(one: Server, scheme = 'http'): string {
  return `${scheme}://127.0.0.1:${(one.address() as AddressInfo).port}`;
}

async function send(entry: Recorded): Promise<Response> {
  const { method, path } = entry.request;
  const body = sentBody(entry) ?? null;
  return fetch(`${urlOf(server)}${path}`, { method, body, headers: { 'content-type': 'application/json' } });
}

/** Starting needs a real Cassandra; these answers do not. */
const STOPPED = RECORDING.filter(
  (entry) => entry.state === 'Cassandra stopped' && entry.request.path !== '/api/v0/lifecycle/start',
);
/** Refused before Cassandra is asked; whether a keyspace exists only Cassandra knows. */
const REFUSED = [...RECORDING, ...ARGUMENTS].filter(
  ({ state, request, response }) =>
    state === undefined &&
    [400, 404, 405].includes(response.status) &&
    !/does not exists|^\{\}$/.test(answeredBody({ request, response })),
);

for (const entry of [...STOPPED, ...REFUSED]) {
  test(label(entry), async () => {
    const response = await send(entry);
    assert.equal(response.status, entry.response.status);
    const type = entry.response.contentType;
    if (type !== null) assert.equal(response.headers.get('content-type'), type);
    assert.equal(difference(answeredBody(entry), await response.text()), undefined);
  });
}

test('over TLS a client certificate of the CA is needed', async () => {
  const tls = await certificate(join(directory, 'tls'), 'server', '127.0.0.1');
  const own = await certificate(join(directory, 'tls'), 'client');
  const stranger = await certificate(join(directory, 'other'), 'client');
  const secured = await listen({ tls });
  const node = nodeAt(urlOf(secured, 'https'));
  const trusted = managementApi({ ...clientIdentity(own), timeoutMs: 3000 });
  const untrusted = managementApi({ ...clientIdentity({ ...stranger, ca: own.ca }), timeoutMs: 3000 });
  const untrusting = managementApi({ ...clientIdentity({ ...own, ca: stranger.ca }), timeoutMs: 3000 });
  try {
    assert.equal(await trusted.isReady(node), false);
    await assert.rejects(trusted.endpoints(node), { code: 'NODE_NOT_RUNNING' });
    await assert.rejects(untrusted.endpoints(node), { code: 'NODE_DOWN', hint: /client certificate/ });
    await assert.rejects(untrusting.endpoints(node), { code: 'NODE_OPERATION', message: /TLS handshake/ });
  } finally {
    await Promise.all([trusted, untrusted, untrusting].map((one) => one.close()));
    secured.close();
    secured.closeAllConnections();
  }
});

test('gossip text is taken apart by endpoint', () => {
  const text =
    '/10.0.0.1:7000\n  generation:1\n  STATUS_WITH_PORT:17:NORMAL,-5\n  DC:9:a:b\nhost/10.0.0.2:7000\n  LOAD:3:1.0\n';
  assert.deepEqual(parseGossip(text), [
    { endpoint: '10.0.0.1:7000', values: { STATUS_WITH_PORT: 'NORMAL,-5', DC: 'a:b' } },
    { endpoint: '10.0.0.2:7000', values: { LOAD: '1.0' } },
  ]);
});
