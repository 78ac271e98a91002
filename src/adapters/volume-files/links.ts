import { constants, promises as fs } from 'node:fs';
import { basename } from 'node:path';
import { parseComponent } from '../../domain/sstables/sstable.ts';
import { UnreadableStatistics, unrepaired } from '../../domain/sstables/statistics.ts';
import { isMissing, orFail } from './entries.ts';
import { takeOver } from './place.ts';
import { bytesOf } from './plain.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Cassandra appends to a TOC.txt in place when it builds an index: that of the snapshot must not be the same file. */
const isToc = (path: string) => path.endsWith('-TOC.txt');

/**
 * What a file of the backup is as a live one; null where it is the same file.
 * @param isUnrepaired it must not call rows repaired; one that cannot be read stays as it is
 */
async function asLive(from: string, isUnrepaired: boolean): Promise<Buffer | null> {
  if (isToc(from)) return (await orFail(from, () => bytesOf(from))) ?? Buffer.alloc(0);
  const name = parseComponent(basename(from));
  const bytes = isUnrepaired && name !== null ? await orFail(from, () => bytesOf(from)) : null;
  if (bytes === null || name === null) return null;
  try {
    return unrepaired(name, bytes);
  } catch (error) {
    if (error instanceof UnreadableStatistics) return null;
    throw error;
  }
}

export async function link(from: string, to: string, isUnrepaired: boolean): Promise<void> {
  const bytes = await asLive(from, isUnrepaired);
  if (bytes !== null) return copy(from, to, bytes);
  try {
    await fs.link(from, to);
  } catch (error) {
    if (await isSame(from, to)) return;
    await orFail(to, () => Promise.reject(error));
  }
}

async function copy(from: string, to: string, bytes: Buffer): Promise<void> {
  await orFail(to, async () => {
    await fs.rm(to, { force: true });
    const file = await fs.open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    await file
      .writeFile(bytes)
      .then(() => file.sync())
      .finally(() => file.close());
    await takeOver(to, await fs.lstat(from));
  });
}

export async function isInPlace(from: string, to: string, isUnrepaired: boolean): Promise<boolean> {
  const expected = await asLive(from, isUnrepaired);
  if (expected === null) return isSame(from, to);
  return (await bytesOf(to))?.equals(expected) === true;
}

async function isSame(from: string, to: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([fs.lstat(from, { bigint: true }), fs.lstat(to, { bigint: true })]);
    return a.ino === b.ino && a.dev === b.dev;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
