import { KassetteError } from '../errors.ts';
import { splitComponent } from './sstable.ts';

/** One file of a backup. */
export interface ManifestFile {
  /** Path below the table's snapshot directory; index tables have a directory of their own: `.name/nb-1-big-Data.db`. */
  readonly name: string;
  readonly bytes: number;
  /** Of a Data.db: what Cassandra wrote to its Digest.crc32, a decimal CRC-32. */
  readonly crc?: string;
  /** Of any other file: what POSIX `cksum` says of it, decimal. Older backups have none: only the size is known. */
  readonly cksum?: string;
}

/** Those that Cassandra itself writes; any other, such as one with an index's name in it, is kept as text. */
const KNOWN = [
  ...['Data.db', 'Index.db', 'Partitions.db', 'Rows.db', 'Filter.db', 'Summary.db', 'Statistics.db'],
  ...['TOC.txt', 'Digest.crc32', 'CompressionInfo.db', 'CRC.db'],
] as const;
const CODES: ReadonlyMap<string, number> = new Map(KNOWN.map((component, i) => [component, i + 1]));
/** Codes from here on are of the builder's own texts. */
const FIRST_TEXT = KNOWN.length + 1;

/** What of a file is known besides its size; two bits. */
const [NO_SUM, CRC, CKSUM] = [0, 1, 2] as const;
/** The first byte of a file: its component's code, 0 for one as text, whether it is its SSTable's first one, and the kind of its checksum. */
const CODE_BITS = 0x1f;
const IS_FIRST = 0x20;
const KIND_SHIFT = 6;

/**
 * Files of one table in one data directory, some ten bytes for each: a node may have half a million. Ordered by name, so that
 * those of one SSTable follow one another. Reading through it makes the objects one by one.
 */
export class FileList implements Iterable<ManifestFile> {
  /** Its only content: what `ofPacked` takes. */
  readonly packed: Uint8Array;

  private constructor(packed: Uint8Array) {
    this.packed = packed;
  }

  static of(files: Iterable<ManifestFile>): FileList {
    if (files instanceof FileList) return files;
    const builder = new FileListBuilder();
    for (const file of files) builder.addFile(file);
    return builder.build();
  }

  static ofPacked(packed: Uint8Array): FileList {
    return new FileList(packed);
  }

  *[Symbol.iterator](): Generator<ManifestFile> {
    const reader = new Reader(this.packed);
    let sstable = '';
    while (!reader.isAtEnd) {
      const head = reader.byte();
      if ((head & IS_FIRST) !== 0) sstable = reader.text();
      const code = head & CODE_BITS;
      const name = sstable + (code === 0 ? reader.text() : KNOWN[code - 1]);
      const bytes = reader.number();
      const kind = head >> KIND_SHIFT;
      if (kind === NO_SUM) yield { name, bytes };
      else if (kind === CRC) yield { name, bytes, crc: String(reader.checksum()) };
      else yield { name, bytes, cksum: String(reader.checksum()) };
    }
  }
}

/** Takes files in any order, and what is found out about them later. */
export class FileListBuilder {
  /** By SSTable, as `nb-1-big-`, with the directory of an index before it: the number of its first file here. */
  readonly #sstables = new Map<string, number>();
  /** CRC of each SSTable's Data.db. */
  readonly #crcs = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #textCodes = new Map<string, number>();
  // By number of the file; plain arrays of numbers, because most tables have few.
  readonly #codes: number[] = [];
  readonly #bytes: number[] = [];
  readonly #kinds: number[] = [];
  readonly #sums: number[] = [];
  /** The next file of the same SSTable; -1 where there is none. */
  readonly #next: number[] = [];

  /** @returns false where the name is not that of an SSTable's component: it is left out */
  add(name: string, bytes: number): boolean {
    return this.#add(name, bytes, NO_SUM, 0);
  }

  /** @throws where the name is not that of a component, or a checksum no number of 32 bits */
  addFile({ name, bytes, crc, cksum }: ManifestFile): void {
    const kind = crc !== undefined ? CRC : cksum === undefined ? NO_SUM : CKSUM;
    const sum = Number(crc ?? cksum ?? 0);
    if (!isChecksum(crc ?? cksum ?? '0'))
      throw impossible(`${name} has a checksum that is none: ${crc ?? cksum}`);
    if (!this.#add(name, bytes, kind, sum)) throw impossible(`${name} is not the name of a component`);
  }

  /** What a Digest.crc32 says of the Data.db beside it, whichever comes first. */
  setCrc(digest: string, crc: number): void {
    const [sstable] = splitComponent(digest) ?? [];
    if (sstable !== undefined) this.#crcs.set(sstable, crc);
  }

  setCksum(name: string, cksum: number): void {
    const [sstable = '', component = ''] = splitComponent(name) ?? [];
    const code = this.#codeOf(component);
    for (let i = this.#sstables.get(sstable) ?? -1; i >= 0; i = this.#next[i] ?? -1) {
      if (this.#codes[i] !== code) continue;
      this.#kinds[i] = CKSUM;
      this.#sums[i] = cksum;
    }
  }

  build(): FileList {
    const writer = new Writer();
    for (const sstable of [...this.#sstables.keys()].sort()) {
      let isFirst = true;
      for (const i of this.#filesOf(sstable)) {
        this.#write(writer, i, sstable, isFirst);
        isFirst = false;
      }
    }
    return FileList.ofPacked(writer.written());
  }

  #add(name: string, bytes: number, kind: number, sum: number): boolean {
    const parts = splitComponent(name);
    if (parts === null) return false;
    const [sstable, component] = parts;
    this.#next.push(this.#sstables.get(sstable) ?? -1);
    this.#sstables.set(sstable, this.#codes.length);
    this.#codes.push(this.#codeOf(component));
    this.#bytes.push(bytes);
    this.#kinds.push(kind);
    this.#sums.push(sum);
    return true;
  }

  #codeOf(component: string): number {
    const known = CODES.get(component) ?? this.#textCodes.get(component);
    if (known !== undefined) return known;
    const code = FIRST_TEXT + this.#texts.push(component) - 1;
    this.#textCodes.set(component, code);
    return code;
  }

  #componentOf(i: number): string {
    const code = this.#codes[i] ?? 0;
    return code < FIRST_TEXT ? (KNOWN[code - 1] ?? '') : (this.#texts[code - FIRST_TEXT] ?? '');
  }

  #filesOf(sstable: string): readonly number[] {
    const own: number[] = [];
    for (let i = this.#sstables.get(sstable) ?? -1; i >= 0; i = this.#next[i] ?? -1) own.push(i);
    return own.sort((a, b) => (this.#componentOf(a) < this.#componentOf(b) ? -1 : 1));
  }

  #write(writer: Writer, i: number, sstable: string, isFirst: boolean): void {
    const code = this.#codes[i] ?? 0;
    const crc = KNOWN[code - 1] === 'Data.db' ? this.#crcs.get(sstable) : undefined;
    const kind = crc === undefined ? (this.#kinds[i] ?? NO_SUM) : CRC;
    writer.byte((code < FIRST_TEXT ? code : 0) | (isFirst ? IS_FIRST : 0) | (kind << KIND_SHIFT));
    if (isFirst) writer.text(sstable);
    if (code >= FIRST_TEXT) writer.text(this.#componentOf(i));
    writer.number(this.#bytes[i] ?? 0);
    if (kind !== NO_SUM) writer.checksum(crc ?? this.#sums[i] ?? 0);
  }
}

/** Tables with their parts. */
type WithFiles = readonly {
  readonly parts: readonly { readonly files: Iterable<ManifestFile> }[];
}[];

/** All files of these tables. */
export function* filesOf(tables: WithFiles): Generator<ManifestFile> {
  for (const { parts } of tables) for (const { files } of parts) yield* files;
}

export function isEmpty(files: Iterable<ManifestFile>): boolean {
  return files[Symbol.iterator]().next().done === true;
}

/** Whether a text is what `cksum` and Cassandra write of 32 bits: a decimal number. */
export function isChecksum(text: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(text) && Number(text) < 2 ** 32;
}

function impossible(what: string): KassetteError {
  return new KassetteError('INTERNAL', what, 'Report this.');
}

/** Each file with the one of the same name among others, or undefined. */
export function* matched(
  files: Iterable<ManifestFile>,
  others: Iterable<ManifestFile>,
): Generator<readonly [ManifestFile, ManifestFile | undefined]> {
  const rest = FileList.of(others)[Symbol.iterator]();
  let other = rest.next().value;
  for (const file of FileList.of(files)) {
    while (other !== undefined && other.name < file.name) other = rest.next().value;
    yield [file, other?.name === file.name ? other : undefined];
  }
}

class Reader {
  readonly #from: Buffer;
  #at = 0;

  constructor(from: Uint8Array) {
    this.#from = Buffer.from(from.buffer, from.byteOffset, from.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#from.length;
  }

  byte(): number {
    return this.#from[this.#at++] ?? 0;
  }

  /** Seven bits a byte, the lowest first. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  checksum(): number {
    this.#at += 4;
    return this.#from.readUInt32LE(this.#at - 4);
  }

  text(): string {
    const length = this.number();
    this.#at += length;
    return this.#from.toString('latin1', this.#at - length, this.#at);
  }
}

class Writer {
  #into = Buffer.allocUnsafe(512);
  #at = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#into[this.#at++] = value;
  }

  number(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 0x80);
    this.byte(rest);
  }

  checksum(value: number): void {
    this.#reserve(4);
    this.#at = this.#into.writeUInt32LE(value, this.#at);
  }

  text(value: string): void {
    this.number(value.length);
    this.#reserve(value.length);
    this.#at += this.#into.write(value, this.#at, 'latin1');
  }

  /** In a place of its own, of just that size. */
  written(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#into, 0, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#into.length) return;
    const bigger = Buffer.allocUnsafe(2 * this.#into.length + bytes);
    this.#into.copy(bigger);
    this.#into = bigger;
  }
}
