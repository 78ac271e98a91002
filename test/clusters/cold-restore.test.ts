import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodetool } from '../../bench/nodetool.ts';
import { load } from '../../demo/dataset/load.ts';
import { mustRun, mustRunProgram, runCli, runProgram } from '../../demo/lab/cli.ts';
import {
  fillCommitLog,
  flipBits,
  makeNonsense,
  newerComponent,
  oldestSegment,
  truncate,
} from '../../demo/lab/damage.ts';
import { connectLab, startLab, storageOf } from '../../demo/lab/lab.ts';
import * as results from '../../demo/lab/results.ts';
import { copyVolumes, putVolumesBack } from '../../demo/lab/volume-copies.ts';
import { diagnose } from '../../src/domain/start-failure.ts';
import { readSuperuser } from '../../src/embedded/cluster-file.ts';
import { attach, type EmbeddedCluster } from '../../src/embedded/launcher.ts';
import { nodePlaces } from '../../src/embedded/layout.ts';
import { startAgent } from '../../src/embedded/processes.ts';
import { changeSome } from '../cluster/support/changes.ts';
import { smallDataset } from '../cluster/support/dataset.ts';
import { assertNothingLeft } from '../cluster/support/leftovers.ts';
import { cleanVolumeResult, restoreResult } from '../cluster/support/results.ts';
import {
  assertReplicasAgree,
  assertSameState,
  type DatabaseState,
  recordState,
} from '../cluster/support/state.ts';
import { killAfter } from './support/killed-program.ts';

/*
 * Volumes on which a real Cassandra refuses to start, restored with Cassandra stopped. One cluster; for each case its
 * volumes are put back as they were copied, a backup and newer, dirty data in them.
 */
const SLOW = { timeout: 300_000 };
const STEPS = [
  'Checking backup',
  'Keeping Cassandra from starting',
  'Moving live files aside',
  "Linking the backup's files",
  'Verifying',
] as const;
const JMX_PORT = 17_660;
const VERSION = process.env['CASSANDRA_VERSION'] || '5.0.6';
const dataset = smallDataset(VERSION, 'cass-prd');
let directory: string;
let cluster: EmbeddedCluster;
let saved: DatabaseState;
let tag: string;
let superuser: string;

const start = () =>
  startLab({
    directory,
    subnet: process.env['KASSETTE_TEST_SUBNET'] ?? '127.0.6',
    version: VERSION,
    detached: false,
    jmxBasePort: JMX_PORT,
    settings: VERSION.startsWith('4.0.') ? { key_cache_save_period: 1 } : { key_cache_save_period: '1s' },
  });

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kassette-test-'));
  cluster = await start();
  superuser = readSuperuser(cluster.file).username;
  const client = await connectLab(cluster);
  await load(client, dataset, storageOf(cluster));
  saved = await recordState(client, dataset, superuser);
  tag = (await mustRun(directory, ['before-backup'], results.beforeBackupResult)).result.tag;
  await changeSome(client);
  await storageOf(cluster).flush();
  await fillCommitLog(client, 'cass-prd');
  await copyVolumes(cluster, join(directory, 'copies'), 0);
  await client.shutdown();
}, SLOW);
after(async () => {
  await cluster?.kill();
  await rm(directory, { recursive: true, force: true });
}, SLOW);

/** Bring back the dirty volumes, all stopped. */
async function dirty(): Promise<readonly string[]> {
  await cluster.kill();
  await putVolumesBack(cluster, join(directory, 'copies'));
  return cluster.nodes.map((n) => n.volume);
}

/** Start one node alone, see its Cassandra end, and hear why. */
async function refusesToStart(index: number): Promise<string> {
  const { name } = cluster.nodes[index] ?? { name: '' };
  await startStandIn(index);
  await assert.rejects(cluster.startNodes(name), /Cassandra ended while starting/);
  const why = diagnose(readFileSync(join(nodePlaces(directory, name).logs, 'system.log'), 'utf8'));
  assert.equal(why?.dirty, true, why?.evidence);
  return why?.what ?? '';
}

async function startStandIn(index: number): Promise<void> {
  startAgent(directory, cluster.nodes[index]?.name ?? '', false);
  while (attach(directory).processes()[index]?.agent === undefined) await sleep(100);
}

const clean = (volume: string, ...args: readonly string[]) =>
  mustRunProgram(['clean-volume', '--path', volume, ...args], cleanVolumeResult);

async function recover(...args: readonly string[]) {
  const all = await Promise.all(cluster.nodes.map((n) => clean(n.volume, ...args)));
  return all.map((r) => r.result);
}

async function assertAsSaved(): Promise<void> {
  const client = await connectLab(cluster);
  try {
    await assertReplicasAgree(client);
    assertSameState(await recordState(client, dataset, superuser), saved);
  } finally {
    await client.shutdown();
  }
}

const NOT_RISING = 'a truncated commit log, a torn SSTable and a half-written system table';
test(`${NOT_RISING}: Cassandra does not start; restored row by row`, SLOW, async () => {
  const [first = '', second = '', third = ''] = await dirty();
  truncate(oldestSegment(first));
  truncate(newerComponent(second, 'functions/sales', 'Statistics.db'));
  truncate(newerComponent(third, 'system_schema/tables', 'Statistics.db'));
  const said = await Promise.all([0, 1, 2].map(refusesToStart));
  assert.deepEqual(said, ['a corrupt commit log', 'a corrupt SSTable', 'a corrupt SSTable']);
  await cluster.kill();
  for (const r of await recover()) assert.deepEqual([r.outcome, r.tag, r.bytesCopied], ['restored', tag, 0]);
  cluster = await start();
  await assertAsSaved();
});

test(
  'the warm restore that follows changes nothing and says why; then what was moved aside is gone',
  SLOW,
  async () => {
    const before = await schemaVersion();
    const [only] = (await mustRun(directory, ['after-restore'], restoreResult)).result.clusters;
    assert.deepEqual([only?.outcome, only?.tag, only?.bytesCopied], ['unchanged', tag, 0]);
    assert.match(only?.why ?? '', /^all volumes were restored cold at .*; nothing is left to do$/);
    assert.equal(await schemaVersion(), before, 'no table was made or dropped');
    await assertNothingLeft(cluster.nodes);
    await assertAsSaved();
    const [again] = (await mustRun(directory, ['after-restore'], restoreResult)).result.clusters;
    assert.match(again?.why ?? '', /^it was restored before/);
  },
);

test('then a day like others: restart, repair, a backup, writes, and a warm restore', SLOW, async () => {
  const [node] = cluster.nodes;
  assert.ok(node);
  await cluster.stop();
  cluster = await start();
  await assertAsSaved();
  await nodetool(directory, node, ['repair', '--full', 'deletions']);
  const { result } = await mustRun(directory, ['before-backup'], results.beforeBackupResult);
  const client = await connectLab(cluster);
  await changeSome(client);
  await client.shutdown();
  const restored = (await mustRun(directory, ['after-restore'], restoreResult)).result.clusters[0];
  assert.deepEqual([restored?.outcome, restored?.tag], ['restored', result.tag]);
  await assertAsSaved();
});

test(
  'flipped bits, a torn data file, nonsense in saved caches; killed after every step and run again',
  SLOW,
  async () => {
    const [first = '', second = '', third = ''] = await dirty();
    flipBits(oldestSegment(first));
    truncate(newerComponent(second, 'deletions/tombstones', 'CompressionInfo.db'));
    makeNonsense(join(third, 'saved_caches'));
    assert.deepEqual(await Promise.all([0, 1].map(refusesToStart)), [
      'a corrupt commit log',
      'a corrupt SSTable',
    ]);
    await cluster.kill();
    for (const step of STEPS) await killAfter(step, ['clean-volume', '--path', first]);
    // As in another namespace, where the nodes must not find the original's: they find each other by the seeds.
    const outcomes = (await recover('--elsewhere')).map((r) => r.outcome);
    assert.deepEqual(outcomes, ['unchanged', 'restored', 'restored'], 'the last kill came when all was done');
    assert.deepEqual(
      (await recover()).map((r) => r.outcome),
      ['unchanged', 'unchanged', 'unchanged'],
    );
    cluster = await start();
    await assertAsSaved();
    const { status, stderr } = await runProgram(['clean-volume', '--path', first]);
    assert.equal(status, 46, stderr);
  },
);

test(
  'half restored no Cassandra starts; restored on some volumes only, the warm restore does it all',
  SLOW,
  async () => {
    const [first = '', second = ''] = await dirty();
    await killAfter('Moving live files aside', ['clean-volume', '--path', first]);
    await startStandIn(0);
    await assert.rejects(cluster.startNodes(cluster.nodes[0]?.name ?? ''), /ended while starting/);
    await cluster.kill();
    await clean(first);
    await clean(second);
    // The third one is dirty, but a Cassandra comes up on it and speaks with the others.
    cluster = await start();
    const [only] = (await mustRun(directory, ['after-restore'], restoreResult)).result.clusters;
    assert.deepEqual([only?.outcome, only?.tag], ['restored', tag]);
    await assertAsSaved();
    await assertNothingLeft(cluster.nodes);
  },
);

test(
  'after-restore --recover never says why and changes nothing; recover, killed on its way, ends well',
  SLOW,
  async () => {
    const [first = ''] = await dirty();
    truncate(oldestSegment(first));
    const [damaged = '', ...others] = cluster.nodes.map((n) => n.name);
    for (const index of cluster.nodes.keys()) await startStandIn(index);
    for (const name of others) cluster.startNodes(name).catch(() => {});
    await assert.rejects(cluster.startNodes(damaged), /ended while starting/);
    const refused = await runCli(directory, ['after-restore', '--recover', 'never']);
    assert.equal(refused.status, 51, refused.stderr);
    assert.match(
      refused.stderr,
      new RegExp(`On ${damaged} Cassandra does not start because of a corrupt commit log: «ERROR`),
    );
    assert.ok(!existsSync(join(first, 'kassette', tag, 'cold.json')));
    await killAfter('Restoring the volumes cold', ['recover', '--embedded', directory]);
    const { status, stdout, stderr } = await runCli(directory, ['recover']);
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`dse is as it was in backup ${tag}`));
    await assertAsSaved();
    await assertNothingLeft(cluster.nodes);
  },
);

test('another reason than its data is named, and nobody goes cold for it', SLOW, async () => {
  const [node] = cluster.nodes;
  assert.ok(node);
  const file = join(nodePlaces(directory, node.name).configuration, 'cassandra.yaml');
  const settings = readFileSync(file, 'utf8');
  await cluster.stopNode(node.name);
  writeFileSync(file, settings.replace('{', '{"no_such_setting": true,'));
  await assert.rejects(cluster.startNodes(node.name), /ended while starting/);
  const { status, stderr } = await runCli(directory, ['after-restore', '--timeout', '8s']);
  assert.equal(status, 20, stderr);
  assert.match(stderr, /Cassandra ended because of its configuration: «/);
  writeFileSync(file, settings);
  await cluster.startNodes(node.name);
});

test(
  'after-restore --method cold on a cluster that is well; what was moved aside is kept where asked',
  SLOW,
  async () => {
    const backup = (await mustRun(directory, ['before-backup'], results.beforeBackupResult)).result.tag;
    const client = await connectLab(cluster);
    await changeSome(client);
    await client.shutdown();
    const args = ['after-restore', '--method', 'cold', '--keep-displaced'];
    const { result } = await mustRun(directory, args, results.afterRestoreResult);
    assert.deepEqual([result.method, result.clusters[0]?.tag], ['cold', backup]);
    await assertAsSaved();
    await assertNothingLeft(cluster.nodes);
    for (const { volume } of cluster.nodes) assert.ok(existsSync(join(volume, 'kassette', `kept-${backup}`)));
  },
);

async function schemaVersion(): Promise<string> {
  const client = await connectLab(cluster);
  try {
    return String((await client.execute('SELECT schema_version FROM system.local')).first().get(0));
  } finally {
    await client.shutdown();
  }
}
