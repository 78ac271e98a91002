import type { Manifest } from '../backup/manifest.ts';
import { FileList, type ManifestFile } from './file-list.ts';
import { splitComponent } from './sstable.ts';

/** An SSTable's list of its own components, and those that the manifest has of it. */
export interface Toc {
  readonly path: string;
  readonly bytes: number;
  readonly components: ReadonlySet<string>;
}

interface Found {
  readonly directory: string;
  readonly sstable: string;
  readonly files: readonly ManifestFile[];
}

/** SSTables that lack what every one has: a Data.db with the CRC that Cassandra wrote for it. */
export function lackingFiles(manifest: Manifest): readonly string[] {
  const lacking: string[] = [];
  for (const { directory, sstable, files } of sstablesOf(manifest)) {
    const data = files.find((f) => f.name.endsWith('-Data.db'));
    if (data === undefined) lacking.push(`SSTable ${directory}/${sstable} has no Data.db`);
    else if (data.crc === undefined) lacking.push(`SSTable ${directory}/${sstable} has no Digest.crc32`);
  }
  return lacking;
}

/** The TOC.txt of every SSTable that has one. */
export function* tocsOf(manifest: Manifest): Generator<Toc> {
  for (const { directory, files } of sstablesOf(manifest)) {
    const toc = files.find((f) => f.name.endsWith('-TOC.txt'));
    if (toc === undefined) continue;
    const components = files.map((f) => splitComponent(f.name)?.[1] ?? '');
    yield { path: `${directory}/${toc.name}`, bytes: toc.bytes, components: new Set(components) };
  }
}

function* sstablesOf({ tag, tables }: Manifest): Generator<Found> {
  for (const { parts } of tables)
    for (const { directory, files } of parts)
      for (const [sstable, own] of bySSTable(files))
        yield { directory: `${directory}/snapshots/${tag}`, sstable, files: own };
}

/** Those of an index lie in a directory of their own. */
function* bySSTable(files: Iterable<ManifestFile>): Generator<readonly [string, readonly ManifestFile[]]> {
  let own: ManifestFile[] = [];
  let last = '';
  for (const file of FileList.of(files)) {
    const [start = ''] = splitComponent(file.name) ?? [];
    if (start !== last && own.length > 0) yield [last.slice(0, -1), own];
    if (start !== last) own = [];
    last = start;
    own.push(file);
  }
  if (own.length > 0) yield [last.slice(0, -1), own];
}
