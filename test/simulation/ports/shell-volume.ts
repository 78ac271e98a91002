import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as tables from '../../../src/adapters/volume-scripts/table-scripts.ts';

/** One run of a script: its volume, its arguments behind that, and its standard input. */
export interface Run {
  readonly volume: Volume;
  readonly args: readonly string[];
  readonly input: Buffer;
}

/** What the simulated scripts do with the directory that a node has as its volume. Paths are relative to it. */
export class Volume {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    if (!existsSync(root)) throw new Error(`${root}: No such file or directory`);
  }

  at(path: string): string {
    return isAbsolute(path) ? path : join(this.root, path);
  }

  has(path: string): boolean {
    return existsSync(this.at(path));
  }

  list(path: string): readonly string[] {
    try {
      return readdirSync(this.at(path)).toSorted();
    } catch {
      return [];
    }
  }

  /** Directories of tables: `data/ks/table-id`. */
  tables(data: readonly string[]): readonly string[] {
    const below = (path: string) =>
      readdirSync(this.at(path), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${path}/${entry.name}`)
        .toSorted();
    return data.flatMap(below).flatMap(below);
  }

  /** Directories of snapshots: `data/ks/table-id/snapshots/name`. */
  snapshots(data: readonly string[]): readonly string[] {
    return this.tables(data).flatMap((t) =>
      this.list(`${t}/snapshots`).map((name) => `${t}/snapshots/${name}`),
    );
  }

  filesBelow(path: string): readonly string[] {
    return readdirSync(this.at(path), { withFileTypes: true }).flatMap((entry) => {
      const own = `${path}/${entry.name}`;
      return entry.isDirectory() ? this.filesBelow(own) : [own];
    });
  }

  base64(path: string): string {
    return readFileSync(this.at(path)).toString('base64');
  }

  crcOf(path: string): number {
    return crc32(readFileSync(this.at(path)));
  }

  /** Beside, and renamed. */
  put(path: string, content: Uint8Array): string {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(`${path}.part`), content);
    renameSync(this.at(`${path}.part`), this.at(path));
    return '';
  }

  remove(path: string): string {
    rmSync(this.at(path), { recursive: true, force: true });
    return '';
  }

  removeIfEmpty(path: string): string {
    if (this.has(path) && this.list(path).length === 0) rmdirSync(this.at(path));
    return '';
  }

  /** The run that begins, and the SSTables that are there by then. */
  noteRun(run: string, data: readonly string[]): void {
    if (this.has('kassette/run') && readFileSync(this.at('kassette/run'), 'utf8').trim() === run) return;
    const tables = data.flatMap((d) =>
      this.list(d).flatMap((k) => this.list(join(d, k)).map((t) => join(d, k, t))),
    );
    const live = tables.flatMap((t) => this.list(t).map((name) => join(t, name)));
    this.put('kassette/run.live', Buffer.from(live.map((path) => `${this.identityOf(path)}\n`).join('')));
    this.put('kassette/run', Buffer.from(`${run}\n`));
  }

  /** What no other file can have as well. */
  identityOf(path: string): string {
    const { dev, ino } = lstatSync(this.at(path));
    return `${dev}:${ino}:${basename(path)}`;
  }

  /** Whoever is not the run that began last has nothing to do here any more. */
  fence(run: string): void {
    const last = this.has('kassette/run') ? readFileSync(this.at('kassette/run'), 'utf8').trim() : '';
    if (last !== run) throw new Error('another run of kassette has begun meanwhile');
  }
}

/** Those of the scripts that restores of single tables need besides. */
export const tableScripts: readonly (readonly [script: string, work: (run: Run) => string | Buffer])[] = [
  [tables.BEGIN_TABLES, beginTables],
  [tables.FINISH_TABLES, finishTables],
  [tables.STAGED, staged],
  [tables.READ_SEGMENTS, readSegments],
  [tables.STAGE, stage],
  [tables.COPY_DIRECT, carry],
  [tables.SYNC_STAGED, () => ''],
];

function beginTables({ volume, args: [run = '', bytes, , ...data], input }: Run): string {
  volume.noteRun(run, data);
  return volume.put('kassette/tables.json', whole(input, bytes));
}

function finishTables({ volume, args: [bytes, pathBytes], input }: Run): string {
  const journal = whole(input.subarray(0, Number(bytes)), bytes);
  const paths = whole(input.subarray(Number(bytes)), pathBytes)
    .toString()
    .split('\0')
    .filter(Boolean);
  for (const path of [...paths, 'kassette/staging']) volume.remove(path);
  if (journal.length > 0) volume.put('kassette/tables.json', journal);
  else volume.remove('kassette/tables.json');
  for (const name of ['run', 'run.live']) volume.remove(`kassette/${name}`);
  return volume.removeIfEmpty('kassette');
}

function staged({ volume }: Run): string {
  const files = volume.has('kassette/staging') ? volume.filesBelow('kassette/staging') : [];
  const lines = files.map((path) => `staged ${statSync(volume.at(path)).size} ${path}\n`);
  return [...lines, 'end\n'].join('');
}

function readSegments({ volume, input }: Run): Buffer {
  return Buffer.concat(
    linesOf(input).map(([offset, bytes, path = '']) => bytesOf(volume.at(path), offset, bytes)),
  );
}

function stage({ volume, args: [lineBytes], input }: Run): string {
  const lines = linesOf(whole(input.subarray(0, Number(lineBytes)), lineBytes));
  let at = Number(lineBytes);
  for (const [offset, bytes, path = ''] of lines) {
    makeRoom(volume, path, Number(offset));
    const piece = whole(input.subarray(at, at + Number(bytes)), bytes);
    appendFileSync(volume.at(path), piece);
    at += Number(bytes);
  }
  return '';
}

function carry({ volume, args: [copy = ''], input }: Run): string {
  for (const [offset, bytes, to = '', from = ''] of linesOf(input)) {
    makeRoom(volume, to, Number(offset));
    const piece = Number(bytes) === 0 ? Buffer.alloc(0) : bytesOf(join(copy, from), offset, bytes);
    appendFileSync(volume.at(to), piece);
    if (piece.length < Number(bytes)) throw new Error(`${from} is shorter than it was`);
  }
  return '';
}

/** A file whose size is that offset, to be added to. */
function makeRoom(volume: Volume, path: string, offset: number): void {
  mkdirSync(dirname(volume.at(path)), { recursive: true });
  writeFileSync(volume.at(path), '', { flag: 'a' });
  if (statSync(volume.at(path)).size < offset) throw new Error(`${path} is shorter than it was`);
  truncateSync(volume.at(path), offset);
}

function bytesOf(path: string, offset: string | undefined, bytes: string | undefined): Buffer {
  try {
    return readFileSync(path).subarray(Number(offset), Number(offset) + Number(bytes));
  } catch {
    return Buffer.alloc(0);
  }
}

function linesOf(input: Buffer): readonly (readonly string[])[] {
  return input
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '));
}

function whole(input: Buffer, bytes: string | undefined): Buffer {
  if (input.length < Number(bytes)) throw new Error('the input ended early');
  return input.subarray(0, Number(bytes));
}
