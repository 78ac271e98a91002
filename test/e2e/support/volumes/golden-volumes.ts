import { createHash } from 'node:crypto';
import { existsSync, globSync, statSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, makeOnce } from '../../../../lab/cassandra/prerequisites.ts';
import { RELEASE } from '../bed.ts';
import type { TestDatacenter } from '../datacenter.ts';
import { backUpVolumes, forget, type NamespaceBackup, restoreVolumes } from './volume-snapshots.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const HOME = join(cacheDirectory(), 'bed', 'golden');
/** Whatever forms a datacenter and loads it. */
const SOURCES = ['lab/**/*', 'test/e2e/support/{volumes/golden-volumes,story}.ts'];

/** Older ones are made anew: rows of the test schema expire. */
const MAX_AGE_MS = 24 * 3600_000;

/** What a datacenter is loaded with. */
export interface Content {
  /** Whether a datacenter that is there has all of it, from a file before. */
  isThere(): Promise<boolean>;
  /** The part that is kept on volumes. Ends when no client writes any more. */
  store(): Promise<void>;
  /** The rest, which stays in memtables. */
  finish(): Promise<void>;
}

/**
 * Start a datacenter that is formed and loaded: on volumes that an earlier run has kept in the cache where the same would
 * come of it, else on empty ones, which are then kept. One that is there is loaded where it is not yet, and not kept.
 */
export async function startLoaded(datacenter: TestDatacenter, content: Content): Promise<void> {
  if (await datacenter.exists()) {
    await datacenter.ready();
    if (await content.isThere()) return;
    await content.store();
  } else {
    const prefix = `${datacenter.name}-${RELEASE}-`;
    const home = join(HOME, `${prefix}${await digestOf(datacenter)}`);
    await removeOutdated(prefix, home);
    if (existsSync(home)) await startOn(home, datacenter);
    else {
      await datacenter.create();
      await content.store();
      await datacenter.storage().flush();
      await makeOnce(home, (directory) => pack(datacenter, directory));
    }
  }
  await content.finish();
}

async function startOn(home: string, datacenter: TestDatacenter): Promise<void> {
  const golden = await unpack(datacenter, home);
  await datacenter.apply();
  await datacenter.ready();
  await forget(golden, datacenter);
  console.log(`${datacenter.namespace}/${datacenter.name}: formed and loaded by an earlier run`);
}

/** Those of other settings or sources, and what has become too old. */
async function removeOutdated(prefix: string, home: string): Promise<void> {
  const names = existsSync(HOME) ? await readdir(HOME) : [];
  for (const path of names.filter((n) => n.startsWith(prefix)).map((n) => join(HOME, n))) {
    const isFresh = Date.now() - statSync(path).mtimeMs < MAX_AGE_MS;
    if (path !== home || !isFresh) await rm(path, { recursive: true, force: true });
  }
}

async function pack(datacenter: TestDatacenter, directory: string): Promise<void> {
  const backup = await backUpVolumes(datacenter, (claim) => `golden-${claim}`);
  for (const { snapshot } of backup.snapshots)
    await datacenter.bed.volumes.exportSnapshot(snapshot, join(directory, snapshot));
  await forget(backup, datacenter);
  await writeFile(join(directory, 'namespace.json'), JSON.stringify(backup));
}

async function unpack(datacenter: TestDatacenter, directory: string): Promise<NamespaceBackup> {
  const text = await readFile(join(directory, 'namespace.json'), 'utf8');
  const backup = JSON.parse(text) as NamespaceBackup;
  for (const { snapshot } of backup.snapshots)
    await datacenter.bed.volumes.importSnapshot(join(directory, snapshot));
  await restoreVolumes(backup, datacenter);
  return backup;
}

async function digestOf({ object }: TestDatacenter): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([RELEASE, object]));
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted();
  for (const file of files.filter((f) => /\.(ts|java|xml)$/.test(f)))
    hash.update(file).update(await readFile(join(ROOT, file)));
  return hash.digest('hex').slice(0, 12);
}
