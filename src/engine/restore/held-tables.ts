import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ManifestTable } from '../../domain/backup/manifest.ts';
import { FileList } from '../../domain/sstables/file-list.ts';

type Head = Omit<ManifestTable, 'parts'> & { readonly directories: readonly string[] };

/** A checked manifest's tables, kept small until they are needed again: those of a big cluster would fill the memory. */
export class HeldTables {
  readonly #heads: Buffer;
  /** Of all parts, one behind the other, and where each ends. */
  readonly #files: Buffer;
  readonly #ends: Uint32Array;

  constructor(tables: readonly ManifestTable[]) {
    const heads = tables.map(
      ({ parts, ...head }): Head => ({ ...head, directories: parts.map((p) => p.directory) }),
    );
    this.#heads = deflateRawSync(JSON.stringify(heads), { level: 1 });
    const lists = tables.flatMap((t) => t.parts.map((p) => FileList.of(p.files).packed));
    this.#files = Buffer.concat(lists);
    let end = 0;
    this.#ends = Uint32Array.from(lists, (list) => {
      end += list.length;
      return end;
    });
  }

  unpack(): readonly ManifestTable[] {
    const heads = JSON.parse(inflateRawSync(this.#heads).toString()) as readonly Head[];
    let [part, at] = [0, 0];
    const next = () => {
      const end = this.#ends[part++] ?? at;
      const files = FileList.ofPacked(this.#files.subarray(at, end));
      at = end;
      return files;
    };
    return heads.map(({ directories, ...table }) => ({
      ...table,
      parts: directories.map((directory) => ({ directory, files: next() })),
    }));
  }
}
