import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { mustRun, runCli } from '../../lab/cli.ts';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { compareReplicas } from '../../lab/dataset/compare/replicas.ts';
import { type History, history } from '../../lab/dataset/history.ts';
import { connectLab, startLab } from '../../lab/lab.ts';
import * as results from '../../lab/results.ts';
import { copyVolumes, putVolumesBack } from '../../lab/volume-copies.ts';
import { SLOW, TEST_SUBNET } from '../tiers.ts';
import { assertHistory, type Span, secondsIn } from './support/seconds.ts';

// Volumes that were copied at different moments, under writes: set back to a second before the first of them. Their logs are compressed.
const SETTINGS = { commitlog_compression: [{ class_name: 'LZ4Compressor' }] };
const SEED = Number(process.env['REWIND_SEED'] ?? Date.now() % 1_000_000);
const APART_MS = 4000;
/** More than Cassandra's sync period: the time of a segment's last change is no further back. */
const SYNCED_MS = 12_000;
let directory: string;
let cluster: EmbeddedCluster;
let client: Client;
let writes: History;
/** In the course of the writes before the copies, and between two of them. */
let target: Date;
let tooLate: Date;
/** What every copy has. */
let reach: Span;

const options = () => ({
  ...{ directory, subnet: TEST_SUBNET, archive: true, detached: false, settings: SETTINGS },
});
const wholeSecond = () => new Date(Math.floor(Date.now() / 1000) * 1000);

before(async () => {
  console.log(`REWIND_SEED=${SEED}`);
  // On a disk: in memory what is written by a mapping does not change a file's time.
  directory = await mkdtemp('/var/tmp/kassette-test-');
  cluster = await startLab(options());
  client = await connectLab(cluster);
  writes = history(client, { seed: SEED, keyspace: 'shop', replicas: 3, datacenter: 'cass-prd' });
  await writes.create();
  writes.start();
  await pause(2000);
  await mustRun(directory, ['before-backup', '--keep', '2'], results.beforeBackupResult);
  await mustRun(directory, ['after-backup'], results.afterBackupResult);
  const from = new Date();
  await pause(12_000);
  target = wholeSecond();
  reach = { from, until: target };
  await pause(SYNCED_MS);
  const copies = join(directory, 'copies');
  await copyVolumes(cluster, copies, APART_MS);
  tooLate = wholeSecond();
  await pause(2000);
  await writes.stop();
  await client.shutdown();
  await cluster.kill();
  await putVolumesBack(cluster, copies);
  cluster = await startLab(options());
  client = await connectLab(cluster);
}, SLOW);

async function reconnect(): Promise<void> {
  await client.shutdown();
  client = await connectLab(cluster);
}

after(async () => {
  await client?.shutdown();
  await cluster?.kill();
  await rm(directory, { recursive: true, force: true });
});

test('a second that not every copy has is refused with one that they have', SLOW, async () => {
  const run = await runCli(directory, ['after-restore', '--to', tooLate.toISOString()]);
  assert.equal(run.status, 70, run.stderr);
  assert.match(
    run.stderr,
    /LOG_GAP[\s\S]*its volume is a copy[\s\S]*The latest second before, of which every node/,
  );
});

test('any second before, one after the other, undone in between', SLOW, async () => {
  for (const second of secondsIn(reach, SEED, 5)) {
    const to = ['--to', second.toISOString()];
    await mustRun(directory, ['after-restore', ...to], results.rewindResult);
    await reconnect();
    await assertHistory(writes, client, second);
    await mustRun(directory, ['rewind', '--undo'], results.rewindResult);
  }
});

test('every acknowledged write before the second is there, and none after it', SLOW, async () => {
  const to = ['--to', target.toISOString()];
  const { run, result } = await mustRun(directory, ['after-restore', ...to], results.rewindResult);
  assert.equal(result.outcome, 'rewound');
  assert.match(run.stderr, /The commit logs are compressed/);
  await reconnect();
  const check = await writes.check(client, target);
  assert.deepEqual(check.wrong.slice(0, 10), []);
  assert(check.before > 500 && check.after > 100, `${check.before} and ${check.after} say too little`);
  assert.equal((await compareReplicas(client)).outcome, 'agree');
  const again = await mustRun(directory, ['after-restore', ...to], results.rewindResult);
  assert.equal(again.result.outcome, 'unchanged');
});
