import type { Manifest } from '../backup/manifest.ts';
import { parseComponent, sstableOf } from './sstable.ts';

/** An SSTable's list of its own components, and those that the manifest has of it. */
export interface Toc {
  readonly path: string;
  readonly bytes: number;
  readonly components: ReadonlySet<string>;
}

interface Found {
  readonly directory: string;
  readonly sstable: string;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly crc?: string | undefined;
  }[];
}

/** SSTables that lack what every one has: a Data.db with the CRC that Cassandra wrote for it. */
export function lackingFiles(manifest: Manifest): readonly string[] {
  return sstablesOf(manifest).flatMap(({ directory, sstable, files }) => {
    const data = files.find((f) => f.name.endsWith('-Data.db'));
    if (data === undefined) return [`SSTable ${directory}/${sstable} has no Data.db`];
    return data.crc === undefined ? [`SSTable ${directory}/${sstable} has no Digest.crc32`] : [];
  });
}

/** The TOC.txt of every SSTable that has one. */
export function tocsOf(manifest: Manifest): readonly Toc[] {
  return sstablesOf(manifest).flatMap(({ directory, files }) => {
    const toc = files.find((f) => f.name.endsWith('-TOC.txt'));
    if (toc === undefined) return [];
    const components = files.map((f) => parseComponent(baseOf(f.name))?.component ?? '');
    return [{ path: `${directory}/${toc.name}`, bytes: toc.bytes, components: new Set(components) }];
  });
}

function sstablesOf(manifest: Manifest): readonly Found[] {
  return manifest.tables.flatMap((table) =>
    table.parts.flatMap(({ directory, files }) => {
      const bySSTable = Map.groupBy(files, ({ name }) => {
        const parsed = parseComponent(baseOf(name));
        // Those of an index lie in a directory of their own.
        const index = name.includes('/') ? `${name.split('/')[0]}/` : '';
        return parsed === null ? '' : index + sstableOf(parsed);
      });
      return [...bySSTable]
        .filter(([sstable]) => sstable !== '')
        .map(([sstable, own]) => ({
          directory: `${directory}/snapshots/${manifest.tag}`,
          sstable,
          files: own,
        }));
    }),
  );
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
