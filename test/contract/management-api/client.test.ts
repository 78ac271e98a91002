import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { requestShape } from '../../../lab/stand-in/request-shape.ts';
import { managementApi } from '../../../src/adapters/management-api/client.ts';
import { managementPeerProbe } from '../../../src/adapters/management-api/peer-probe.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import type { KassetteError } from '../../../src/domain/errors.ts';
import type { NodeControl } from '../../../src/ports/node-control.ts';
import {
  ARGUMENTS,
  answeredBody,
  EVERYTHING,
  label,
  RECORDED_SHAPES,
  RECORDING,
  type Recorded,
  SLOW,
  sentBody,
} from './recording.ts';
import { answering, nodeAt, replay } from './replay-server.ts';

const client = managementApi({ timeoutMs: 1000 });
after(() => client.close());

const JOB = 'b58e46c5-cb85-4684-99dc-9b29be140130';
const featureList = (features: readonly string[]): Recorded => ({
  request: { method: 'GET', path: '/api/v0/metadata/versions/features' },
  response: { status: 200, contentType: null, body: JSON.stringify({ features }) },
});
const ALL_FEATURES = featureList(['async_flush_task', 'async_sstable_tasks']);
const NO_FEATURES = featureList(['rebuild']);
const JOB_DONE = {
  status: 200,
  contentType: null,
  body: JSON.stringify({ status: 'COMPLETED', error: null }),
};

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
    assert.equal(await managementPeerProbe(port).hostIdAt('127.0.0.1'), local?.hostId);
  });
  assert.equal(await managementPeerProbe(port).hostIdAt('127.0.0.1'), null);
  await withReplay('no such state', async (node) =>
    assert.equal(await managementPeerProbe(portOf(node)).hostIdAt('127.0.0.1'), null),
  );
});

test('a node that has fallen silent is given up after the limit of one answer, not of a whole operation', async (t) => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const patient = managementApi({ timeoutMs: 900_000, answerMs: 50 });
  t.after(async () => {
    await patient.close();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const address = silent.address();
  const node = nodeAt(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  for (const work of [
    () => patient.endpoints(node),
    () => patient.flush(node),
    () => patient.takeSnapshot(node, 'kassette-y'),
  ])
    await assert.rejects(work, { code: 'NODE_DOWN', message: /no answer within 0.05 s/ });
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

test('a snapshot that exists: the message does not guess', () => {
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
          'The management API does not say why.',
        hint: 'Read the Cassandra log of dse-cass-prd-default-sts-0 for the cause.',
      });
    },
    [second],
  );
});

test('a refresh of an unknown table: the message does not guess', () =>
  withReplay(undefined, async (node) => {
    await assert.rejects(client.refresh(node, 'restaurants', 'nope'), {
      code: 'NODE_OPERATION',
      message:
        /^dse-cass-prd-default-sts-0: refresh of restaurants\.nope failed: .*loadNewSSTables\. The management API does not say why\.$/,
    });
  }));

test('flush is a job where the node has those', () => {
  const job = RECORDING.find(({ request }) => request.path === '/api/v1/ops/tables/flush');
  const all = ARGUMENTS.find((e) => e.request.path === '/api/v1/ops/tables/flush' && sentBody(e) === '{}');
  assert.ok(job && all);
  return withReplay(
    undefined,
    async (node, requests) => {
      await client.flush(node);
      assert.deepEqual(requests, [
        'GET /api/v0/metadata/versions/features',
        'POST /api/v1/ops/tables/flush {}',
        'GET /api/v0/ops/executor/job?job_id=b58e46c5-cb85-4684-99dc-9b29be140130',
      ]);
    },
    [{ ...all, response: job.response }],
  );
});

test('flush waits for its answer where the node has no such job', () =>
  withReplay(
    undefined,
    async (node, requests) => {
      await client.flush(node);
      assert.equal(requests[1], 'POST /api/v0/ops/tables/flush {}');
    },
    [NO_FEATURES, ...ARGUMENTS],
  ));

test('cleanup of some tables is a job, whether or not the node answers before its end', async () => {
  const tables = (path: string) =>
    ARGUMENTS.find((e) => e.request.path === path && sentBody(e)?.includes('"tables":["people"]'));
  const [v0, v1] = ['/api/v0/ops/keyspace/cleanup', '/api/v1/ops/keyspace/cleanup'].map(tables);
  assert.ok(v0 && v1);
  const ended = ARGUMENTS.filter(({ request, response }) =>
    request.path.includes(`job_id=${String(v1.response.body)}`) ? response.status === 200 : false,
  ).map(({ request, response }) => ({ request, response }));
  for (const [entry, extra] of [
    [v1, []],
    // The recording did not ask for this job; it is like that of v1.
    [{ ...v0, response: { ...v0.response, body: v1.response.body } }, [NO_FEATURES]],
  ] as const) {
    await withReplay(
      undefined,
      async (node, requests) => {
        await client.cleanUp(node, 'hold_out', ['people']);
        assert.equal(requests[1], `POST ${entry.request.path} ${sentBody(entry)}`);
        assert.match(requests[2] ?? '', /executor\/job/);
      },
      [...extra, entry, ...ended],
    );
  }
});

test('an operation that the management API gives up goes on: the client says so, or asks again where that is harmless', async () => {
  const gaveUp = (path: string) =>
    SLOW.find(
      ({ request, response }) => request.path === path && /^(Query timed out|$)/.test(String(response.body)),
    );
  const snapshot = gaveUp('/api/v0/ops/node/snapshots');
  const refresh = gaveUp('/api/v0/ops/keyspace/refresh?keyspaceName=system_auth&table=roles');
  const removal = gaveUp('/api/v0/ops/node/snapshots?snapshotNames=nope');
  assert.ok(snapshot && refresh && removal);
  const { body } = snapshot.response;
  assert.match(String(body), /^Query timed out after PT30S/);
  await withAnswer(snapshot, async (node) => {
    assert.equal(await client.takeSnapshot(node, 'kassette-x'), 'underway');
  });
  await withAnswer(removal, async (node) =>
    assert.equal(await client.clearSnapshot(node, 'kassette-x'), 'underway'),
  );
  await withAnswer(refresh, async (node) =>
    assert.equal(await client.refresh(node, 'restaurants', 'guests'), 'underway'),
  );
  let asked = 0;
  const hints = { method: 'POST', path: '/api/v0/ops/node/hints/truncate' } as const;
  const twice = () => (asked++ < 2 ? snapshot.response : { status: 200, contentType: null, body: 'OK' });
  await withAnswer(
    { request: hints, response: snapshot.response },
    (node) => client.truncateHints(node),
    twice,
  );
  assert.equal(asked, 3);
});

/** What the client does with a request, by method and path. */
const CALLS: Readonly<Record<string, (node: Node) => Promise<unknown>>> = {
  'GET /api/v0/probes/readiness': (node) => client.isReady(node),
  'GET /api/v0/metadata/endpoints': (node) => client.endpoints(node),
  'GET /api/v0/metadata/versions/features': (node) => client.flush(node),
  'GET /api/v1/ops/node/schema/versions': (node) => client.schemaVersions(node),
  'POST /api/v0/ops/tables/flush': (node) => client.flush(node),
  'POST /api/v1/ops/tables/flush': (node) => client.flush(node),
  'POST /api/v0/ops/keyspace/cleanup': (node) => client.cleanUp(node, 'hold_out', ['people']),
  'POST /api/v1/ops/keyspace/cleanup': (node) => client.cleanUp(node, 'hold_out', ['people']),
  'GET /api/v0/ops/executor/job': (node) => client.flush(node),
  'POST /api/v0/ops/node/snapshots': (node) => client.takeSnapshot(node, 'kassette-x'),
  'DELETE /api/v0/ops/node/snapshots': (node) => client.clearSnapshot(node, 'kassette-x'),
  'POST /api/v0/ops/keyspace/refresh': (node) => client.refresh(node, 'restaurants', 'guests'),
  'POST /api/v0/ops/node/hints/truncate': (node) => client.truncateHints(node),
};

const pathOf = ({ request }: Recorded) => request.path.split('?', 1)[0] ?? '';
const callOf = (entry: Recorded) => CALLS[`${entry.request.method} ${pathOf(entry)}`];

for (const entry of EVERYTHING.filter((e) => callOf(e) !== undefined)) {
  test(`the client takes it as it is meant: ${label(entry)}: ${String(entry.response.status)}`, () =>
    withAnswer(entry, async (node) => {
      const outcome = await callOf(entry)?.(node).then(
        () => 'done',
        (error: KassetteError) => error.code,
      );
      assert.ok(expectedOf(entry).includes(String(outcome)), `${outcome}`);
    }));
}

/** A readiness that is none is an answer, too; a job that goes on for ever ends by the client's own limit. */
function expectedOf(entry: Recorded): readonly string[] {
  const { status } = entry.response;
  const body = answeredBody(entry);
  if (pathOf(entry).endsWith('/readiness')) return ['done'];
  if (body.includes('"WAITING"')) return ['TIMEOUT'];
  if (body.includes('"status":"ERROR"')) return ['NODE_OPERATION'];
  // Followed, or asked again until the client's own limit.
  if (status === 500 && (body === '' || body.startsWith('Query timed out'))) return ['done', 'TIMEOUT'];
  if (/^Internal connection to Cassandra closed|No connection was available/.test(body))
    return ['NODE_NOT_RUNNING'];
  if (pathOf(entry).endsWith('/job') && status === 404) return ['NODE_NOT_RUNNING'];
  return [status < 300 ? 'done' : 'NODE_OPERATION'];
}

/** Answers each request for the entry's method and path as recorded, whatever its arguments; all others as a healthy node does. */
async function withAnswer(
  entry: Recorded,
  work: (node: Node) => Promise<unknown>,
  answer: () => Recorded['response'] = () => entry.response,
): Promise<void> {
  const jobs = pathOf(entry).endsWith('/executor/job');
  const healthy = (path: string): Recorded['response'] => {
    if (path.endsWith('/features')) return wanted.response;
    if (path.endsWith('/executor/job')) return JOB_DONE;
    if (path.endsWith('/ops/tables/flush')) return { status: 202, contentType: null, body: JOB };
    return { status: 200, contentType: null, body: 'OK' };
  };
  const wanted = pathOf(entry).includes('/api/v1/') || jobs ? ALL_FEATURES : NO_FEATURES;
  const server = await answering((method, path) =>
    method === entry.request.method && path === pathOf(entry) ? answer() : healthy(path),
  );
  try {
    await work(server.node);
  } finally {
    await server.close();
  }
}

test('no request of the client is of a kind that was not recorded', async () => {
  const shapes = new Set<string>();
  const nothing = { status: 200, contentType: null, body: 'OK' };
  for (const { response } of [ALL_FEATURES, NO_FEATURES]) {
    const server = await answering((method, path, target, body) => {
      shapes.add(requestShape(method, target, body));
      if (path.endsWith('/features')) return response;
      if (path.endsWith('/executor/job')) return JOB_DONE;
      return /v1.*(flush|cleanup)/.test(path) ? { ...nothing, status: 202, body: JOB } : nothing;
    });
    await Promise.allSettled(Object.values(CALLS).map((call) => call(server.node)));
    await server.close();
  }
  assert.ok(shapes.size >= Object.keys(CALLS).length, [...shapes].join('\n'));
  assert.deepEqual(
    [...shapes].filter((shape) => !RECORDED_SHAPES.has(shape)),
    [],
  );
});

const OPERATIONS: readonly (readonly [string, (api: NodeControl, node: Node) => Promise<unknown>])[] = [
  ['endpoints', (api, node) => api.endpoints(node)],
  ['schema versions', (api, node) => api.schemaVersions(node)],
  ['features', (api, node) => api.flush(node)],
  ['snapshot', (api, node) => api.takeSnapshot(node, 'kassette-s')],
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
      /^dse-cass-prd-default-sts-0: endpoints: no connection, or it was lost \(ECONNREFUSED\) from http/,
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
        message: /gave an answer that is not one of the management API/,
      });
    },
    [
      {
        request: { method: 'GET', path: '/api/v0/metadata/endpoints' },
        response: { status: 200, contentType: 'text/html', body: '<html>hello</html>' },
      },
    ],
  ));
