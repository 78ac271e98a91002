import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { nodetool } from '../../bench/nodetool.ts';
import { mustRun, runCli, runProgram } from '../../lab/cli.ts';
import { flipBits, newerComponent, oldestSegment, spoilSavedCaches, truncate } from '../../lab/damage.ts';
import * as results from '../../lab/results.ts';
import { nodePlaces } from '../../src/adapters/embedded/nodes/node-places.ts';
import { assertNothingLeft } from '../cluster/support/contents/leftovers.ts';
import { cleanVolumeResult, planResult, restoreResult } from '../cluster/support/results.ts';
import { allTest, SLOW } from '../tiers.ts';
import { cleanOne, type DirtyCluster, openDirtyCluster } from './support/dirty-cluster.ts';
import { killAfter } from './support/killed-program.ts';

// Volumes on which a real Cassandra refuses to start, restored with Cassandra stopped, and then used as if nothing had been.
const dryRunResult = z.object({ volumes: cleanVolumeResult.array() });
const STEPS = [
  'Checking backup',
  'Keeping Cassandra from starting',
  'Moving live files aside',
  "Linking the backup's files",
  'Verifying',
] as const;
let dirty: DirtyCluster;

before(async () => {
  dirty = await openDirtyCluster();
}, SLOW);
after(() => dirty?.end(), SLOW);

/** What `plan` says of the cluster, which was restored cold. */
async function assertNext(expected: 'tidy' | 'nothing'): Promise<void> {
  const { clusters, plans } = (await mustRun(dirty.directory, ['plan'], planResult)).result;
  const [{ next, method, tag } = assert.fail()] = clusters;
  assert.deepEqual([next, method, tag, plans], [expected, 'cold', dirty.tag, []]);
}

const NOT_RISING = 'a truncated commit log, a torn SSTable and a half-written system table';
test(`${NOT_RISING}: Cassandra does not start; restored row by row`, SLOW, async () => {
  const [first = '', second = '', third = ''] = await dirty.putBack();
  truncate(oldestSegment(first));
  truncate(newerComponent(second, 'functions/sales', 'Statistics.db'));
  truncate(newerComponent(third, 'system_schema/tables', 'Statistics.db'));
  const said = await Promise.all([0, 1, 2].map((i) => dirty.refusesToStart(i)));
  assert.deepEqual(said, ['a corrupt commit log', 'a corrupt SSTable', 'a corrupt SSTable']);
  await dirty.cluster.kill();
  for (const r of await dirty.clean())
    assert.deepEqual([r.outcome, r.tag, r.bytesCopied], ['restored', dirty.tag, 0]);
  await dirty.start();
  await dirty.assertAsSaved();
});

test(
  'the warm restore that follows changes no table and says who restored the volumes; then what was moved aside is gone',
  SLOW,
  async () => {
    const before = await dirty.schemaVersion();
    await assertNext('tidy');
    const [only] = (await mustRun(dirty.directory, ['after-restore'], restoreResult)).result.clusters;
    assert.deepEqual([only?.outcome, only?.tag, only?.bytesCopied], ['finished', dirty.tag, 0]);
    assert.deepEqual([only?.cold?.volumes, only?.cold?.byThisRun], [dirty.cluster.nodes.length, 0]);
    assert.equal(await dirty.schemaVersion(), before, 'no table was made or dropped');
    await assertNothingLeft(dirty.cluster.nodes);
    await dirty.assertAsSaved();
    await assertNext('nothing');
    const [again] = (await mustRun(dirty.directory, ['after-restore'], restoreResult)).result.clusters;
    assert.match(again?.why ?? '', /^it was restored before, at .*, cold$/);
  },
);

allTest('then a day like others: restart, repair, a backup, writes, and a warm restore', SLOW, async () => {
  const [node] = dirty.cluster.nodes;
  assert.ok(node);
  await dirty.cluster.stop();
  await dirty.start();
  await dirty.assertAsSaved();
  await nodetool(dirty.directory, node, ['repair', '--full', 'deletions']);
  const { result } = await mustRun(dirty.directory, ['before-backup'], results.beforeBackupResult);
  await dirty.change();
  const restored = (await mustRun(dirty.directory, ['after-restore'], restoreResult)).result.clusters[0];
  assert.deepEqual([restored?.outcome, restored?.tag], ['restored', result.tag]);
  await dirty.assertAsSaved();
});

allTest(
  'flipped bits, a torn data file, nonsense in saved caches; killed after every step and run again',
  SLOW,
  async () => {
    const [first = '', second = '', third = ''] = await dirty.putBack();
    flipBits(oldestSegment(first));
    truncate(newerComponent(second, 'deletions/tombstones', 'CompressionInfo.db'));
    spoilSavedCaches(join(third, 'saved_caches'));
    assert.deepEqual(await Promise.all([0, 1].map((i) => dirty.refusesToStart(i))), [
      'a corrupt commit log',
      'a corrupt SSTable',
    ]);
    await dirty.cluster.kill();
    const listed = ['clean-volume', ...dirty.cluster.nodes.map((n) => n.name), '--dry-run'];
    const { result } = await mustRun(dirty.directory, listed, dryRunResult);
    assert.deepEqual(
      result.volumes.map((v) => v.plan),
      (await dirty.clean('--dry-run')).map((v) => v.plan),
    );
    assert.ok((result.volumes[0]?.plan?.links.length ?? 0) > 100);
    for (const step of STEPS) await killAfter(step, ['clean-volume', '--path', first]);
    // As in another namespace, where the nodes must not find the original's: they find each other by the seeds.
    const outcomes = (await dirty.clean('--elsewhere')).map((r) => r.outcome);
    assert.deepEqual(outcomes, ['unchanged', 'restored', 'restored'], 'the last kill came when all was done');
    assert.deepEqual(
      (await dirty.clean()).map((r) => r.outcome),
      ['unchanged', 'unchanged', 'unchanged'],
    );
    await dirty.start();
    await dirty.assertAsSaved();
    const { status, stderr } = await runProgram(['clean-volume', '--path', first]);
    assert.equal(status, 46, stderr);
  },
);

allTest(
  'half restored no Cassandra starts; restored on some volumes only, the warm restore does it all',
  SLOW,
  async () => {
    const [first = '', second = ''] = await dirty.putBack();
    await killAfter('Moving live files aside', ['clean-volume', '--path', first]);
    await dirty.startStandIn(0);
    await assert.rejects(
      dirty.cluster.startNodes(dirty.cluster.nodes[0]?.name ?? ''),
      /ended while starting/,
    );
    await dirty.cluster.kill();
    await cleanOne(first);
    await cleanOne(second);
    // The third one is dirty, but a Cassandra comes up on it and speaks with the others.
    await dirty.start();
    const [only] = (await mustRun(dirty.directory, ['after-restore'], restoreResult)).result.clusters;
    assert.deepEqual([only?.outcome, only?.tag], ['restored', dirty.tag]);
    await dirty.assertAsSaved();
    await assertNothingLeft(dirty.cluster.nodes);
  },
);

allTest(
  'after-restore --recover never says why and changes nothing; recover is killed, after-restore goes on, is killed and goes on',
  SLOW,
  async () => {
    const [first = ''] = await dirty.putBack();
    truncate(oldestSegment(first));
    const [damaged = '', ...others] = dirty.cluster.nodes.map((n) => n.name);
    for (const index of dirty.cluster.nodes.keys()) await dirty.startStandIn(index);
    for (const name of others) dirty.cluster.startNodes(name).catch(() => {});
    await assert.rejects(dirty.cluster.startNodes(damaged), /ended while starting/);
    const refused = await runCli(dirty.directory, ['after-restore', '--recover', 'never']);
    assert.equal(refused.status, 51, refused.stderr);
    assert.match(
      refused.stderr,
      new RegExp(`On ${damaged} Cassandra does not start because of a corrupt commit log: \`ERROR`),
    );
    assert.ok(!existsSync(join(first, 'kassette', dirty.tag, 'cold.json')));
    await killAfter('Checking the backup in every volume', ['recover', '--embedded', dirty.directory]);
    const stopped = await runCli(dirty.directory, ['after-restore', '--recover', 'never']);
    assert.equal(stopped.status, 19, stopped.stderr);
    assert.match(stopped.stderr, /is stopped for a cold restore that has not ended/);
    assert.match(stopped.stderr, /Run `kassette recover --embedded \S+`: it continues/);
    await killAfter('Restoring the volumes cold', ['after-restore', '--embedded', dirty.directory]);
    const { result } = await mustRun(dirty.directory, ['after-restore'], results.afterRestoreResult);
    assert.deepEqual([result.method, result.clusters[0]?.tag], ['cold', dirty.tag]);
    await dirty.assertAsSaved();
    await assertNothingLeft(dirty.cluster.nodes);
  },
);

allTest('another reason than its data is named, and nobody goes cold for it', SLOW, async () => {
  const [node] = dirty.cluster.nodes;
  assert.ok(node);
  const file = join(nodePlaces(dirty.directory, node.name).configuration, 'cassandra.yaml');
  const settings = readFileSync(file, 'utf8');
  await dirty.cluster.stopNode(node.name);
  writeFileSync(file, settings.replace('{', '{"no_such_setting": true,'));
  await assert.rejects(dirty.cluster.startNodes(node.name), /ended while starting/);
  const { status, stderr } = await runCli(dirty.directory, ['after-restore', '--timeout', '8s']);
  assert.equal(status, 20, stderr);
  assert.match(stderr, /Cassandra ended because of its configuration: `/);
  writeFileSync(file, settings);
  await dirty.cluster.startNodes(node.name);
});

allTest(
  'after-restore --method cold on a cluster that is well; what was moved aside is kept where asked',
  SLOW,
  async () => {
    const backup = (await mustRun(dirty.directory, ['before-backup'], results.beforeBackupResult)).result.tag;
    await dirty.change();
    const args = ['after-restore', '--method', 'cold', '--keep-displaced'];
    const { result } = await mustRun(dirty.directory, args, results.afterRestoreResult);
    const [only] = result.clusters;
    assert.deepEqual([result.method, only?.outcome, only?.tag], ['cold', 'restored', backup]);
    await dirty.assertAsSaved();
    await assertNothingLeft(dirty.cluster.nodes);
    for (const { volume } of dirty.cluster.nodes)
      assert.ok(existsSync(join(volume, 'kassette', `kept-${backup}`)));
  },
);
