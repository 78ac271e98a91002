import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { managementApi } from '../../src/adapters/management-api/client.ts';
import { managementNeighbours } from '../../src/adapters/management-api/neighbours.ts';
import type { KassetteError } from '../../src/domain/errors.ts';
import type { Node } from '../../src/domain/topology.ts';
import type { NodeControl } from '../../src/ports/node-control.ts';
import { RECORDING } from './recording.ts';
import { nodeAt, replay } from './replay-server.ts';

const client = managementApi({ timeoutMs: 3000 });
after(() => client.close());

async function withReplay(
  state: string | undefined,
  work: (node: Node, requests: readonly string[]) => Promise<void>,
  extra: Parameters<typeof replay>[1] = [],
): Promise<void> {
  const server = await replay(state, extra);
  try {
    await work(server.node, server.requests);
  } finally {
    await server.close();
  }
}

test('a healthy node: every answer is understood', () =>
  withReplay(undefined, async (node) => {
    assert.equal(await client.isReady(node), true);
    assert.equal(await client.releaseVersion(node), '5.0.6');
    assert.deepEqual(
      [...(await client.schemaVersions(node))],
      [['3b6b4e95-e753-3523-9097-ec94daf190b5', ['10.244.0.14', '10.244.0.15', '10.244.0.16']]],
    );
    await client.clearSnapshot(node, 'kassette-y');
    await client.clearSnapshot(node, 'nope');
    await client.refresh(node, 'restaurants', 'guests');
    await client.truncateHints(node);
  }));

test('who runs at an address is told by its host id; nobody, or no Cassandra, is nobody', async () => {
  const portOf = (node: Node) => Number(new URL(node.managementUrl).port);
  let port = 0;
  await withReplay(undefined, async (node) => {
    port = portOf(node);
    const local = (await client.endpoints(node)).find((m) => m.local);
    assert.match(local?.hostId ?? '', /^[0-9a-f]{8}-/);
    assert.equal(await managementNeighbours(port).hostIdAt('127.0.0.1'), local?.hostId);
  });
  assert.equal(await managementNeighbours(port).hostIdAt('127.0.0.1'), null);
  await withReplay('no such state', async (node) =>
    assert.equal(await managementNeighbours(portOf(node)).hostIdAt('127.0.0.1'), null),
  );
});

test('endpoints become ring members', () =>
  withReplay(undefined, async (node) => {
    const ring = await client.endpoints(node);
    assert.equal(ring.length, 3);
    assert.deepEqual(
      { ...ring[0], tokens: ring[0]?.tokens.length },
      {
        cluster: 'dse',
        datacenter: 'cass-prd',
        rack: 'default',
        address: '10.244.0.14',
        hostId: '72e6dcd5-551f-4e05-8450-42ebbc0437b0',
        tokens: 16,
        releaseVersion: '5.0.6',
        schemaVersion: '3b6b4e95-e753-3523-9097-ec94daf190b5',
        status: 'NORMAL',
        alive: true,
        local: true,
      },
    );
    assert.deepEqual(
      ring.map((member) => member.local),
      [true, false, false],
    );
  }));

test('another node down: it is not alive, and unreachable in the schema versions', () =>
  withReplay('another node is down', async (node) => {
    const down = (await client.endpoints(node)).filter((member) => !member.alive);
    assert.deepEqual(
      down.map(({ address, status }) => ({ address, status })),
      [{ address: '10.244.0.19', status: 'shutdown' }],
    );
    assert.deepEqual((await client.schemaVersions(node)).get('UNREACHABLE'), ['10.244.0.19']);
  }));

test('a snapshot is taken with its tag alone, and never sent twice', () =>
  withReplay(undefined, async (node, requests) => {
    await client.takeSnapshot(node, 'kassette-x');
    assert.deepEqual(requests, ['POST /api/v0/ops/node/snapshots {"snapshot_name":"kassette-x"}']);
  }));

test('a snapshot that exists: the likely cause is named', () => {
  const [, second] = RECORDING.filter(
    ({ request }) => JSON.stringify(request.body) === '{"snapshot_name":"kassette-x"}',
  );
  assert.ok(second);
  return withReplay(
    undefined,
    async (node) => {
      await assert.rejects(client.takeSnapshot(node, 'kassette-x'), {
        code: 'NODE_OPERATION',
        message:
          'dse-cass-prd-default-sts-0: snapshot kassette-x failed: Failed to execute method NodeOps.takeSnapshot. ' +
          'Most likely a snapshot with this tag exists already, or the volume is full.',
      });
    },
    [second],
  );
});

test('a refresh of an unknown table: the likely cause is named', () =>
  withReplay(undefined, async (node) => {
    await assert.rejects(client.refresh(node, 'restaurants', 'nope'), {
      code: 'NODE_OPERATION',
      message:
        /^dse-cass-prd-default-sts-0: refresh of restaurants\.nope failed: .*does not exist on this node/,
    });
  }));

test('flush is a job where the node has those', () => {
  const job = RECORDING.find(({ request }) => request.path === '/api/v1/ops/tables/flush');
  assert.ok(job);
  const all = { ...job, request: { ...job.request, body: { keyspace_name: 'ALL' } } };
  return withReplay(
    undefined,
    async (node, requests) => {
      await client.flush(node);
      assert.deepEqual(requests, [
        'GET /api/v0/metadata/versions/features',
        'POST /api/v1/ops/tables/flush {"keyspace_name":"ALL"}',
        'GET /api/v0/ops/executor/job?job_id=b58e46c5-cb85-4684-99dc-9b29be140130',
      ]);
    },
    [all],
  );
});

test('flush waits for its answer where the node has no such job', () => {
  const features = {
    request: { method: 'GET', path: '/api/v0/metadata/versions/features' },
    response: { status: 200, contentType: null, body: '{"features":["rebuild"]}' },
  } as const;
  return withReplay(
    undefined,
    async (node, requests) => {
      await client.flush(node);
      assert.equal(requests[1], 'POST /api/v0/ops/tables/flush {"keyspace_name":"ALL"}');
    },
    [features],
  );
});

test('cleanup of some tables is a job where the node has those, and waits for its answer where it has not', async () => {
  const sent = { keyspace_name: 'shop', tables: ['a', 'b'], jobs: 0 };
  const job = RECORDING.find(({ request }) => request.path === '/api/v1/ops/tables/flush');
  assert.ok(job);
  const request = { ...job.request, path: '/api/v1/ops/keyspace/cleanup', body: sent };
  await withReplay(
    undefined,
    async (node, requests) => {
      await client.cleanUp(node, 'shop', ['a', 'b']);
      assert.equal(requests[1], `POST /api/v1/ops/keyspace/cleanup ${JSON.stringify(sent)}`);
      assert.match(requests[2] ?? '', /executor\/job/);
    },
    [{ ...job, request }],
  );
  const old = [
    {
      request: { method: 'GET', path: '/api/v0/metadata/versions/features' },
      response: { status: 200, contentType: null, body: '{"features":[]}' },
    },
    {
      request: { method: 'POST', path: '/api/v0/ops/keyspace/cleanup', body: sent },
      response: { status: 200, contentType: null, body: 'OK' },
    },
  ] as const;
  await withReplay(undefined, (node) => client.cleanUp(node, 'shop', ['a', 'b']), old);
});

test('the recorded snapshot list gives its tags', () => {
  const list = RECORDING.find(({ request }) => request.path.endsWith('snapshots?snapshotNames=kassette-y'));
  assert.ok(list);
  const whole = { ...list, request: { ...list.request, path: '/api/v0/ops/node/snapshots' } };
  return withReplay(
    undefined,
    async (node) => assert.deepEqual(await client.snapshotTags(node), ['kassette-y']),
    [whole],
  );
});

const OPERATIONS: readonly (readonly [string, (api: NodeControl, node: Node) => Promise<unknown>])[] = [
  ['endpoints', (api, node) => api.endpoints(node)],
  ['release version', (api, node) => api.releaseVersion(node)],
  ['schema versions', (api, node) => api.schemaVersions(node)],
  ['features', (api, node) => api.flush(node)],
  ['snapshot', (api, node) => api.takeSnapshot(node, 'kassette-s')],
  ['snapshot list', (api, node) => api.snapshotTags(node)],
  ['features', (api, node) => api.cleanUp(node, 'restaurants', ['guests'])],
  ['refresh', (api, node) => api.refresh(node, 'restaurants', 'guests')],
];

test('Cassandra stopped: not ready, and every operation says so', () =>
  withReplay('Cassandra stopped', async (node) => {
    assert.equal(await client.isReady(node), false);
    for (const [name, call] of OPERATIONS) {
      await assert.rejects(call(client, node), {
        code: 'NODE_NOT_RUNNING',
        message: `dse-cass-prd-default-sts-0: ${name} is not possible: Cassandra is stopped or still starting.`,
      });
    }
  }));

test('Cassandra starting: not ready, and no snapshot', () =>
  withReplay('Cassandra starting', async (node) => {
    assert.equal(await client.isReady(node), false);
    await assert.rejects(client.takeSnapshot(node, 'kassette-s'), { code: 'NODE_NOT_RUNNING' });
  }));

test('nothing listens: the node is down', async () => {
  const server = await replay(undefined);
  await server.close();
  assert.equal(await client.isReady(server.node), false);
  await assert.rejects(client.endpoints(server.node), (error: KassetteError) => {
    assert.equal(error.code, 'NODE_DOWN');
    assert.match(
      error.message,
      /^dse-cass-prd-default-sts-0: endpoints: no connection or a lost one \(ECONNREFUSED\) from http/,
    );
    return true;
  });
});

test('an answer that is no management API is said to be that', () =>
  withReplay(
    undefined,
    async (node) => {
      const elsewhere = nodeAt(`${node.managementUrl}`);
      await assert.rejects(client.endpoints(elsewhere), {
        code: 'NODE_OPERATION',
        message: /gave an answer that is not the management API's/,
      });
    },
    [
      {
        request: { method: 'GET', path: '/api/v0/metadata/endpoints' },
        response: { status: 200, contentType: 'text/html', body: '<html>hello</html>' },
      },
    ],
  ));
