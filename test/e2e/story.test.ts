import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { checkLive } from '../../demo/dataset/live-check.ts';
import { load } from '../../demo/dataset/load.ts';
import { testDataset } from '../../demo/dataset/schema.ts';
import { liveWriter } from '../../demo/dataset/writer.ts';
import { RELEASE, sharedBed } from './support/bed.ts';
import { TestDatacenter } from './support/datacenter.ts';
import {
  afterBackup,
  afterRestore,
  beforeBackup,
  beforeRestore,
  inPods,
  outside,
  type Runner,
} from './support/kassette.ts';
import { assertLive, assertSame, type Recorded, record } from './support/proof.ts';
import { backUpVolumes, destroy, forget, restoreVolumes } from './support/volume-snapshots.ts';

// The reference's story: its datacenter, backed up, deleted with its volumes, restored, compared cell by cell.
const datacenter = new TestDatacenter(sharedBed(), { version: RELEASE });
const dataset = testDataset({ release: RELEASE, datacenter: datacenter.name });
const WRITER_HEAD_START_MS = 2000;
let client: Client;
let recorded: Recorded;

before(async () => {
  await datacenter.create();
  client = await datacenter.connect();
  await load(client, dataset, datacenter.storage());
  const writer = liveWriter(client);
  await writer.start();
  await writer.stop();
  recorded = await record(client, dataset);
});
after(() => client?.shutdown());

test(`examples/datacenter.yaml with ${RELEASE}: backed up, deleted, restored from outside; the data are identical`, () =>
  story(outside(datacenter)));

test('the same by pods with the generated service account', async () => story(await inPods(datacenter)));

async function story(runner: Runner): Promise<void> {
  await client.execute('TRUNCATE live.events');
  const writer = liveWriter(client);
  await writer.start();
  await sleep(WRITER_HEAD_START_MS);
  const start = Date.now();
  const { tag } = await beforeBackup(runner);
  const end = Date.now();
  const copies = await backUpVolumes(datacenter);
  assert.deepEqual((await afterBackup(runner)).removed, [tag]);
  await writer.stop();
  await client.shutdown();

  await destroy(datacenter);
  await restoreVolumes(copies, datacenter);
  await datacenter.apply();
  await datacenter.ready();
  client = await datacenter.connect();
  const dirty = await checkLive(client, writer.writes(), { start, end });
  assert.ok(dirty.tooNew.length > 0, 'as restored, the volumes are newer than the backup');

  const [finding] = (await beforeRestore(runner)).findings;
  assert.equal(finding?.ok, true, finding?.message);
  const restored = await afterRestore(runner);
  assert.deepEqual(
    restored.clusters.map((c) => [c.outcome, c.tag, c.bytesCopied]),
    [['restored', tag, 0]],
  );
  await assertLive(client, writer.writes(), { start, end });
  await assertSame(client, recorded);
  const reasons = (await datacenter.events()).filter((e) => e.message.includes(tag)).map((e) => e.reason);
  assert.deepEqual(new Set(reasons), new Set(['BackupMade', 'RestoreStarted', 'RestoreFinished']));
  await forget(copies, datacenter);
}
