import { createReadStream, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { KassetteError } from '../../domain/errors.ts';
import { COMMITLOG, type ColdPlan } from '../../domain/restore/cold-plan.ts';
import type { OfflineVolume } from '../../ports/offline-volume.ts';
import { findBackups, readBackup } from './backup.ts';
import { entriesOf, isMissing, orFail, orNone, textOf } from './entries.ts';
import { inGroups } from './groups.ts';
import { findLive } from './live.ts';
import { makeDirectory, put, syncDirectory, takeOver } from './place.ts';
import { userOf } from './user.ts';

const GUARD =
  'kassette clean-volume works on this volume, or was interrupted. Cassandra must not start on it: run it again.\n';

/** `OfflineVolume` on a directory, by nothing but calls of the operating system: the image of kassette has no shell. */
export function volumeFiles(root: string, name: string): OfflineVolume {
  const at = (path: string) => join(root, path);
  const commitlog = at(COMMITLOG);
  return {
    name,
    check: () => check(root),
    user: () => orFail(root, () => userOf(root)),
    backups: () => findBackups(root),
    read: (tag) => readBackup(root, tag),
    live: () => findLive(root),
    checksum: (path) => orFail(at(path), () => checksum(at(path))),
    wasStarted: async () => (await entriesOf(commitlog)).length > 0,
    async writeJournal(tag, journal) {
      await put(at(`kassette/${tag}/cold.json`), journal);
      for (const other of await findBackups(root)) {
        if (other.tag !== tag && other.cold !== null) await remove(at(`kassette/${other.tag}/cold.json`));
        if (other.journal !== null) await remove(at(`kassette/${other.tag}/restore.json`));
      }
      for (const name of ['tables.json', 'staging', 'run']) await remove(at(`kassette/${name}`));
    },
    async guard(aside) {
      const there = await orNone(commitlog, () => fs.lstat(commitlog));
      if (there?.isDirectory()) {
        await makeDirectory(root, aside);
        await orFail(commitlog, () => fs.rename(commitlog, at(`${aside}/${COMMITLOG}`)));
      }
      await put(commitlog, GUARD);
    },
    async displace(plan, aside) {
      const moves = [...plan.moves, ...plan.empties].map((p) => [at(p), at(`${aside}/${p}`)] as const);
      await inGroups(
        moves,
        ([, to]) => dirname(to),
        async (directory, own) => {
          await makeDirectory(root, directory.slice(root.length));
          for (const [from, to] of own) await orNone(from, () => fs.rename(from, to));
        },
      );
    },
    async link(plan) {
      await inGroups(
        paths(root, plan),
        ([, to]) => dirname(to),
        async (directory, own) => {
          await makeDirectory(root, directory.slice(root.length));
          for (const [from, to] of own) await link(from, to);
          await orFail(directory, () => syncDirectory(directory));
        },
      );
    },
    async notLinked(plan) {
      const wrong: string[] = [];
      await inGroups(
        paths(root, plan),
        ([, to]) => dirname(to),
        async (_, own) => {
          for (const [from, to] of own)
            if (!(await isInPlace(from, to))) wrong.push(to.slice(root.length + 1));
        },
      );
      return wrong;
    },
    unguard: (aside) => unguard(root, commitlog, at(`${aside}/${COMMITLOG}`)),
  };
}

async function remove(path: string): Promise<void> {
  await orFail(path, async () => {
    await fs.rm(path, { recursive: true, force: true });
    await syncDirectory(dirname(path));
  });
}

function paths(root: string, plan: ColdPlan): readonly (readonly [string, string])[] {
  return plan.links.map(([from, to]) => [join(root, from), join(root, to)]);
}

async function check(root: string): Promise<void> {
  const there = await orNone(root, () => fs.stat(root));
  const log = await orNone(join(root, COMMITLOG), () => fs.lstat(join(root, COMMITLOG)));
  // Where a run was interrupted at the very end there is none for a moment.
  const begun = log === null && (await findBackups(root)).some((b) => b.cold !== null);
  if (there?.isDirectory() && (begun || (log !== null && !log.isSymbolicLink()))) return;
  throw new KassetteError(
    'NO_VOLUME',
    there?.isDirectory()
      ? `${root} has no ${COMMITLOG} directory: it is not the volume of a node, or its commit log is in another place and would be replayed.`
      : `${root} is not a directory.`,
    'Nothing was changed. Name the directory that is mounted at /var/lib/cassandra.',
  );
}

async function unguard(root: string, commitlog: string, old: string): Promise<void> {
  if ((await orNone(commitlog, () => fs.lstat(commitlog)))?.isDirectory()) return;
  // Made under another name: as soon as the name is free Cassandra may start, and takes what it finds.
  const fresh = join(root, 'kassette', 'commitlog.part');
  await makeDirectory(root, 'kassette/commitlog.part');
  const like = await orNone(old, () => fs.stat(old));
  if (like !== null) await takeOver(fresh, like);
  await orFail(commitlog, async () => {
    await fs.rm(commitlog, { force: true });
    await fs.rename(fresh, commitlog);
    await syncDirectory(root);
  });
}

/** Cassandra appends to a TOC.txt in place when it builds an index: that of the snapshot must not be the same file. */
const isToc = (path: string) => path.endsWith('-TOC.txt');

async function link(from: string, to: string): Promise<void> {
  if (isToc(from)) return copy(from, to);
  try {
    await fs.link(from, to);
  } catch (error) {
    if (await isSame(from, to)) return;
    await orFail(to, () => Promise.reject(error));
  }
}

async function copy(from: string, to: string): Promise<void> {
  await orFail(to, async () => {
    await fs.copyFile(from, to);
    const file = await fs.open(to, 'r');
    await file.sync().finally(() => file.close());
    await takeOver(to, await fs.stat(from));
  });
}

async function isInPlace(from: string, to: string): Promise<boolean> {
  if (!isToc(from)) return isSame(from, to);
  const [expected, found] = await Promise.all([textOf(from), textOf(to)]);
  return expected !== null && expected === found;
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

async function checksum(path: string): Promise<string> {
  let sum = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) sum = crc32(chunk, sum);
  return String(sum);
}
