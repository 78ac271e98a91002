import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { auth, Client } from 'cassandra-driver';
import { Agent, type Dispatcher } from 'undici';
import { attach, type EmbeddedCluster, startCluster } from '../../lab/cluster/launcher.ts';
import { clientIdentity } from '../../src/adapters/embedded/client-identity.ts';
import { readSuperuser } from '../../src/adapters/embedded/cluster-file.ts';
import { managementApi } from '../../src/adapters/management-api/client.ts';
import type { Node } from '../../src/domain/cluster/topology.ts';
import { difference } from '../contract/management-api/matching.ts';
import {
  ARGUMENTS,
  answeredBody,
  label,
  RECORDING,
  type Recorded,
  SLOW,
  sentBody,
} from '../contract/management-api/recording.ts';
import { assertRecorded } from '../contract/management-api/request-logs.ts';
import { SLOW as LIMIT } from '../tiers.ts';

/*
 * The recorded requests against running Cassandras, in the order of the recording. Three ways:
 * KASSETTE_MANAGEMENT_API_URL  a real management API (plain HTTP): only what changes nothing but snapshots;
 * KASSETTE_TEST_CLUSTER        the directory of an embedded cluster that runs;
 * neither                      an embedded cluster of its own.
 */
const realUrl = process.env['KASSETTE_MANAGEMENT_API_URL'];
const given = process.env['KASSETTE_TEST_CLUSTER'];
const own = mkdtempSync(join(tmpdir(), 'kassette-cluster-'));

let cluster: EmbeddedCluster | undefined;
let dispatcher: Dispatcher = new Agent();
/** The node that is drained and stopped in the course of the recording, and one that sees it go. */
let subject = realUrl ?? '';
let witness = realUrl ?? '';
let lastJob = '';
let datacenter = '';
let earlierTags: readonly string[] = [];
const SNAPSHOTS = '/api/v0/ops/node/snapshots';

before(async () => {
  if (realUrl === undefined) await useEmbedded();
  earlierTags = await snapshotTags();
  datacenter = (await send(subject, 'GET', '/api/v0/metadata/localdc')).body;
}, LIMIT);

async function useEmbedded(): Promise<void> {
  const subnet = process.env['KASSETTE_TEST_SUBNET'] ?? '127.0.0';
  const options = { directory: own, subnet, detached: false, tls: true };
  cluster = given === undefined ? await startCluster(options) : attach(given);
  const tls = cluster.file.tls;
  if (tls !== undefined) {
    const connect = { ca: readFileSync(tls.ca), cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
    dispatcher = new Agent({ connect });
  }
  witness = cluster.nodes[0]?.managementUrl ?? '';
  subject = cluster.nodes.at(-1)?.managementUrl ?? '';
  await createGuests(cluster);
}

after(async () => {
  await removeNewSnapshots().catch(() => {});
  await dispatcher.destroy();
  if (given === undefined) await cluster?.kill();
  rmSync(own, { recursive: true, force: true });
}, LIMIT);

async function snapshotTags(): Promise<readonly string[]> {
  const { entity } = JSON.parse((await send(subject, 'GET', SNAPSHOTS)).body);
  return [...new Set<string>(entity.map((row: Readonly<Record<string, string>>) => row['Snapshot name']))];
}

/** One of the recorded requests makes a snapshot under a name that nobody chose. */
async function removeNewSnapshots(): Promise<void> {
  const added = (await snapshotTags()).filter((tag) => !earlierTags.includes(tag));
  const query = new URLSearchParams(added.map((tag): [string, string] => ['snapshotNames', tag]));
  if (added.length > 0) await send(subject, 'DELETE', `${SNAPSHOTS}?${query}`);
}

async function createGuests({ file, nodes }: EmbeddedCluster): Promise<void> {
  const { username, password } = readSuperuser(file);
  const client = new Client({
    contactPoints: nodes.map((node) => node.address),
    localDataCenter: file.datacenters[0]?.name ?? '',
    authProvider: new auth.PlainTextAuthProvider(username, password),
  });
  const replication = `{'class': 'NetworkTopologyStrategy', '${file.datacenters[0]?.name}': 3}`;
  for (const statement of [
    `CREATE KEYSPACE IF NOT EXISTS restaurants WITH replication = ${replication}`,
    `CREATE TABLE IF NOT EXISTS restaurants.guests (name text PRIMARY KEY) WITH compaction = ${SIZE_TIERED}`,
    "INSERT INTO restaurants.guests (name) VALUES ('Ada')",
    "CREATE KEYSPACE IF NOT EXISTS replicated_once WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    `CREATE KEYSPACE IF NOT EXISTS hold_out WITH replication = ${replication}`,
    ...['hits', 'people', 'seats', 'sessions'].map(
      (name) =>
        `CREATE TABLE IF NOT EXISTS hold_out.${name} (id int PRIMARY KEY, town text) WITH compaction = ${unified(file.cassandraVersion)}`,
    ),
    "INSERT INTO hold_out.people (id, town) VALUES (1, 'London')",
  ])
    await client.execute(statement);
  await client.shutdown();
}

/** As the recorded tables were made. */
const SIZE_TIERED = "{'class': 'SizeTieredCompactionStrategy', 'max_threshold': '32', 'min_threshold': '4'}";
const UNIFIED =
  "{'class': 'UnifiedCompactionStrategy', 'max_sstables_to_compact': '64', 'min_sstable_size': '100MiB', " +
  "'scaling_parameters': 'T4', 'sstable_growth': '0.3333333333333333', 'target_sstable_size': '1GiB'}";
const unified = (version: string) => (version.startsWith('4.') ? SIZE_TIERED : UNIFIED);

async function send(origin: string, method: Dispatcher.HttpMethod, path: string, body?: string) {
  const headers = { 'content-type': 'application/json' };
  const answer = await dispatcher.request({ origin, method, path, headers, body: body ?? null });
  const type = answer.headers['content-type'];
  return { status: answer.statusCode, type, body: await answer.body.text() };
}

const HARMLESS = /^\/api\/v\d\/(probes|metadata|ops\/(node\/snapshots|node\/streaminfo|executor|tables))/;
/** What names keyspaces of the recorded cluster, snapshots of them, or counts on three nodes is asked only of such a cluster. */
const OF_THAT_CLUSTER =
  /hold_out|restaurants|"nope"|=nope|"ALL"|"all"|system_auth|rec-\d|kassette-y|rf_per_dc/;
const isHarmless = (entry: Recorded) =>
  entry.state === undefined &&
  HARMLESS.test(entry.request.path) &&
  !OF_THAT_CLUSTER.test(`${entry.request.path} ${sentBody(entry)}`);
// The one of all arguments first: in the course of the other the node is stopped.
const replayed = [...ARGUMENTS, ...SLOW.filter((e) => e.state === undefined), ...RECORDING].filter(
  (entry) => realUrl === undefined || isHarmless(entry),
);

for (const entry of replayed) {
  test(label(entry), LIMIT, async (context) => {
    if (differsBefore5(entry)) return context.skip('recorded with Cassandra 5.0, which alone answers so');
    const origin = entry.state === 'another node is down' ? witness : subject;
    if (entry.state === 'another node is down') await sawItGo();
    const path = pathFor(entry);
    if (path.includes('job_id=') && !isOfUnfinishedJob(entry)) await jobDone(origin, path);
    const answer = await send(origin, entry.request.method, path, bodyFor(entry));
    if (answer.status === 202 && answer.body !== '') lastJob = answer.body;
    compare(entry, answer);
  });
}

function pathFor({ request: { path } }: Recorded): string {
  // The launcher gives it as many replicas in the datacenter as there are nodes; that one has the strategy that was recorded.
  if (realUrl === undefined && path.endsWith('replication?keyspaceName=system_auth'))
    return path.replace('system_auth', 'replicated_once');
  return path.replace(/(?<=job_id=)(?!0{8})[0-9a-f-]{36}/, lastJob);
}

/** The datacenter's name is another one here. */
function bodyFor(entry: Recorded): string | undefined {
  return sentBody(entry)?.replace(
    '"dc_name":"cass-prd"',
    `"dc_name":"${cluster?.file.datacenters[0]?.name}"`,
  );
}

const isOfUnfinishedJob = (entry: Recorded) => answeredBody(entry).includes('"status":"WAITING"');

function compare(entry: Recorded, answer: Awaited<ReturnType<typeof send>>): void {
  assert.equal(answer.status, entry.response.status, answer.body);
  if (entry.response.contentType !== null) assert.equal(answer.type, entry.response.contentType);
  assert.equal(difference(expectedBody(entry, answer.body), answer.body, realUrl !== undefined), undefined);
}

/** A job that was recorded before its end may have ended here. */
function expectedBody(entry: Recorded, answered: string): string {
  const [, status = 'WAITING'] = /"status":"(WAITING|COMPLETED|ERROR)"/.exec(answered) ?? [];
  const body = answeredBody(entry).replace(/hold-dc|cass-prd/, datacenter);
  return isOfUnfinishedJob(entry) ? body.replace('"WAITING"', JSON.stringify(status)) : body;
}

/** Before 5.0 a snapshot's details are fewer, and a drained node takes none. */
function differsBefore5({ request, state }: Recorded): boolean {
  const details = request.method === 'GET' && request.path.endsWith('snapshotNames=kassette-y');
  const drained = request.path === SNAPSHOTS && state === 'after drain';
  return (cluster?.file.cassandraVersion.startsWith('4.') ?? false) && (details || drained);
}

/** Gossip needs a moment, in the recorded cluster as here. */
async function sawItGo(): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const { body } = await send(witness, 'GET', '/api/v1/ops/node/schema/versions');
    if (body.includes('UNREACHABLE')) return;
    await pause(200);
  }
}

async function jobDone(origin: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (!(await send(origin, 'GET', path)).body.includes('WAITING')) return;
    await pause(50);
  }
}

test('the client does every operation on every node', LIMIT, async () => {
  const client = managementApi(clientIdentity(cluster?.file.tls));
  const nodes = cluster === undefined ? [realNode(realUrl ?? '')] : nodesOf(cluster);
  try {
    await cluster?.startNodes(nodes.at(-1)?.name ?? '');
    await Promise.all(nodes.map((node) => everyOperation(client, node)));
  } finally {
    await client.close();
  }
});

function nodesOf({ file }: EmbeddedCluster): readonly Node[] {
  return file.datacenters.flatMap((datacenter) =>
    datacenter.nodes.map((node) => ({
      ...node,
      cluster: file.cluster,
      datacenter: datacenter.name,
      cqlEndpoint: `${node.address}:${node.cqlPort}`,
    })),
  );
}

function realNode(managementUrl: string): Node {
  const { hostname } = new URL(managementUrl);
  const place = { cluster: '', datacenter: '', rack: '', volume: '', dataDirectories: [] };
  return { ...place, name: hostname, address: hostname, cqlEndpoint: '', managementUrl };
}

async function everyOperation(client: ReturnType<typeof managementApi>, node: Node): Promise<void> {
  const tag = 'kassette-contract';
  assert.equal(await client.isReady(node), true);
  assert.equal((await client.endpoints(node)).filter((member) => member.local).length, 1);
  assert.ok((await client.schemaVersions(node)).size > 0);
  await client.flush(node);
  await client.clearSnapshot(node, tag);
  const tags = async () => (await send(node.managementUrl, 'GET', `${SNAPSHOTS}?snapshotNames=${tag}`)).body;
  assert.equal(await client.takeSnapshot(node, tag), 'done');
  await assert.rejects(client.takeSnapshot(node, tag), { code: 'NODE_OPERATION' });
  assert.ok((await tags()).includes(tag));
  assert.equal(await client.clearSnapshot(node, tag), 'done');
  assert.ok(!(await tags()).includes(tag));
  // Somebody's real cluster may lack the table, and want its hints.
  if (cluster === undefined) return;
  assert.equal(await client.refresh(node, 'restaurants', 'guests'), 'done');
  await client.truncateHints(node);
  await client.cleanUp(node, 'restaurants', ['guests']);
  assertRecorded(cluster);
}
