import { promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { KassetteError } from '../../domain/errors.ts';
import { COMMITLOG } from '../../domain/restore/cold-plan.ts';
import { JOURNAL } from '../../domain/rewind/journal.ts';
import type { OfflineVolume } from '../../ports/offline-volume.ts';
import { findBackups, readBackup } from './backup.ts';
import { checksum } from './checksum.ts';
import { entriesOf, orFail, orNone } from './entries.ts';
import { inGroups } from './groups.ts';
import { isInPlace, link } from './links.ts';
import { findLive } from './live.ts';
import { makeDirectory, put, remove, syncDirectory, takeOver } from './place.ts';
import { plain, textOf } from './plain.ts';
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
    rewinding: async () => textOf(await plain(root, JOURNAL)),
    read: (tag) => readBackup(root, tag),
    live: () => findLive(root),
    checksum: (path, kind) => orFail(at(path), () => checksum(at(path), kind)),
    wasStarted: async () => (await entriesOf(commitlog)).length > 0,
    async writeJournal(tag, journal) {
      await put(root, `kassette/${tag}/cold.json`, journal);
      for (const other of await findBackups(root)) {
        if (other.tag !== tag && other.cold !== null) await remove(root, `kassette/${other.tag}/cold.json`);
        if (other.journal !== null) await remove(root, `kassette/${other.tag}/restore.json`);
      }
      for (const name of ['tables.json', 'staging', 'run', 'run.live'])
        await remove(root, `kassette/${name}`);
    },
    async guard(aside) {
      const there = await orNone(commitlog, () => fs.lstat(commitlog));
      if (there?.isDirectory()) {
        await makeDirectory(root, aside);
        await orFail(commitlog, () => fs.rename(commitlog, at(`${aside}/${COMMITLOG}`)));
        await orFail(at(aside), () => syncDirectory(at(aside)));
      }
      await put(root, COMMITLOG, GUARD);
    },
    async displace(plan, aside) {
      await inGroups([...plan.moves, ...plan.empties], dirname, async (directory, own) => {
        await plain(root, directory);
        await makeDirectory(root, `${aside}/${directory}`);
        for (const path of own) await orNone(at(path), () => fs.rename(at(path), at(`${aside}/${path}`)));
        // A directory that is gone has nothing to come back.
        for (const moved of [`${aside}/${directory}`, directory])
          await orNone(at(moved), () => syncDirectory(at(moved)));
      });
    },
    async link(plan) {
      const unrepaired = new Set(plan.unrepaired);
      await inGroups(
        plan.links,
        ([, to]) => dirname(to),
        async (directory, own) => {
          await makeDirectory(root, directory);
          for (const [from, to] of own) await link(at(from), at(to), unrepaired.has(to));
          await orFail(at(directory), () => syncDirectory(at(directory)));
        },
      );
    },
    async notLinked(plan) {
      const wrong: string[] = [];
      const unrepaired = new Set(plan.unrepaired);
      await inGroups(
        plan.links,
        ([, to]) => dirname(to),
        async (_, own) => {
          for (const [from, to] of own)
            if (!(await isInPlace(at(from), at(to), unrepaired.has(to)))) wrong.push(to);
        },
      );
      return wrong;
    },
    unguard: (aside) => unguard(root, commitlog, `${aside}/${COMMITLOG}`),
  };
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

/** Never what lies there: commit log segments in it would be replayed. */
const FRESH = 'kassette/commitlog.part';

async function unguard(root: string, commitlog: string, old: string): Promise<void> {
  if ((await orNone(commitlog, () => fs.lstat(commitlog)))?.isDirectory()) return;
  // Made under another name: as soon as the name is free Cassandra may start, and takes what it finds.
  const fresh = join(root, FRESH);
  await remove(root, FRESH);
  await makeDirectory(root, FRESH);
  const before = await plain(root, old);
  const like = await orNone(before, () => fs.lstat(before));
  if (like?.isDirectory()) await takeOver(fresh, like);
  await orFail(fresh, () => syncDirectory(fresh));
  await orFail(commitlog, async () => {
    await fs.rm(commitlog, { force: true });
    await fs.rename(fresh, commitlog);
    await syncDirectory(root);
  });
}
