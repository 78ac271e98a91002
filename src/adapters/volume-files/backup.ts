import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { scanManifest } from '../../domain/backup/manifest-scan.ts';
import { isTag } from '../../domain/backup/tag.ts';
import { isComponentPath } from '../../domain/backup/untrusted.ts';
import { readJournals } from '../../domain/restore-state/kept.ts';
import {
  type FileList,
  FileListBuilder,
  isChecksum,
  isEmpty,
  type ManifestFile,
} from '../../domain/sstables/file-list.ts';
import type { OfflineBackup, OfflineVolume } from '../../ports/offline-volume.ts';
import type { SnapshotPart } from '../../ports/volumes.ts';
import { entriesOf, orFail } from './entries.ts';
import { dataDirectories, tableDirectories } from './live.ts';
import { isLink, plain, textOf, unsafe } from './plain.ts';

/** Looked at at a time: one table may have hundreds of thousands. */
const FILES_AT_ONCE = 256;

export async function findBackups(root: string): Promise<readonly OfflineBackup[]> {
  const tags = (await entriesOf(await plain(root, 'kassette'))).map((e) => e.name).filter(isTag);
  return Promise.all(
    tags.map(async (tag) => {
      const home = await plain(root, `kassette/${tag}`);
      const complete = (await textOf(join(home, 'complete'))) !== null;
      const [cold, journal] = [
        await textOf(join(home, 'cold.json')),
        await textOf(join(home, 'restore.json')),
      ];
      const retained = (await textOf(join(home, 'closed'))) !== null && cold === null && journal === null;
      return readJournals({ tag, complete, retained, cold, journal, runs: await runsOf(root, tag) });
    }),
  );
}

/** A run that lost its journal must not meet what another one moved aside. */
async function runsOf(root: string, tag: string): Promise<number> {
  const kept = ['displaced', 'kept'].map(async (word) =>
    entriesOf(await plain(root, `kassette/${word}-${tag}`)),
  );
  const names = (await Promise.all(kept)).flat().map((e) => e.name);
  // Counted as `displacedDirectory` writes it, so that one more is always another directory, too.
  return names.filter((n) => /^[1-9]\d{0,8}$/.test(n)).reduce((most, n) => Math.max(most, Number(n)), 0);
}

export async function readBackup(root: string, tag: string): ReturnType<OfflineVolume['read']> {
  const home = await plain(root, `kassette/${tag}`);
  const text = async (name: string) => (await textOf(join(home, name))) ?? '';
  const [manifest, marker, schema, k8ssandra] = [
    await text('backup.json'),
    await text('complete'),
    await text('schema.cql'),
    await text('k8ssandra.json'),
  ];
  const parts: SnapshotPart[] = [];
  for (const data of await dataDirectories(root)) {
    for (const directory of await tableDirectories(root, data)) {
      const files = await snapshotFiles(root, `${directory}/snapshots/${tag}`);
      if (!isEmpty(files)) parts.push({ directory, files });
    }
  }
  return { manifest: scanManifest(manifest), marker, schema, k8ssandra, parts };
}

async function snapshotFiles(root: string, snapshot: string): Promise<FileList> {
  const names: string[] = [];
  for (const entry of await entriesOf(await plain(root, snapshot))) {
    if (!entry.isDirectory()) names.push(entry.name);
    else
      for (const e of await entriesOf(join(root, snapshot, entry.name)))
        names.push(`${entry.name}/${e.name}`);
  }
  const components = names.filter(isComponentPath);
  const files = new FileListBuilder();
  for (let at = 0; at < components.length; at += FILES_AT_ONCE) {
    const some = components.slice(at, at + FILES_AT_ONCE);
    const described = await Promise.all(some.map((name) => describe(join(root, snapshot), name)));
    for (const file of described) files.addFile(file);
  }
  return files.build();
}

async function describe(snapshot: string, name: string): Promise<ManifestFile> {
  const path = join(snapshot, name);
  const found = await orFail(path, () => fs.lstat(path));
  if (found.isSymbolicLink()) throw isLink(path);
  if (!found.isFile()) throw unsafe(`${path} is not a plain file.`);
  const { size: bytes } = found;
  if (!name.endsWith('-Data.db')) return { name, bytes };
  const crc = (await textOf(path.replace(/Data\.db$/, 'Digest.crc32')))?.split('\n')[0]?.trim();
  return crc !== undefined && isChecksum(crc) ? { name, bytes, crc } : { name, bytes };
}
