import { promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, orFail, orNone } from './entries.ts';

/** Write a file under another name, sync it, and rename it. */
export async function put(path: string, text: string): Promise<void> {
  await orFail(path, async () => {
    const part = `${path}.part`;
    const file = await fs.open(part, 'w');
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

/** Make what is missing of a path below `root`, each directory with the owner and mode of the one that it is in. */
export async function makeDirectory(root: string, relative: string): Promise<void> {
  let path = root;
  for (const name of relative.split('/').filter((n) => n !== '' && n !== '.')) {
    const parent = path;
    path = join(parent, name);
    await makeOne(path, parent);
  }
}

async function makeOne(path: string, like: string): Promise<void> {
  if ((await orNone(path, () => fs.lstat(path))) !== null) return;
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    await orFail(path, () => Promise.reject(error));
  }
  const { uid, gid, mode } = await orFail(like, () => fs.stat(like));
  await takeOver(path, { uid, gid, mode });
}

/** Owner, group and mode. Who is not root can give nothing away, and need not: what it makes is its own. */
export async function takeOver(
  path: string,
  { uid, gid, mode }: { readonly uid: number; readonly gid: number; readonly mode: number },
): Promise<void> {
  const own = await orFail(path, () => fs.stat(path));
  if (own.uid !== uid || own.gid !== gid) {
    await fs.chown(path, uid, gid).catch(async (error) => {
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
