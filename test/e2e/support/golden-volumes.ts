import { createHash } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, makeOnce } from '../../../src/embedded/prerequisites.ts';
import { RELEASE } from './bed.ts';
import type { TestDatacenter } from './datacenter.ts';
import { backUpVolumes, forget, type NamespaceBackup, restoreVolumes } from './volume-snapshots.ts';

const ROOT = join(import.meta.dirname, '../../..');
const HOME = join(cacheDirectory(), 'bed', 'golden');
/** Whatever forms a datacenter and loads it. */
const SOURCES = ['src/embedded/**/*', 'demo/dataset/*.ts', 'test/e2e/support/{golden-volumes,story}.ts'];

/** What a datacenter is loaded with. */
export interface Content {
  /** Whether a datacenter that is there has it, from a file before. */
  isThere(): Promise<boolean>;
  /** Ends when no client writes any more. */
  load(): Promise<void>;
}

/**
 * Start a datacenter that is formed and loaded: on volumes that an earlier run has kept in the cache where the same would
 * come of it, else on empty ones, which are then kept. One that is there is loaded where it is not yet, and not kept.
 */
export async function startLoaded(datacenter: TestDatacenter, content: Content): Promise<void> {
  if (await datacenter.exists()) {
    await datacenter.ready();
    if (!(await content.isThere())) await content.load();
    return;
  }
  const { name, namespace } = datacenter;
  const prefix = `${name}-${RELEASE}-`;
  const home = join(HOME, `${prefix}${await digestOf(datacenter)}`);
  if (existsSync(home)) {
    const golden = await unpack(datacenter, home);
    await datacenter.apply();
    await datacenter.ready();
    await forget(golden, datacenter);
    console.log(`${namespace}/${name} was there before, formed and loaded`);
    return;
  }
  await datacenter.create();
  await content.load();
  await datacenter.storage().flush();
  await makeOnce(home, (directory) => pack(datacenter, directory));
  const older = (await readdir(HOME)).filter((n) => n.startsWith(prefix) && !n.includes('.making-'));
  for (const other of older.filter((n) => join(HOME, n) !== home))
    await rm(join(HOME, other), { recursive: true, force: true });
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
