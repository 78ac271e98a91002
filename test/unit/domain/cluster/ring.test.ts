import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { endpoints } from '../../../../src/adapters/management-api/answers.ts';
import { checkSameRing, checkWholeRing } from '../../../../src/domain/backup/backup-check.ts';
import { plainAddress } from '../../../../src/domain/cluster/addresses.ts';
import { assessRing, type Cluster, inRing } from '../../../../src/domain/cluster/ring.ts';
import type { Datacenter, Node, RingMember } from '../../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { healthyClusters } from '../../../../src/engine/cluster/clusters.ts';
import { withSessions } from '../../../../src/engine/cluster/sessions.ts';
import { hostIdOf } from '../../../host-id.ts';
import { OPTIONS, RestorableCluster } from '../../support/restorable-cluster.ts';

/** What a real management API answered of a healthy ring, and of one with a node down. */
const RECORDED = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../contract/management-api/observed.json'), 'utf8'),
) as {
  request: { path: string };
  response: { status: number; body: unknown };
  state?: string;
}[];

function recorded(state?: string): readonly RingMember[] {
  const found = RECORDED.find((r) => r.request.path === '/api/v0/metadata/endpoints' && r.state === state);
  const body = found?.response.body;
  return endpoints.parse(typeof body === 'string' ? JSON.parse(body) : body).entity;
}

/** Of a saved endpoint gossip has no state, and the API adds these alone (`getEndpointStates`). */
function withoutState(address: string): RingMember {
  const given = { ENDPOINT_IP: address, IS_ALIVE: 'false', IS_LOCAL: 'false', CLUSTER_NAME: 'dse' };
  return endpoints.parse({ entity: [given] }).entity[0] ?? assert.fail();
}

function datacenterOf(addresses: readonly string[]): Datacenter {
  const nodes = addresses.map((address, i) => ({ name: `n-${i}`, cluster: 'dse', address }) as Node);
  return { name: 'prod', cluster: 'dse', nodes, unready: null };
}

/** What `assessRing` makes of these endpoints, where pods with these addresses serve CQL. */
function assess(ring: readonly RingMember[], pods: readonly string[], unreachable: readonly string[] = []) {
  const datacenter = datacenterOf(pods);
  const schemaVersions = new Map([
    ['v', pods],
    ...(unreachable.length === 0 ? [] : ([['UNREACHABLE', unreachable]] as const)),
  ]);
  const ready = new Map(datacenter.nodes.map((n) => [n.name, true]));
  return assessRing({ datacenters: [datacenter], ready, endpoints: ring, schemaVersions });
}

const UP = recorded();
const PODS = UP.map((m) => m.address);

function healthy(found: Cluster | KassetteError): Cluster {
  return found instanceof KassetteError ? assert.fail(found.message) : found;
}

test('an address of which gossip has no state, of a node that moved or of one that left is no member', () => {
  const [first] = UP;
  assert.ok(first !== undefined);
  const down = { ...first, alive: false };
  const remnants: readonly RingMember[] = [
    withoutState('10.244.0.25'),
    { ...down, address: '10.244.0.9', status: 'shutdown' },
    { ...down, address: '10.244.0.8', hostId: 'left', status: 'LEFT' },
    { ...down, address: '10.244.0.7', hostId: 'removed', status: 'removed' },
  ];
  const found = healthy(assess([...UP, ...remnants], PODS, ['10.244.0.25', '10.244.0.9']));
  assert.deepEqual(found.remnants, remnants);
  assert.deepEqual(found.others, []);
  checkWholeRing(found, 'backup');
  checkSameRing(found, [...UP, ...remnants]);
  assert.deepEqual(inRing(found, [...UP, withoutState('10.244.0.25')]).members, found.members);
});

test('a node that is really down, or has only begun to join, is one all the same', () => {
  const down = recorded('another node is down');
  const covered = assess(
    down,
    down.map((m) => m.address),
  );
  assert.match(String(covered), /Node n-2 is DOWN and shutdown; all nodes must be UP and NORMAL/);
  const elsewhere = assess(
    down,
    down.slice(0, 2).map((m) => m.address),
  );
  assert.match(String(elsewhere), /Node 10\.244\.0\.19 \(datacenter cass-prd\) is DOWN and shutdown;/);
  const [first] = UP;
  assert.ok(first !== undefined);
  const begun = { ...first, address: '10.0.0.1', hostId: 'new', status: '', alive: true };
  assert.match(String(assess([...UP, begun], PODS)), /is UP and without a state in gossip;/);
  const unreachable = assess(UP, PODS, [PODS[0] ?? '']);
  assert.ok(unreachable instanceof KassetteError && unreachable.code === 'SCHEMA_DISAGREEMENT');
  assert.match(unreachable.message, /did not say in time which schema version they have: 10\./);
  const pod = assess([...UP.slice(1), withoutState(PODS[0] ?? '')], PODS);
  assert.match(String(pod), /Node n-0 is not in the ring under its address/);
});

test('what system.peers says decides whether gossip’s bare address is of a node that is down', async () => {
  const open = async (peers: Readonly<Record<string, string>>) => {
    const c = new RestorableCluster();
    c.remnants.push(withoutState('10.244.0.25'));
    for (const [address, hostId] of Object.entries(peers)) c.peers.set(address, hostId);
    await withSessions(c.ports, await healthyClusters(c.ports, OPTIONS), async () => {});
    return c.warnings;
  };
  assert.match((await open({})).join(), /Gossip of cluster c still has 10\.244\.0\.25, where no node runs/);
  assert.match((await open({ '10.244.0.25': hostIdOf('n-dc1') })).join(), /ignored in the ring/);
  await assert.rejects(open({ '10.244.0.25': 'of-another-datacenter' }), {
    code: 'NODE_DOWN',
    message: /10\.244\.0\.25 \(host id of-another-datacenter\) has been DOWN since/,
  });
});

test('addresses are compared as addresses', () => {
  assert.equal(plainAddress('10.0.0.1'), '10.0.0.1');
  for (const same of [
    'fd00::a:1',
    'fd00:0:0:0:0:0:a:1',
    'FD00:0000::000A:1',
    '[fd00::a:1]',
    'fd00::a:1%eth0',
  ])
    assert.equal(plainAddress(same), 'fd00::a:1');
  assert.equal(plainAddress('::ffff:10.0.0.200'), '10.0.0.200');
  for (const none of ['n-dc1', 'a:b', ':x', '']) assert.equal(plainAddress(none), none);
  const [first] = UP;
  assert.ok(first !== undefined);
  const long = 'fd00:0:0:0:0:0:0:1';
  const gone = { ...withoutState('fd00:0:0:0:0:0:0:2') };
  const found = healthy(assess([{ ...first, address: long }, gone], ['fd00::1'], ['fd00:0:0:0:0:0:0:2']));
  assert.deepEqual([found.others.length, found.members.get('n-0')?.address], [0, long]);
});
