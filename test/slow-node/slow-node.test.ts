import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { type CliRun, resultOf, runCli, startCli } from '../../lab/cli.ts';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { connectLab, startLab, storageOf } from '../../lab/lab.ts';
import { beforeBackupResult } from '../../lab/results.ts';
import { nodePlaces } from '../../src/adapters/embedded/nodes/node-places.ts';
import { found } from '../cluster/support/contents/leftovers.ts';
import { assertRecorded } from '../contract/management-api/request-logs.ts';
import { BESIDE_SUBNET, SLOW } from '../tiers.ts';

/*
 * A node on which snapshots and loads take longer than its management API waits. Removing files under a snapshot that is being made
 * would stop its CQL: each test ends with a query. The limit is 3 s here instead of 30.
 */
const LIMIT_MS = 3000;
const LINKS_PER_SECOND = 60;
const directory = mkdtempSync(join(tmpdir(), 'kassette-slow-'));
let cluster: EmbeddedCluster;
let client: Client;

before(async () => {
  const settings = { snapshot_links_per_second: LINKS_PER_SECOND };
  const shape = {
    directory,
    subnet: BESIDE_SUBNET,
    nodes: 1,
    detached: false,
    settings,
    callLimitMs: LIMIT_MS,
  };
  cluster = await startLab(shape);
  client = await connectLab(cluster);
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  await client.execute(`CREATE KEYSPACE slow WITH replication = ${replication}`);
  await client.execute(
    "CREATE TABLE slow.rows (id int PRIMARY KEY, color text) WITH compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': false}",
  );
  await client.execute('CREATE INDEX by_color ON slow.rows (color)');
  // Many files: the snapshot has to take a multiple of the limit.
  for (let i = 0; i < 20; i++) {
    await client.execute(`INSERT INTO slow.rows (id, color) VALUES (${i}, 'old')`);
    await storageOf(cluster).flush('slow');
  }
}, SLOW);
after(async () => {
  await client?.shutdown();
  await cluster?.kill();
  rmSync(directory, { recursive: true, force: true });
});

const kassette = (...args: readonly string[]): Promise<CliRun> => runCli(directory, args);

async function colors(): Promise<readonly string[]> {
  const { rows } = await client.execute('SELECT color FROM slow.rows');
  return [...new Set(rows.map((r) => String(r['color'])))];
}

function log(name: 'agent.log' | 'system.log'): string {
  return readFileSync(join(nodePlaces(directory, cluster.nodes[0]?.name ?? '').logs, name), 'utf8');
}

async function snapshotFiles(): Promise<readonly string[]> {
  const [node] = cluster.nodes;
  return node === undefined ? [] : found(node, '-type', 'f', '-path', '*/snapshots/kassette-*');
}

/** Start a backup and signal it while the node makes the snapshot; answers its exit status or signal. */
async function signalledDuringSnapshot(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  const child = startCli(directory, ['before-backup']);
  const ended = new Promise<number | NodeJS.Signals | null>((done) =>
    child.once('close', (status, by) => done(by ?? status)),
  );
  child.stdout.resume();
  child.stderr.resume();
  while ((await snapshotFiles()).length === 0) await sleep(50);
  child.kill(signal);
  return ended;
}

function assertServes(): Promise<unknown> {
  assert.doesNotMatch(log('system.log'), /Stopping (transports|gossiper)|FSWriteError/);
  return client.execute('SELECT id FROM slow.rows LIMIT 1');
}

test('a backup whose snapshot takes longer than the management API waits is whole', SLOW, async () => {
  const made = await kassette('before-backup', '--output', 'json');
  assert.equal(made.status, 0, made.stderr);
  assert.match(log('agent.log'), /takeSnapshot gave up/);
  const { tag } = resultOf(made.stdout, beforeBackupResult);
  const verified = await kassette('verify', '--from', `backup:${tag}`, '--deep');
  assert.equal(verified.status, 0, verified.stderr);
  await assertServes();
});

test('its tables are loaded to the end, however long the node takes', SLOW, async () => {
  for (let i = 0; i < 20; i++) await client.execute(`UPDATE slow.rows SET color = 'new' WHERE id = ${i}`);
  const pid = cluster.processes()[0]?.cassandra ?? 0;
  const child = startCli(directory, ['after-restore']);
  let told = '';
  const loading = new Promise<void>((done) => {
    child.stderr.on('data', (part: Buffer) => {
      told += String(part);
      if (/Linking files.*\(/.test(told)) done();
    });
  });
  const ended = new Promise<number | null>((done) => child.once('close', (status) => done(status)));
  child.stdout.resume();
  await loading;
  // Cassandra is slow: it answers no call within the limit, and then goes on with those that it was asked for.
  process.kill(pid, 'SIGSTOP');
  await sleep(1.5 * LIMIT_MS);
  process.kill(pid, 'SIGCONT');
  assert.equal(await ended, 0, told);
  assert.match(log('agent.log'), /loadNewSSTables gave up/);
  assert.deepEqual(await colors(), ['old']);
  const { rows } = await client.execute("SELECT id FROM slow.rows WHERE color = 'old'");
  assert.equal(rows.length, 20);
  assert.deepEqual(await snapshotFiles(), []);
  await assertServes();
});

test('interrupted during the snapshot: undone only when the node has ended it', SLOW, async () => {
  assert.equal(await signalledDuringSnapshot('SIGTERM'), 14);
  assert.deepEqual(await snapshotFiles(), []);
  await assertServes();
});

test('killed during the snapshot: the next backup waits for its end before it removes it', SLOW, async () => {
  assert.equal(await signalledDuringSnapshot('SIGKILL'), 'SIGKILL');
  const made = await kassette('before-backup');
  assert.equal(made.status, 0, made.stderr);
  const removed = await kassette('after-backup');
  assert.equal(removed.status, 0, removed.stderr);
  assert.deepEqual(await snapshotFiles(), []);
  await assertServes();
});

test('every request was of a kind that a real management API was seen to answer', () => {
  assertRecorded(cluster);
});
