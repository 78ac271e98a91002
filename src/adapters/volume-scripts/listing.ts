import { LOGS } from '../../domain/backup/manifest.ts';
import { ManifestScan } from '../../domain/backup/manifest-scan.ts';
import { FileListBuilder, isChecksum } from '../../domain/sstables/file-list.ts';
import { parseComponent } from '../../domain/sstables/sstable.ts';
import type { BackupContents } from '../../ports/volumes.ts';
import { LinesAfterTexts } from './lines.ts';
import { cutShort, unexpected } from './output.ts';

/** The answer of `READ` or `READ_AND_SUM`, read while it comes: some half a million lines of a node with many SSTables. */
export class Listing {
  readonly #separator: string;
  readonly #lines = new LinesAfterTexts(
    (name) => (name === 'backup.json' ? this.#manifest : this.#textOf(name)),
    (line) => this.#take(line),
  );
  readonly #manifest = new ManifestScan();
  readonly #texts = new Map<string, Buffer[]>();
  readonly #parts = new Map<string, FileListBuilder>();
  /** That of the last line: the next one has it as a rule, too. */
  #directory = '';
  #part = new FileListBuilder();
  readonly #ends = new Set<string>();
  #highestLinkedGeneration = 0;
  #linkedFiles = 0;
  #sharedBytes = 0;
  #freeBytes = 0;
  /** How many files have their checksum. */
  summed = 0;

  constructor(tag: string) {
    this.#separator = `/snapshots/${tag}/`;
  }

  push(output: Buffer): void {
    this.#lines.push(output);
  }

  /** After the last of it. */
  end(): BackupContents {
    this.#lines.end();
    if (!this.#ends.has('listed') || !this.#ends.has('end')) throw cutShort();
    const outside = this.#text('outside').split(/\s/);
    const parts = [...this.#parts].map(([directory, part]) => ({ directory, files: part.build() }));
    return {
      manifest: this.#manifest.end(),
      marker: this.#text('complete'),
      schema: this.#text('schema.cql'),
      k8ssandra: this.#text('k8ssandra.json'),
      parts: parts.sort((a, b) => (a.directory < b.directory ? -1 : 1)),
      highestLinkedGeneration: this.#highestLinkedGeneration,
      linkedFiles: this.#linkedFiles,
      ...{ sharedBytes: this.#sharedBytes, freeBytes: this.#freeBytes },
      outside: LOGS.filter((log) => outside.includes(log)),
    };
  }

  /** Whether `READ_AND_SUM` has left checksums to its next run. */
  get hasMore(): boolean {
    const more = this.#ends.has('more');
    if (!more && !this.#ends.has('summed')) throw cutShort();
    return more;
  }

  #take(line: string): void {
    const space = line.indexOf(' ');
    const kind = space < 0 ? line : line.slice(0, space);
    switch (kind) {
      case 'snap':
        this.#takeFile(line, space + 1);
        break;
      case 'free':
        this.#freeBytes = Number(line.slice(space + 1));
        break;
      case 'sum':
        this.#takeSum(line, space + 1);
        break;
      case 'linked':
        this.#takeLinked(line.slice(space + 1));
        break;
      case 'listed':
      case 'end':
      case 'summed':
      case 'more':
        this.#ends.add(kind);
        break;
      default:
        throw unexpected(kind);
    }
  }

  #takeLinked(name: string): void {
    const generation = Number(parseComponent(name)?.generation ?? 0);
    this.#highestLinkedGeneration = Math.max(this.#highestLinkedGeneration, generation);
    this.#linkedFiles++;
  }

  /** `BYTES CRC PATH LINKS`; the digest of a Data.db is the content of the file beside it. */
  #takeFile(line: string, from: number): void {
    const bytes = line.indexOf(' ', from);
    const crc = line.indexOf(' ', bytes + 1);
    const end = line.lastIndexOf(' ');
    const name = this.#enter(line.slice(crc + 1, end));
    if (Number(line.slice(end + 1)) > 1) this.#sharedBytes += Number(line.slice(from, bytes));
    // Cassandra's own manifest.json and schema.cql are of no use to a restore.
    if (!this.#part.add(name, Number(line.slice(from, bytes)))) return;
    const digest = line.slice(bytes + 1, crc);
    if (name.endsWith('-Digest.crc32') && isChecksum(digest)) this.#part.setCrc(name, Number(digest));
  }

  /** `PATH CKSUM` */
  #takeSum(line: string, from: number): void {
    const end = line.indexOf(' ', from);
    const sum = line.slice(end + 1);
    if (end < 0 || !isChecksum(sum)) throw unexpected(line);
    const name = this.#enter(line.slice(from, end));
    this.#part.setCksum(name, Number(sum));
    this.summed++;
  }

  /** Make the file's part the current one. @returns the file's name in it */
  #enter(path: string): string {
    const length = this.#directory.length;
    if (length > 0 && path.startsWith(this.#directory) && path.startsWith(this.#separator, length))
      return path.slice(length + this.#separator.length);
    const end = path.indexOf(this.#separator);
    this.#directory = end < 0 ? path : path.slice(0, end);
    const part = this.#parts.get(this.#directory) ?? new FileListBuilder();
    this.#parts.set(this.#directory, part);
    this.#part = part;
    return end < 0 ? '' : path.slice(end + this.#separator.length);
  }

  #textOf(name: string): { push(bytes: Buffer): void } {
    const pieces: Buffer[] = [];
    this.#texts.set(name, pieces);
    return { push: (bytes) => void pieces.push(bytes) };
  }

  #text(name: string): string {
    return Buffer.concat(this.#texts.get(name) ?? []).toString();
  }
}
