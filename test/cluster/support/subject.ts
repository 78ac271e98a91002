import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Host } from 'cassandra-driver';
import { type CliRun, mustRun, runCli } from '../../../lab/cli.ts';
import type { EmbeddedCluster } from '../../../lab/cluster/launcher.ts';
import { hostsUp } from '../../../lab/dataset/define.ts';
import { load } from '../../../lab/dataset/load.ts';
import type { Dataset } from '../../../lab/dataset/model.ts';
import { connectLab, storageOf } from '../../../lab/lab.ts';
import { afterBackupResult, beforeBackupResult } from '../../../lab/results.ts';
import { readSuperuser } from '../../../src/adapters/embedded/cluster-file.ts';
import { changeEverything, changeRows, changeSome } from './contents/changes.ts';
import { assertNothingLeft, automaticSnapshots, tableLeftovers } from './contents/leftovers.ts';
import { assertReplicasAgree, assertSameState, type DatabaseState, recordState } from './contents/state.ts';
import { takeUserSnapshots, type UserSnapshots } from './contents/user-snapshots.ts';
import { removeDataset, smallDataset } from './dataset.ts';
import { restoreResult, statusResult } from './results.ts';
import { freshMark, openTarget, restartWithoutDrain, type Target } from './target.ts';

const SETTLED_WITHIN_S = 60;

/** A cluster with the small data set, a record of it, and the steps that the tests are made of. */
export class Subject {
  readonly #target: Target;
  readonly #users: UserSnapshots;
  readonly dataset: Dataset;
  readonly superuser: { readonly username: string; readonly password: string };
  #client: Client;
  #loaded: DatabaseState;
  #asLoaded = true;

  constructor(parts: {
    target: Target;
    users: UserSnapshots;
    dataset: Dataset;
    client: Client;
    loaded: DatabaseState;
  }) {
    this.#target = parts.target;
    this.#users = parts.users;
    this.dataset = parts.dataset;
    this.superuser = readSuperuser(parts.target.cluster.file);
    this.#client = parts.client;
    this.#loaded = parts.loaded;
  }

  /** A new one after each restart. */
  get client(): Client {
    return this.#client;
  }

  get cluster(): EmbeddedCluster {
    return this.#target.cluster;
  }

  get directory(): string {
    return this.cluster.directory;
  }

  get datacenter(): string {
    return this.cluster.file.datacenters[0]?.name ?? '';
  }

  kassette(...args: readonly string[]): Promise<CliRun> {
    return runCli(this.directory, args);
  }

  /** before-backup of the database as it was loaded, which must succeed; answers the tag. */
  async backUp(): Promise<string> {
    if (!this.#asLoaded) await this.#startAnew();
    return (await mustRun(this.directory, ['before-backup'], beforeBackupResult)).result.tag;
  }

  async dropBackup(...args: readonly string[]): Promise<readonly string[]> {
    return (await mustRun(this.directory, ['after-backup', ...args], afterBackupResult)).result.removed;
  }

  /** after-restore, which must succeed; answers what it did with the one cluster. */
  async restore(...args: readonly string[]) {
    const { result } = await mustRun(this.directory, ['after-restore', ...args], restoreResult);
    const [only] = result.clusters;
    assert.ok(only !== undefined && result.clusters.length === 1);
    assert.deepEqual(only.concurrentWrites, []);
    return only;
  }

  async changeRows(): Promise<void> {
    this.#asLoaded = false;
    await changeRows(this.client);
  }

  async changeSome(): Promise<void> {
    this.#asLoaded = false;
    await changeSome(this.client);
  }

  async changeEverything(): Promise<void> {
    this.#asLoaded = false;
    await changeEverything(this.client, this.datacenter);
  }

  /** Whatever else may happen to the database. */
  async harm(work: () => Promise<unknown>): Promise<void> {
    this.#asLoaded = false;
    await work();
  }

  /** Every replica is as it was loaded; the backup is still there, and of a restore from it nothing else is. */
  async assertIntact(): Promise<void> {
    await assertReplicasAgree(this.client);
    assertSameState(await this.state(), this.#loaded);
    for (const node of this.cluster.nodes)
      assert.deepEqual(await tableLeftovers(node), [], `left on ${node.name}`);
    this.#asLoaded = true;
  }

  state(): Promise<DatabaseState> {
    return recordState(this.client, this.dataset, this.superuser.username);
  }

  /** Every replica is as it was loaded, and nothing of kassette's is left in the volumes. */
  async assertRestored(): Promise<void> {
    // Before anything reads at ALL, which repairs what differs.
    await assertReplicasAgree(this.client);
    assertSameState(await this.state(), this.#loaded);
    await assertNothingLeft(this.cluster.nodes);
    this.#asLoaded = true;
  }

  async expectUnchanged<T>(work: () => Promise<T>): Promise<T> {
    const before = await this.state();
    const result = await work();
    assertSameState(await this.state(), before);
    return result;
  }

  /** SIGKILL to every Cassandra at once, and a start on what is on the disks. */
  async restart(): Promise<void> {
    await this.#client.shutdown();
    await restartWithoutDrain(this.cluster);
    this.#client = await connectLab(this.cluster);
  }

  /** After a start, until what the commit logs mean for views has reached them: by then nothing changes by itself. */
  async settle(): Promise<void> {
    const waiting = async () => {
      const ask = (host: Host) => this.client.execute('SELECT id FROM system.batches', [], { host });
      return (await Promise.all(hostsUp(this.client).map(ask))).some((r) => r.rowLength > 0);
    };
    for (let i = 0; await waiting(); i++) {
      assert.ok(i < SETTLED_WITHIN_S * 10, 'batches are not replayed');
      await sleep(100);
    }
  }

  /** The check after each file: nothing of kassette's is left, all of the users' is. */
  async close(): Promise<void> {
    try {
      assert.deepEqual(await backupTags(this.directory), [], 'a backup is left');
      await assertNothingLeft(this.cluster.nodes);
      await this.#users.assertUntouched();
    } finally {
      await this.#client.shutdown();
      await this.#users.remove();
      await this.#removeAutomaticSnapshots();
      await this.#target.end();
    }
  }

  /** After a test that failed: one failure is to be told once. */
  async #startAnew(): Promise<void> {
    await giveUpBackups(this.directory);
    this.#loaded = await loadAnew(this.cluster, this.client, this.dataset);
    this.#asLoaded = true;
  }

  async #removeAutomaticSnapshots(): Promise<void> {
    for (const node of this.cluster.nodes) {
      for (const path of await automaticSnapshots(node)) {
        await rm(join(node.volume, path), { recursive: true, force: true });
      }
    }
  }
}

/** The file's cluster with the data set in it; the caller closes it. */
export async function openSubject(): Promise<Subject> {
  const target = await openTarget();
  const { cluster } = target;
  const datacenter = cluster.file.datacenters[0]?.name ?? '';
  const dataset = smallDataset(cluster.file.cassandraVersion, datacenter);
  const client = await connectLab(cluster);
  try {
    const loaded = await loadedState(cluster, client, dataset);
    const users = await takeUserSnapshots(cluster);
    return new Subject({ target, users, dataset, client, loaded });
  } catch (error) {
    // An open client would keep the test's process for ever.
    await client.shutdown();
    await target.end();
    throw error;
  }
}

/** Loading takes long: where an earlier file left the database as it was loaded, that serves. */
async function loadedState(
  cluster: EmbeddedCluster,
  client: Client,
  dataset: Dataset,
): Promise<DatabaseState> {
  await giveUpBackups(cluster.directory);
  if (await isFresh(cluster)) return recordLoaded(cluster, client, dataset);
  try {
    const earlier: DatabaseState = JSON.parse(await readFile(statePath(cluster), 'utf8'));
    const { username } = readSuperuser(cluster.file);
    assertSameState(await recordState(client, dataset, username), earlier);
    return earlier;
  } catch {
    return loadAnew(cluster, client, dataset);
  }
}

async function loadAnew(cluster: EmbeddedCluster, client: Client, dataset: Dataset): Promise<DatabaseState> {
  await rm(statePath(cluster), { force: true });
  await removeDataset(client);
  await load(client, dataset, storageOf(cluster));
  return recordLoaded(cluster, client, dataset);
}

async function recordLoaded(
  cluster: EmbeddedCluster,
  client: Client,
  dataset: Dataset,
): Promise<DatabaseState> {
  const state = await recordState(client, dataset, readSuperuser(cluster.file).username);
  await writeFile(statePath(cluster), JSON.stringify(state));
  return state;
}

/** Whether no file has used the cluster since it was started with the data set in it. */
async function isFresh(cluster: EmbeddedCluster): Promise<boolean> {
  const mark = freshMark(cluster.directory);
  const fresh = existsSync(mark);
  await rm(mark, { force: true });
  return fresh;
}

function statePath(cluster: EmbeddedCluster): string {
  return join(cluster.directory, 'test-state.json');
}

async function backupTags(directory: string): Promise<readonly string[]> {
  const { result } = await mustRun(directory, ['status'], statusResult);
  return result.clusters.flatMap((c) => c.backups.map((b) => b.tag));
}

async function giveUpBackups(directory: string): Promise<void> {
  for (const tag of await backupTags(directory)) {
    await mustRun(directory, ['after-backup', '--tag', tag], afterBackupResult);
  }
}
