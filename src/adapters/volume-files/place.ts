import { constants, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, orFail, orNone } from './entries.ts';
import { isLink, plain, unsafe } from './plain.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** Write a file below `root` under another name, sync it, and rename it. */
export async function put(root: string, relative: string, text: string): Promise<void> {
  const path = await plain(root, relative);
  await orFail(path, async () => {
    const part = `${path}.part`;
    // What is there is an interrupted run's, or a trap: it is never written into.
    await fs.rm(part, { force: true });
    const file = await fs.open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(part, path);
    await syncDirectory(dirname(path));
  });
}

/** Remove a file or directory below `root`; a link there is removed itself. */
export async function remove(root: string, relative: string): Promise<void> {
  const directory = await plain(root, dirname(relative));
  const path = join(root, relative);
  await orFail(path, async () => {
    await fs.rm(path, { recursive: true, force: true });
    await syncDirectory(directory);
  });
}

/**
 * Make what is missing of a path below `root`, each directory with the owner and mode of the one that it is in.
 * @throws UNSAFE_VOLUME where something on the way is no directory
 */
export async function makeDirectory(root: string, relative: string): Promise<void> {
  let path = root;
  for (const name of relative.split('/').filter((n) => n !== '' && n !== '.')) {
    const parent = path;
    path = join(parent, name);
    await makeOne(path, parent);
  }
}

async function makeOne(path: string, like: string): Promise<void> {
  const there = await orNone(path, () => fs.lstat(path));
  if (there?.isDirectory()) return;
  if (there !== null) throw there.isSymbolicLink() ? isLink(path) : unsafe(`${path} is not a directory.`);
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    await orFail(path, () => Promise.reject(error));
  }
  const { uid, gid, mode } = await orFail(like, () => fs.stat(like));
  await takeOver(path, { uid, gid, mode });
  await orFail(like, () => syncDirectory(like));
}

/** Owner, group and mode. Who is not root can give nothing away, and need not: what it makes is its own. */
export async function takeOver(
  path: string,
  { uid, gid, mode }: { readonly uid: number; readonly gid: number; readonly mode: number },
): Promise<void> {
  const own = await orFail(path, () => fs.lstat(path));
  if (own.isSymbolicLink()) throw isLink(path);
  if (own.uid !== uid || own.gid !== gid) {
    await fs.lchown(path, uid, gid).catch(async (error) => {
      if (codeOf(error) !== 'EPERM') await orFail(path, () => Promise.reject(error));
    });
  }
  await orFail(path, () => fs.chmod(path, mode & 0o7777));
}

/** What was linked into or moved out of a directory is on the disk after that. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
