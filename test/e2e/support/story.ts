import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { checkLive } from '../../../lab/dataset/live-check.ts';
import { loadStored, writeLate } from '../../../lab/dataset/load.ts';
import { testDataset } from '../../../lab/dataset/schema/schema.ts';
import { liveWriter } from '../../../lab/dataset/writer.ts';
import { RELEASE } from './bed.ts';
import type { TestDatacenter } from './datacenter.ts';
import { afterBackup, afterRestore, beforeBackup, beforeRestore, type Runner } from './kassette/kassette.ts';
import { assertLive, assertSame, type Recorded, record } from './proof.ts';
import { startLoaded } from './volumes/golden-volumes.ts';
import { backUpVolumes, destroy, forget, restoreVolumes } from './volumes/volume-snapshots.ts';

const WRITER_HEAD_START_MS = 2000;

/** The reference's story: its datacenter, backed up, deleted with its volumes, restored, compared cell by cell. */
export class Story {
  readonly #datacenter: TestDatacenter;
  readonly #recorded: Recorded;
  #client: Client;

  private constructor(datacenter: TestDatacenter, client: Client, recorded: Recorded) {
    this.#datacenter = datacenter;
    this.#client = client;
    this.#recorded = recorded;
  }

  /** With all test data in the datacenter. */
  static async begin(datacenter: TestDatacenter): Promise<Story> {
    const dataset = testDataset({ release: RELEASE, datacenter: datacenter.name });
    await startLoaded(datacenter, {
      isThere: () => withClient(datacenter, isLoaded),
      store: () => withClient(datacenter, (c) => loadStored(c, dataset, datacenter.storage())),
      finish: () =>
        withClient(datacenter, async (c) => {
          await writeLate(c, dataset);
          const writer = liveWriter(c);
          await writer.start();
          await writer.stop();
        }),
    });
    const client = await datacenter.connect();
    return new Story(datacenter, client, await record(client, dataset));
  }

  async tell(runner: Runner): Promise<void> {
    await this.#client.execute('TRUNCATE live.events');
    const writer = liveWriter(this.#client);
    await writer.start();
    await sleep(WRITER_HEAD_START_MS);
    const start = Date.now();
    const { tag } = await beforeBackup(runner);
    const end = Date.now();
    const copies = await backUpVolumes(this.#datacenter);
    assert.deepEqual((await afterBackup(runner)).removed, [tag]);
    await writer.stop();
    await this.#client.shutdown();

    await destroy(this.#datacenter);
    await restoreVolumes(copies, this.#datacenter);
    await this.#datacenter.apply();
    await this.#datacenter.ready();
    this.#client = await this.#datacenter.connect();
    const dirty = await checkLive(this.#client, writer.writes(), { start, end });
    assert.ok(dirty.tooNew.length > 0, 'as restored, the volumes are newer than the backup');

    const [finding] = (await beforeRestore(runner)).findings;
    assert.equal(finding?.ok, true, finding?.message);
    const restored = await afterRestore(runner);
    assert.deepEqual(
      restored.clusters.map((c) => [c.outcome, c.tag, c.bytesCopied]),
      [['restored', tag, 0]],
    );
    await assertLive(this.#client, writer.writes(), { start, end });
    await assertSame(this.#client, this.#recorded);
    const events = (await this.#datacenter.events()).filter((e) => e.message.includes(tag));
    const reasons = new Set(events.map((e) => e.reason));
    assert.deepEqual(reasons, new Set(['BackupMade', 'BackupClosed', 'RestoreStarted', 'RestoreFinished']));
    await forget(copies, this.#datacenter);
  }

  end(): Promise<void> {
    return this.#client.shutdown();
  }
}

/** By what the loading ends with. */
async function isLoaded(client: Client): Promise<boolean> {
  const query = "SELECT * FROM system_schema.keyspaces WHERE keyspace_name = 'live'";
  return (await client.execute(query)).rowLength > 0;
}

async function withClient<T>(datacenter: TestDatacenter, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await datacenter.connect();
  try {
    return await work(client);
  } finally {
    await client.shutdown();
  }
}
