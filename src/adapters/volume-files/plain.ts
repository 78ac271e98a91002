import { constants, promises as fs } from 'node:fs';
import { join } from 'node:path';
import { KassetteError } from '../../domain/errors.ts';
import { isMissing, orNone } from './entries.ts';

/*
 * A volume is anybody's work, and root may restore it: a link in it could lead to any file of the machine. kassette makes none in a
 * volume, and Cassandra none where it keeps data, so none is followed. Nobody else works on the volume meanwhile; that is checked.
 */

/** Journals and digests are small; a manifest of a node with 300,000 SSTables has 128 MiB. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * The path below the volume, where no name on the way to it, its own included, is a link.
 * @throws UNSAFE_VOLUME
 */
export async function plain(root: string, relative: string): Promise<string> {
  let path = root;
  for (const name of relative.split('/').filter((n) => n !== '' && n !== '.')) {
    path = join(path, name);
    const there = await orNone(path, () => fs.lstat(path));
    if (there?.isSymbolicLink()) throw isLink(path);
  }
  return path;
}

/** A small file's text; null where there is none. @throws UNSAFE_VOLUME where it is a link, no plain file, or too big */
export async function textOf(path: string): Promise<string | null> {
  return (await bytesOf(path))?.toString() ?? null;
}

/** Likewise, as they are. */
export async function bytesOf(path: string): Promise<Buffer | null> {
  return orNone(path, async () => {
    const file = await openPlain(path);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw unsafe(`${path} is not a plain file.`);
      if (stat.size > MOST_BYTES) throw unsafe(`${path} is too big to be what kassette or Cassandra wrote.`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  });
}

/** Open for reading, never through a link and without waiting for a writer of a pipe. */
export async function openPlain(path: string): Promise<fs.FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    return await fs.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) throw error;
    const there = await fs.lstat(path);
    if (there.isSymbolicLink()) throw isLink(path);
    if (there.isSocket()) throw unsafe(`${path} is not a plain file.`);
    throw error;
  }
}

export function isLink(path: string): KassetteError {
  return unsafe(`${path} is a symbolic link, which kassette does not follow.`);
}

export function unsafe(message: string): KassetteError {
  return new KassetteError(
    'UNSAFE_VOLUME',
    message,
    'Find out who made it: kassette makes nothing of that kind, and it may lead out of the volume. Remove it, or restore the volume from another restore point; then run the same command again.',
  );
}
