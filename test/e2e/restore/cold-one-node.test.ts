import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Client } from 'cassandra-driver';
import { fillCommitLog, oldestSegment, truncate } from '../../../lab/damage.ts';
import { load } from '../../../lab/dataset/load.ts';
import { generatedTables } from '../../../lab/dataset/schema/schema.ts';
import { RELEASE, sharedBed } from '../support/bed.ts';
import { TestDatacenter } from '../support/datacenter.ts';
import { beforeBackup, outside } from '../support/kassette/kassette.ts';
import { KASSETTE_IMAGE } from '../support/kassette/kassette-image.ts';
import { signalPodProcess } from '../support/kassette/pod-process.ts';
import { assertSame, type Recorded, record } from '../support/proof.ts';
import { smallQuota } from '../support/quota.ts';

// The oldest cass-operator and Cassandra: how they stop, what a start says that fails, and what a cold start needs.
const bed = sharedBed();
const options = { version: RELEASE, size: 1, namespace: 'cold', name: 'alone', cluster: 'only' };
const datacenter = new TestDatacenter(bed, options);
const dataset = generatedTables(5, { datacenter: datacenter.name, keyspace: 'cold', replication: 1 });
const runner = outside(datacenter);
let client: Client;
let recorded: Recorded;

before(async () => {
  await datacenter.create();
  client = await datacenter.connect();
  await load(client, dataset, datacenter.storage());
  recorded = await record(client, dataset);
});
after(async () => {
  await client?.shutdown();
  await datacenter.delete();
});

test('what the namespace does not admit is said in its own words, and nothing is stopped', async () => {
  const kubectl = (...args: readonly string[]) => datacenter.kubectl(...args);
  await smallQuota({ kubectl });
  try {
    const { status, stderr } = await runner.run(['recover', '--image', KASSETTE_IMAGE]);
    assert.equal(status, 52, stderr);
    assert.match(stderr, /exceeded quota: small, requested: limits\.memory=/);
    assert.match(stderr, /hint: Nothing was stopped or changed\. .*--job-request/);
  } finally {
    await kubectl('delete', 'quota', 'small');
  }
  assert.match(
    await kubectl('get', 'cassandradatacenter', datacenter.name, '-o', 'jsonpath={.spec.stopped}'),
    /^(false)?$/,
  );
  assert.equal(await kubectl('get', 'jobs', '-o', 'name'), '');
});

test('a node that does not start on its data is seen, stopped, restored cold and started, from outside', async () => {
  const { tag } = await beforeBackup(runner);
  await fillCommitLog(client, datacenter.name, options.size);
  await client.shutdown();
  const [pod] = await datacenter.pods();
  const volume = await bed.volumes.ofClaim(datacenter.namespace, pod?.claim ?? '');
  // Killed first: cass-operator's `preStop` hook drains, and a drained Cassandra needs no commit log.
  signalPodProcess(pod?.name ?? '', 'kassette.Cassandra', 'SIGKILL');
  truncate(oldestSegment(bed.volumes.path(volume ?? '')));
  await datacenter.kubectl('delete', 'pod', pod?.name ?? '', '--grace-period=0', '--force', '--wait=false');
  const hook = ['after-restore', '--timeout', '10m', '--image', KASSETTE_IMAGE, '--output', 'json'];
  const run = await runner.run(hook);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stderr, /does not start because of a corrupt commit log: `/);
  const { result } = JSON.parse(run.stdout);
  assert.deepEqual([result.method, result.clusters[0]?.tag], ['cold', tag]);
  client = await datacenter.connect();
  await assertSame(client, recorded);
});
