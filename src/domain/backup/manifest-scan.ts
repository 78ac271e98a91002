import { createHash } from 'node:crypto';
import { type FileList, FileListBuilder, isChecksum, type ManifestFile } from '../sstables/file-list.ts';
import { isComponentPath } from './untrusted.ts';

/** What was read of a `backup.json`, its lists of files packed. */
export interface ScannedManifest {
  /** 0 where there is none. */
  readonly bytes: number;
  readonly sha256: string;
  /** The same JSON; each list of files is `[n]`, the n-th of `lists`. */
  readonly json: string;
  readonly lists: readonly FileList[];
  /** What is wrong with a file; null where nothing is. */
  readonly fault: string | null;
}

export function scanManifest(text: string | Uint8Array): ScannedManifest {
  const scan = new ManifestScan();
  scan.push(typeof text === 'string' ? Buffer.from(text) : text);
  return scan.end();
}

/** As much of a list of files is read at a time. */
const BATCH_BYTES = 64 * 1024;
/** Where the lists are: every second one an array under that key, the others objects. */
const KEYS = ['', 'tables', '', 'parts', '', 'files'] as const;
const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c] as const;
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d] as const;

/**
 * Reads the JSON of a manifest while it comes. That of a node may have hundreds of thousands of files: neither its text nor an
 * object for each of them would have room in a hook's memory.
 */
export class ManifestScan {
  readonly #hash = createHash('sha256');
  #bytes = 0;
  readonly #json: Buffer[] = [];
  readonly #lists: FileList[] = [];
  #fault: string | null = null;
  /** How many brackets are open, and how many of those lead to a list of files. */
  #depth = 0;
  #level = 0;
  readonly #string = new JsonString();
  /** The last text on the way to the lists: a key, where a colon comes next. */
  #word = '';
  /** Of the table and the part that it is at. */
  readonly #at = { table: 0, part: 0 };
  #files: FilesScan | null = null;

  push(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length; )
      at = this.#files === null ? this.#scan(bytes, at) : this.#scanFiles(this.#files, bytes, at);
  }

  end(): ScannedManifest {
    const json = Buffer.concat(this.#json).toString();
    return {
      ...{ bytes: this.#bytes, sha256: this.#hash.digest('hex'), json },
      ...{ lists: this.#lists, fault: this.#fault },
    };
  }

  /** Up to the next list of files. */
  #scan(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && this.#files === null) this.#take(bytes[at++] ?? 0);
    // A copy: a part of a chunk would keep all of it.
    this.#json.push(Buffer.from(bytes.subarray(from, at)));
    return at;
  }

  #take(byte: number): void {
    const isOnWay = this.#level === this.#depth;
    if (this.#string.has(byte)) {
      if (isOnWay) this.#takeWord(byte);
    } else if (byte === OPEN || byte === OPEN_LIST) this.#open(byte, isOnWay);
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      this.#depth--;
      this.#level = Math.min(this.#level, this.#depth);
      this.#word = '';
    } else if (byte === COMMA && isOnWay) this.#next();
    // It would be another key to whoever reads the JSON.
    else if (byte === COLON && isOnWay && this.#word.includes('\\')) this.#fault ??= 'has the wrong form';
  }

  #takeWord(byte: number): void {
    if (this.#string.isAtStart) this.#word = '';
    // More than any of the keys has.
    else if (byte !== QUOTE && this.#word.length < 8) this.#word += String.fromCharCode(byte);
  }

  #open(byte: number, isOnWay: boolean): void {
    const key = KEYS[this.#depth];
    this.#depth++;
    if (!isOnWay || key === undefined || (key === '' ? byte !== OPEN : byte !== OPEN_LIST)) return;
    if (key !== '' && key !== this.#word) return;
    this.#level = this.#depth;
    if (key === 'tables') this.#at.table = 0;
    if (key === 'parts') this.#at.part = 0;
    if (key === 'files') this.#files = new FilesScan(`tables.${this.#at.table}.parts.${this.#at.part}.files`);
    this.#word = '';
  }

  #next(): void {
    this.#word = '';
    if (this.#level === 2) this.#at.table++;
    if (this.#level === 4) this.#at.part++;
  }

  #scanFiles(files: FilesScan, bytes: Buffer, from: number): number {
    const at = files.scan(bytes, from);
    if (!files.isAtEnd) return at;
    this.#fault ??= files.fault;
    this.#json.push(Buffer.from(String(this.#lists.push(files.built()) - 1)));
    this.#files = null;
    return at;
  }
}

/** One list of files, read in batches. */
class FilesScan {
  readonly #path: string;
  readonly #builder = new FileListBuilder();
  #count = 0;
  /** What was not read yet of the current batch. */
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #depth = 0;
  readonly #string = new JsonString();
  fault: string | null = null;
  isAtEnd = false;

  constructor(path: string) {
    this.#path = path;
  }

  built(): FileList {
    return this.#builder.build();
  }

  /** @returns where the list ends, its bracket not passed over, or the end of the bytes */
  scan(bytes: Buffer, from: number): number {
    let [start, at] = [from, from];
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#string.has(byte)) continue;
      if (this.#isEnd(byte)) break;
      if (byte !== COMMA || !this.#isBatch(at - start)) continue;
      this.#keep(bytes.subarray(start, at));
      this.#read(false);
      start = at + 1;
    }
    this.#keep(bytes.subarray(start, at));
    this.isAtEnd = at < bytes.length;
    if (this.isAtEnd) this.#read(true);
    return at;
  }

  /** Whether that bracket closes the list. */
  #isEnd(byte: number): boolean {
    if (byte === OPEN || byte === OPEN_LIST) this.#depth++;
    return (byte === CLOSE || byte === CLOSE_LIST) && this.#depth-- === 0;
  }

  /** Whether enough came for a batch, to which so many more bytes belong, and this is the end of a file. */
  #isBatch(bytes: number): boolean {
    return this.#depth === 0 && this.#batchBytes + bytes > BATCH_BYTES;
  }

  #keep(bytes: Buffer): void {
    this.#batch.push(Buffer.from(bytes));
    this.#batchBytes += bytes.length;
  }

  #read(isLast: boolean): void {
    const text = Buffer.concat(this.#batch).toString();
    this.#batch = [];
    this.#batchBytes = 0;
    if (isLast && this.#count === 0 && text.trim() === '') return;
    try {
      for (const file of JSON.parse(`[${text}]`)) this.#add(file);
      if (text.trim() === '') this.fault ??= 'is not JSON';
    } catch {
      this.fault ??= 'is not JSON';
    }
  }

  #add(file: unknown): void {
    const path = `${this.#path}.${this.#count++}`;
    const fault = faultOf(file);
    if (fault !== null) this.fault ??= `${path}${fault}`;
    else this.#builder.addFile(file as ManifestFile);
  }
}

/** Which bytes of JSON are those of a string. */
class JsonString {
  #isOpen = false;
  #isEscaped = false;
  /** Whether the last byte was the first of a string. */
  isAtStart = false;

  /** Whether the next byte is a part of a string, its quotes included. */
  has(byte: number): boolean {
    this.isAtStart = false;
    if (!this.#isOpen) {
      this.#isOpen = byte === QUOTE;
      this.isAtStart = this.#isOpen;
      return this.#isOpen;
    }
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isOpen = false;
    return true;
  }
}

/** What is wrong with the form of a file of a manifest; null where it is right. */
function faultOf(file: unknown): string | null {
  if (typeof file !== 'object' || file === null) return ' is not an object';
  const { name, bytes, crc, cksum } = file as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || !isComponentPath(name))
    return '.name is not the name of a component of an SSTable';
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0)
    return '.bytes is not a number of bytes';
  if (!isOptionalChecksum(crc)) return '.crc is not a checksum';
  return isOptionalChecksum(cksum) ? null : '.cksum is not a checksum';
}

function isOptionalChecksum(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && isChecksum(value));
}
