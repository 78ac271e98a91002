import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { copyTree } from '../simulation/cluster/world.ts';
import { bind, type Kind, makeDisk, mount, run, unmount } from './disks.ts';

/** Commands of the scripts after which a moment is kept: what changes a claim, what removes something, and what syncs. */
const WATCHED = ['mv', 'rm', 'sync'];

/** How a disk is found after a power cut: as far as it was written back, or with everything that was there. */
type Way = 'synced' | 'live';

/** One disk at one moment: paths of a copy of its file, and of a copy of what was in it. */
type Kept = Readonly<Record<Way, string>>;

/** What was on both disks at one moment. */
export interface Moment {
  /** The command, or the port call, after which it was. */
  readonly after: string;
  readonly volume: Kept;
  readonly data: Kept;
}

/** A node's volume on one disk and a data directory of it on another, both of which are watched. */
export class Disks {
  readonly moments: Moment[] = [];
  readonly #kind: Kind;
  readonly #root: string;
  readonly #volume: string;
  readonly #data: string;
  readonly #known = new Map<string, string>();

  /** @param data the directory below the volume that is the other disk */
  constructor(kind: Kind, root: string, volume: string, data: string) {
    this.#kind = kind;
    this.#root = root;
    this.#volume = volume;
    this.#data = data;
    for (const [disk, where] of this.#places) {
      makeDisk(kind, this.#image(disk));
      mount(kind, this.#image(disk), where);
    }
  }

  get #places() {
    return [
      ['volume', this.#volume],
      ['data', join(this.#volume, this.#data)],
    ] as const;
  }

  #image(disk: 'volume' | 'data'): string {
    return join(this.#root, `${disk}.img`);
  }

  /** What is there by now has been for long. From here on moments are kept: after each of those commands, too. */
  watch(): void {
    for (const [, where] of this.#places) run('sync', '-f', where);
    const programs = join(this.#root, 'programs');
    const [asked, answered] = [join(this.#root, 'asked'), join(this.#root, 'answered')];
    run('mkfifo', asked, answered);
    mkdirSync(programs);
    for (const name of WATCHED) {
      const real = run('sh', '-c', `command -v ${name}`).trim();
      const ask = `echo "${name} $*" > ${asked}; read -r _ < ${answered}`;
      writeFileSync(join(programs, name), `#!/bin/sh\n${real} "$@"\nstatus=$?\n${ask}\nexit $status\n`);
      chmodSync(join(programs, name), 0o755);
    }
    process.env['PATH'] = `${programs}:${process.env['PATH']}`;
    // For reading and writing: it is open whether or not a command runs.
    const answers = openSync(answered, 'r+');
    const requests = new Socket({ fd: openSync(asked, 'r+') });
    createInterface({ input: requests }).on('line', (command) => {
      this.keep(command);
      writeSync(answers, '\n');
    });
    requests.unref();
  }

  keep(after: string): void {
    const [volume, data] = this.#places.map(([disk, where]) => ({
      synced: this.#keepImage(disk),
      live: this.#keepTree(disk, where),
    }));
    if (volume !== undefined && data !== undefined) this.moments.push({ after, volume, data });
  }

  /** A copy during which something was written back is none of one moment, and is made again. */
  #keepImage(disk: 'volume' | 'data'): string {
    const image = this.#image(disk);
    for (;;) {
      const changed = () => statSync(image, { bigint: true }).mtimeNs;
      const before = changed();
      const kept = this.#once(`${disk} ${before}`, (path) => run('cp', '--sparse=always', image, path));
      if (changed() === before) return kept;
      this.#known.delete(`${disk} ${before}`);
    }
  }

  #keepTree(disk: string, where: string): string {
    const emptied = disk === 'volume' ? [join(this.#volume, this.#data)] : [];
    return this.#once(`${disk} ${stateOf(where, emptied)}`, (path) => copyTree(where, path, emptied));
  }

  /** What is as it was is kept once. */
  #once(key: string, make: (path: string) => void): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const path = join(this.#root, `kept-${this.#known.size}-${this.moments.length}`);
    make(path);
    this.#known.set(key, path);
    return path;
  }

  /** Show every moment's disks as they may be found after a power cut; not where all is there, which is no more than a kill. */
  async afterPowerCut(look: (volume: string, moment: Moment, way: string) => Promise<void>): Promise<number> {
    const seen = new Set<string>();
    const where = join(this.#root, 'found');
    for (const moment of this.moments) {
      for (const [volume, data] of WAYS) {
        const both = `${moment.volume[volume]} ${moment.data[data]}`;
        if (seen.has(both) && moment !== this.moments.at(-1)) continue;
        seen.add(both);
        this.#show(moment.volume, volume, where);
        this.#show(moment.data, data, join(where, this.#data));
        try {
          await look(where, moment, `volume ${volume}, data ${data}`);
        } finally {
          unmount(where);
        }
      }
    }
    return seen.size;
  }

  #show(kept: Kept, way: Way, where: string): void {
    if (way === 'live') {
      bind(kept.live, where);
      return;
    }
    // Mounting replays the journal, and this moment may be looked at again.
    const image = `${kept.synced}.found`;
    copyFileSync(kept.synced, image);
    mount(this.#kind, image, where);
    rmSync(image);
  }

  remove(): void {
    unmount(this.#volume);
    rmSync(this.#root, { recursive: true });
  }
}

/** Changes with whatever is changed below the directory. */
function stateOf(directory: string, emptied: readonly string[]): string {
  if (emptied.includes(directory)) return '';
  return readdirSync(directory, { withFileTypes: true })
    .map((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return `${entry.name}/{${stateOf(path, emptied)}}`;
      const { ino, nlink, size, mtimeNs } = statSync(path, { bigint: true });
      return [entry.name, ino, nlink, size, mtimeNs].join(':');
    })
    .join(' ');
}

const WAYS: readonly (readonly [volume: Way, data: Way])[] = [
  ['synced', 'synced'],
  ['synced', 'live'],
  ['live', 'synced'],
];
