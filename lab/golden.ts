import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodePlaces } from '../src/adapters/embedded/nodes/node-places.ts';
import { defaultConfiguration } from './cassandra/configurations.ts';
import { cacheDirectory, makeOnce } from './cassandra/prerequisites.ts';
import { DEFAULT_SHAPE, type EmbeddedCluster, type StartOptions } from './cluster/launcher.ts';
import { loadStored, schemaStatements, writeLate } from './dataset/load.ts';
import type { Dataset } from './dataset/model.ts';
import { chosenByHand, connectLab, startLab, storageOf } from './lab.ts';
import { copyTree } from './volume-copies.ts';

/*
 * Golden volumes: a cluster is formed, loaded, flushed and stopped once a machine and a day. Its volumes are kept in the cache under
 * a hash of all that made them, and copied for whoever starts a loaded cluster. They are copied, sharing blocks where the file
 * system can do that, and not linked: tests damage files in place.
 */

const ROOT = join(import.meta.dirname, '..');
/** Older ones are made anew: rows of the test schema expire. */
const MAX_AGE_MS = 24 * 3600_000;
const SUPERUSER = 'superuser.json';
/** Sources by which the volumes would be others. */
const MAKERS = [
  'lab/golden.ts',
  'lab/cassandra/**/*.{ts,java,xml}',
  'lab/cluster/{bring-up,layout}.ts',
  'lab/dataset/**/*.ts',
];

/**
 * Start a new cluster that is as `load` leaves it. Settings, JVM options, heap and TLS of the options hold from the first start
 * on the copied volumes; they do not make other golden volumes.
 */
export async function startLoaded(options: StartOptions, dataset: Dataset): Promise<EmbeddedCluster> {
  const key = goldenKey(options, dataset);
  const golden = newestGolden(goldenHome(), key, Date.now()) ?? (await formGolden(key, options, dataset));
  await putGolden(golden, options.directory);
  const cluster = await startLab(options);
  const client = await connectLab(cluster);
  try {
    await writeLate(client, dataset);
  } finally {
    await client.shutdown();
  }
  return cluster;
}

/** Where golden volumes are kept: `<key>-<milliseconds since the epoch>`, in it the volumes by the name of their node. */
function goldenHome(): string {
  return join(cacheDirectory(), 'golden');
}

/** One key for all clusters whose volumes would be the same. */
export function goldenKey(options: Omit<StartOptions, 'directory'>, dataset: Dataset): string {
  const shape = formation(options);
  const hash = createHash('sha256').update(JSON.stringify([shape, schemaStatements(dataset)]));
  for (const file of MAKERS.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).toSorted())) {
    hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Of a cluster's options those that its volumes show. Addresses are among them: nodes keep those of their peers. */
function formation(options: Omit<StartOptions, 'directory'>) {
  const all = { ...DEFAULT_SHAPE, ...options, ...chosenByHand() };
  const { version, subnet, nodes, cluster, datacenter, rack, dataDirectories } = all;
  const configuration = all.configuration ?? defaultConfiguration(version);
  return { version, configuration, subnet, nodes, cluster, datacenter, rack, dataDirectories };
}

/** The path of those volumes of a key that were made last, where they are no older than a day at `now`. */
export function newestGolden(home: string, key: string, now: number): string | undefined {
  if (!existsSync(home)) return undefined;
  const found = readdirSync(home).flatMap((name) => {
    const [, of, madeAt] = /^([0-9a-f]+)-(\d+)$/.exec(name) ?? [];
    return of === key && now - Number(madeAt) < MAX_AGE_MS ? [{ name, madeAt: Number(madeAt) }] : [];
  });
  const newest = found.toSorted((a, b) => b.madeAt - a.madeAt).at(0);
  return newest && join(home, newest.name);
}

/** Form and load a cluster in the directory that is to be used, keep its volumes, and leave the directory empty. */
async function formGolden(key: string, options: StartOptions, dataset: Dataset): Promise<string> {
  await removeOutdated();
  const { settings: _, ...formed } = options;
  const cluster = await startLab(formed);
  try {
    const client = await connectLab(cluster);
    try {
      await loadStored(client, dataset, storageOf(cluster));
    } finally {
      await client.shutdown();
    }
    await cluster.stop();
    return await keep(cluster, join(goldenHome(), `${key}-${Date.now()}`));
  } finally {
    await cluster.kill();
    await rm(options.directory, { recursive: true, force: true });
  }
}

function keep(cluster: EmbeddedCluster, target: string): Promise<string> {
  return makeOnce(target, async (directory) => {
    for (const { name, volume } of cluster.nodes) await copyTree(volume, join(directory, 'volumes', name));
    await cp(join(cluster.directory, SUPERUSER), join(directory, SUPERUSER));
  });
}

async function putGolden(golden: string, directory: string): Promise<void> {
  const volumes = join(golden, 'volumes');
  await mkdir(directory, { recursive: true });
  await Promise.all(
    readdirSync(volumes).map((name) => copyTree(join(volumes, name), nodePlaces(directory, name).volume)),
  );
  await cp(join(golden, SUPERUSER), join(directory, SUPERUSER));
}

/** Those that nobody can be copying any more, and what was never finished. */
async function removeOutdated(): Promise<void> {
  if (!existsSync(goldenHome())) return;
  for (const name of readdirSync(goldenHome())) {
    const path = join(goldenHome(), name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 2 * MAX_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}
