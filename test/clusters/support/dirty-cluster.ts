import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mustRun, mustRunProgram } from '../../../lab/cli.ts';
import { attach, type EmbeddedCluster, type StartOptions } from '../../../lab/cluster/launcher.ts';
import { startAgent } from '../../../lab/cluster/start-agent.ts';
import { fillCommitLog } from '../../../lab/damage.ts';
import { startLoaded } from '../../../lab/golden.ts';
import { connectLab, startLab, storageOf } from '../../../lab/lab.ts';
import { beforeBackupResult } from '../../../lab/results.ts';
import { copyVolumes, putVolumesBack } from '../../../lab/volume-copies.ts';
import { readSuperuser } from '../../../src/adapters/embedded/cluster-file.ts';
import { nodePlaces } from '../../../src/adapters/embedded/nodes/node-places.ts';
import { diagnose } from '../../../src/domain/cluster/start-failure.ts';
import { changeSome } from '../../cluster/support/contents/changes.ts';
import {
  assertReplicasAgree,
  assertSameState,
  type DatabaseState,
  recordState,
} from '../../cluster/support/contents/state.ts';
import { smallDataset } from '../../cluster/support/dataset.ts';
import { cleanVolumeResult } from '../../cluster/support/results.ts';
import { TEST_SUBNET } from '../../tiers.ts';

const VERSION = process.env['CASSANDRA_VERSION'] || '5.0.6';
const DATACENTER = 'cass-prd';
const JMX_PORT = 17_660;
const dataset = smallDataset(VERSION, DATACENTER);

/** A cluster whose volumes, copied with a backup and newer data in them, can be put back again and again. */
export class DirtyCluster {
  readonly directory: string;
  readonly tag: string;
  readonly #saved: DatabaseState;
  #cluster: EmbeddedCluster;

  constructor(parts: { directory: string; tag: string; saved: DatabaseState; cluster: EmbeddedCluster }) {
    this.directory = parts.directory;
    this.tag = parts.tag;
    this.#saved = parts.saved;
    this.#cluster = parts.cluster;
  }

  get cluster(): EmbeddedCluster {
    return this.#cluster;
  }

  /** Bring back the dirty volumes, all nodes stopped. */
  async putBack(): Promise<readonly string[]> {
    await this.#cluster.kill();
    await putVolumesBack(this.#cluster, join(this.directory, 'copies'));
    return this.#cluster.nodes.map((n) => n.volume);
  }

  async start(): Promise<void> {
    this.#cluster = await start(this.directory);
  }

  /** Start one node alone, see its Cassandra end, and hear why. */
  async refusesToStart(index: number): Promise<string> {
    const { name } = this.#cluster.nodes[index] ?? { name: '' };
    await this.startStandIn(index);
    await assert.rejects(this.#cluster.startNodes(name), /Cassandra ended while starting/);
    const why = diagnose(readFileSync(join(nodePlaces(this.directory, name).logs, 'system.log'), 'utf8'));
    assert.equal(why?.dirty, true, why?.evidence);
    return why?.what ?? '';
  }

  async startStandIn(index: number): Promise<void> {
    startAgent(this.directory, this.#cluster.nodes[index]?.name ?? '', false);
    while (attach(this.directory).processes()[index]?.agent === undefined) await sleep(100);
  }

  /** `clean-volume` on all volumes at once. */
  async clean(...args: readonly string[]) {
    return Promise.all(this.#cluster.nodes.map((n) => cleanOne(n.volume, ...args)));
  }

  /** Everything is as it was when the backup was made, on every replica. */
  async assertAsSaved(): Promise<void> {
    const client = await connectLab(this.#cluster);
    try {
      // Before anything reads at ALL, which repairs what differs.
      await assertReplicasAgree(client);
      assertSameState(await recordState(client, dataset, superuserOf(this.#cluster)), this.#saved);
    } finally {
      await client.shutdown();
    }
  }

  async change(): Promise<void> {
    const client = await connectLab(this.#cluster);
    await changeSome(client);
    await client.shutdown();
  }

  async schemaVersion(): Promise<string> {
    const client = await connectLab(this.#cluster);
    try {
      return String((await client.execute('SELECT schema_version FROM system.local')).first().get(0));
    } finally {
      await client.shutdown();
    }
  }

  async end(): Promise<void> {
    await this.#cluster.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export async function cleanOne(volume: string, ...args: readonly string[]) {
  return (await mustRunProgram(['clean-volume', '--path', volume, ...args], cleanVolumeResult)).result;
}

export async function openDirtyCluster(): Promise<DirtyCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-test-'));
  const cluster = await startLoaded(optionsFor(directory), dataset);
  const client = await connectLab(cluster);
  try {
    const saved = await recordState(client, dataset, superuserOf(cluster));
    const { tag } = (await mustRun(directory, ['before-backup'], beforeBackupResult)).result;
    await changeSome(client);
    await storageOf(cluster).flush();
    await fillCommitLog(client, DATACENTER);
    await copyVolumes(cluster, join(directory, 'copies'), 0);
    return new DirtyCluster({ directory, tag, saved, cluster });
  } finally {
    await client.shutdown();
  }
}

function start(directory: string): Promise<EmbeddedCluster> {
  return startLab(optionsFor(directory));
}

/** Caches are saved every second, so that there are some. Those of keys are for the older file format alone. */
function optionsFor(directory: string): StartOptions {
  const every = VERSION.startsWith('4.0.') ? 1 : '1s';
  return {
    directory,
    subnet: TEST_SUBNET,
    version: VERSION,
    detached: false,
    jmxBasePort: JMX_PORT,
    settings: { key_cache_save_period: every, counter_cache_save_period: every },
  };
}

function superuserOf(cluster: EmbeddedCluster): string {
  return readSuperuser(cluster.file).username;
}
