import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import type { ManifestFile } from '../../domain/backup/manifest.ts';
import { parseComponent } from '../../domain/backup/sstable.ts';
import { isTag } from '../../domain/backup/tag.ts';
import { readJournals } from '../../domain/restore-state/kept.ts';
import type { OfflineBackup, OfflineVolume } from '../../ports/offline-volume.ts';
import type { SnapshotPart } from '../../ports/volumes.ts';
import { entriesOf, orFail, textOf } from './entries.ts';
import { dataDirectories, tableDirectories } from './live.ts';

export async function findBackups(root: string): Promise<readonly OfflineBackup[]> {
  const tags = (await entriesOf(join(root, 'kassette'))).map((e) => e.name).filter(isTag);
  return Promise.all(
    tags.map(async (tag) => {
      const home = join(root, 'kassette', tag);
      const complete = (await textOf(join(home, 'complete'))) !== null;
      const [cold, journal] = [
        await textOf(join(home, 'cold.json')),
        await textOf(join(home, 'restore.json')),
      ];
      return readJournals({ tag, complete, cold, journal, runs: await runsOf(root, tag) });
    }),
  );
}

/** A run that lost its journal must not meet what another one moved aside. */
async function runsOf(root: string, tag: string): Promise<number> {
  const kept = ['displaced', 'kept'].map((word) => entriesOf(join(root, 'kassette', `${word}-${tag}`)));
  const names = (await Promise.all(kept)).flat().map((e) => Number(e.name));
  return Math.max(0, ...names.filter(Number.isInteger));
}

export async function readBackup(root: string, tag: string): ReturnType<OfflineVolume['read']> {
  const text = async (name: string) => (await textOf(join(root, 'kassette', tag, name))) ?? '';
  const [manifest, marker, schema] = [
    await text('backup.json'),
    await text('complete'),
    await text('schema.cql'),
  ];
  const parts: SnapshotPart[] = [];
  for (const data of await dataDirectories(root)) {
    for (const directory of await tableDirectories(root, data)) {
      const files = await snapshotFiles(root, `${directory}/snapshots/${tag}`);
      if (files.length > 0) parts.push({ directory, files });
    }
  }
  return { manifest, marker, schema, parts };
}

async function snapshotFiles(root: string, snapshot: string): Promise<readonly ManifestFile[]> {
  const names: string[] = [];
  for (const entry of await entriesOf(join(root, snapshot))) {
    if (!entry.isDirectory()) names.push(entry.name);
    else
      for (const e of await entriesOf(join(root, snapshot, entry.name)))
        names.push(`${entry.name}/${e.name}`);
  }
  const files = names.filter((n) => parseComponent(n.split('/').at(-1) ?? '') !== null);
  return Promise.all(files.map((name) => describe(join(root, snapshot), name)));
}

async function describe(snapshot: string, name: string): Promise<ManifestFile> {
  const path = join(snapshot, name);
  const { size: bytes } = await orFail(path, () => fs.lstat(path));
  if (!name.endsWith('-Data.db')) return { name, bytes };
  const crc = (await textOf(path.replace(/Data\.db$/, 'Digest.crc32')))?.split('\n')[0]?.trim();
  return crc ? { name, bytes, crc } : { name, bytes };
}
