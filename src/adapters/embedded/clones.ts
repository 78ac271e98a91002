import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { KassetteError } from '../../domain/errors.ts';
import { showSource } from '../../domain/transfer/source.ts';
import type { VolumeClones } from '../../ports/volume-clones.ts';

/** Copies of volumes in a directory of this machine. */
export const embeddedClones: VolumeClones = {
  async find(from, [like]) {
    if (from.kind !== 'path') {
      throw new KassetteError(
        'USAGE',
        `--from ${showSource(from)} is for Kubernetes.`,
        'Nothing was changed. For an embedded cluster name a directory with the copies: `--from path:DIR`.',
      );
    }
    if (like === undefined) return [];
    const home = resolve(from.directory);
    const names = directoriesIn(home).filter((name) => existsSync(join(home, name, 'kassette')));
    if (names.length === 0) {
      throw new KassetteError(
        'NOT_FOUND',
        `No directory in ${home} is a copy of a volume with a backup in it.`,
        'Nothing was changed. Name the directory that holds the copies, each in a directory of its own.',
      );
    }
    return names.map((name) => {
      const volume = join(home, name);
      const dataDirectories = like.dataDirectories.map((d) => join(volume, relative(like.volume, d)));
      return { ...like, name, volume, dataDirectories };
    });
  },
  async coMount() {
    return null;
  },
  async release() {},
};

function directoriesIn(home: string): readonly string[] {
  try {
    return readdirSync(home, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted();
  } catch {
    return [];
  }
}
