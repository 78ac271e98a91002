import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ManifestTable } from '../../domain/backup/manifest.ts';

/** A checked manifest's tables, kept small until they are needed again: those of a big cluster would fill the memory. */
export class HeldTables {
  readonly #packed: Buffer;

  constructor(tables: readonly ManifestTable[]) {
    this.#packed = deflateRawSync(JSON.stringify(tables), { level: 1 });
  }

  unpack(): readonly ManifestTable[] {
    return JSON.parse(inflateRawSync(this.#packed).toString()) as readonly ManifestTable[];
  }
}
