import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { crc32 } from 'node:zlib';

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

  /** Whoever is not the run that began last has nothing to do here any more. */
  fence(run: string): void {
    const last = this.has('kassette/run') ? readFileSync(this.at('kassette/run'), 'utf8').trim() : '';
    if (last !== run) throw new Error('another run of kassette has begun meanwhile');
  }
}
