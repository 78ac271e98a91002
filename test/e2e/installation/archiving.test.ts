import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { resultOf } from '../../../lab/cli.ts';
import { define } from '../../../lab/dataset/define.ts';
import { windowResult } from '../../../lab/results.ts';
import { ARCHIVE } from '../../../src/domain/archive/archiving.ts';
import { RELEASE, sharedBed } from '../support/bed.ts';
import { TestDatacenter } from '../support/datacenter.ts';
import { afterBackup, beforeBackup, outside } from '../support/kassette/kassette.ts';
import { signalPodProcess } from '../support/kassette/pod-process.ts';

// What `kassette archive --apply` makes of a datacenter of cass-operator: its pods have the files where Cassandra reads them, and archive.
const bed = sharedBed();
// Small segments, so that some end.
const settings = { commitlog_segment_size: '1MiB' };
const options = { version: RELEASE, size: 1, namespace: 'archive', name: 'alone', cluster: 'only', settings };
const datacenter = new TestDatacenter(bed, options);
const runner = outside(datacenter);
/** Looks, a second apart. */
const OVERLOOKED_AFTER = 60;
const ANNOTATE = [
  ...['annotate', 'cassandradatacenter', options.name],
  'cassandra.datastax.com/autoupdate-spec=once',
];
const VALUE = 'x'.repeat(64 * 1024);
let client: Client;

before(async () => {
  await datacenter.create();
  client = await datacenter.connect();
  await define(client, [
    `CREATE KEYSPACE shop WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter.name}': 1}`,
    'CREATE TABLE shop.t (id int PRIMARY KEY, v text)',
  ]);
});
after(async () => {
  await client?.shutdown();
  await datacenter.delete();
});

/** Switch it, and wait until cass-operator has made the pod anew. */
async function switchTo(action: 'enable' | 'disable'): Promise<void> {
  const [pod] = await datacenter.pods();
  const uid = () =>
    datacenter.kubectl('get', 'pod', pod?.name ?? '', '--ignore-not-found', '-o', 'jsonpath={.metadata.uid}');
  const earlier = await uid();
  await client.shutdown();
  const apply = async () => {
    const asked = ['archive', action, '--datacenter', datacenter.name, '--apply'];
    const { status, stdout, stderr } = await runner.run(asked);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  assert.match(await apply(), /^CassandraDatacenter alone was changed/);
  assert.match(await apply(), /^CassandraDatacenter alone was left as it is/);
  const isMade = (now: string) => now !== earlier && now !== '';
  for (let looks = 1; !isMade(await uid()); looks++) {
    // As the command says: an operator that was at work just then overlooks the change.
    if (looks === OVERLOOKED_AFTER) await datacenter.kubectl(...ANNOTATE);
    await pause(1000);
  }
  await datacenter.ready();
  client = await datacenter.connect();
}

async function write(rows: number): Promise<void> {
  for (let id = 0; id < rows; id++)
    await client.execute('INSERT INTO shop.t (id, v) VALUES (?, ?)', [id, VALUE], { prepare: true });
}

async function look() {
  const run = await runner.run(['window', '--output', 'json']);
  assert.equal(run.status, 0, run.stderr);
  const [only] = resultOf(run.stdout, windowResult).datacenters;
  return only ?? assert.fail('no datacenter');
}

async function volume(): Promise<string> {
  const [pod] = await datacenter.pods();
  return bed.volumes.path((await bed.volumes.ofClaim(datacenter.namespace, pod?.claim ?? '')) ?? '');
}

test('enabled, a pod archives every segment that ends as a hard link, and the window has no gap', async () => {
  await switchTo('enable');
  await beforeBackup(runner, '--keep', '2');
  await afterBackup(runner);
  await write(128);
  const { ranges, nodes, windows } = await look();
  assert.equal(ranges.length, 1);
  assert.equal(nodes[0]?.archiving, 'on');
  assert.ok((nodes[0]?.segments ?? 0) >= 4, JSON.stringify(nodes));
  assert.deepEqual([windows[0]?.nodes[0]?.gaps, windows[0]?.nodes[0]?.restarts], [[], []]);
  const root = await volume();
  const archived = readdirSync(join(root, ARCHIVE));
  assert.ok(archived.length >= 4);
  for (const name of archived.filter((n) => existsSync(join(root, 'commitlog', n))))
    assert.ok(statSync(join(root, ARCHIVE, name)).nlink > 1, `${name} is a copy`);
});

test('a node that is killed and started again leaves no gap', async () => {
  const [pod] = await datacenter.pods();
  await client.shutdown();
  // First: cass-operator's `preStop` hook drains.
  signalPodProcess(pod?.name ?? '', 'kassette.Cassandra', 'SIGKILL');
  const back = await datacenter.killPod(pod?.name ?? '');
  await back();
  client = await datacenter.connect();
  await write(64);
  const { nodes, windows } = await look();
  assert.equal(nodes[0]?.archiving, 'on');
  const [node] = windows[0]?.nodes ?? [];
  assert.deepEqual([node?.gaps.length, node?.restarts.length], [0, 1]);
});

test('disabled, the next backup removes all but the last segment that was archived', async () => {
  await switchTo('disable');
  await write(64);
  await beforeBackup(runner);
  await afterBackup(runner);
  assert.equal(readdirSync(join(await volume(), ARCHIVE)).length, 1);
});
