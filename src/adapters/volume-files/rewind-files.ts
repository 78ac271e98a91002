import { promises as fs } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ARCHIVE } from '../../domain/archive/archiving.ts';
import { parseSegmentName } from '../../domain/archive/segments.ts';
import { COMMITLOG } from '../../domain/restore/cold-plan.ts';
import {
  BEFORE,
  DISCARDED,
  HOME,
  JOURNAL,
  REPLAY_LOG,
  REWOUND,
  SEGMENTS,
} from '../../domain/rewind/journal.ts';
import { checkSegment } from '../../domain/rewind/log-check.ts';
import type { SegmentFile } from '../../domain/rewind/node-log.ts';
import type { RewindVolume } from '../../ports/rewind-volume.ts';
import { entriesOf, orFail, orNone } from './entries.ts';
import { makeDirectory, put, remove, syncDirectory, takeOver } from './place.ts';
import { bytesOf, plain, textOf } from './plain.ts';

/** Of what an archive says when it stops; its script writes one line. */
const MOST_STOPPED = 1024;

/** `RewindVolume` on a directory. */
export function rewindFiles(root: string): RewindVolume {
  const write = (path: string) => (text: string | null) =>
    text === null ? remove(root, path) : put(root, path, text);
  return {
    rewound: async () => textOf(await plain(root, REWOUND)),
    restored: async () => textOf(await plain(root, 'kassette/restored.json')),
    async freeBytes() {
      const { bavail, bsize } = await orFail(root, () => fs.statfs(root));
      return bavail * bsize;
    },
    writeJournal: write(JOURNAL),
    writeRewound: write(REWOUND),
    invalidate: (tag) => remove(root, `kassette/${tag}/complete`),
    async segments(from) {
      // The archive last: one that is archived and removed meanwhile is there by then.
      const log = await segmentsIn(root, from === 'live' ? COMMITLOG : `${BEFORE}/${COMMITLOG}`);
      const archived = await segmentsIn(root, from === 'live' ? ARCHIVE : SEGMENTS);
      return [...new Map([...log, ...archived].map((s) => [s.id, s] as const)).values()];
    },
    async stopped(from) {
      const text = await textOf(await plain(root, `${from === 'live' ? ARCHIVE : SEGMENTS}/stopped`));
      return text?.slice(0, MOST_STOPPED) ?? null;
    },
    async checkSegment({ id, name, path }) {
      const bytes =
        (await bytesOf(await plain(root, path))) ?? (await bytesOf(await plain(root, `${ARCHIVE}/${name}`)));
      if (bytes === null) return { kind: 'damaged', at: 0, why: 'it is gone', torn: false };
      return checkSegment(id, bytes);
    },
    setArchiveAside: () => swap(root, ARCHIVE, SEGMENTS),
    async discard() {
      await remove(root, DISCARDED);
      await remove(root, REPLAY_LOG);
    },
    putBack: () => putBack(root),
    forget: () => remove(root, HOME),
  };
}

async function segmentsIn(root: string, directory: string): Promise<readonly SegmentFile[]> {
  const found: SegmentFile[] = [];
  for (const { name } of await entriesOf(await plain(root, directory))) {
    const id = parseSegmentName(name);
    if (id === null) continue;
    const path = `${directory}/${name}`;
    // The node may have ended one meanwhile, and removed it when it was archived.
    const there = await orNone(path, () => fs.lstat(join(root, path)));
    if (there?.isFile()) found.push({ name, id, bytes: there.size, modifiedAt: there.mtimeMs, path });
  }
  return found;
}

/** Move a directory away, and make an empty one like it in its place. Where it was moved before, what is in its place is left. */
async function swap(root: string, from: string, to: string): Promise<void> {
  const [source, target] = [await plain(root, from), await plain(root, to)];
  if ((await orNone(target, () => fs.lstat(target))) === null) {
    await makeDirectory(root, dirname(to));
    const moved = await orNone(source, async () => {
      await fs.rename(source, target);
      return true;
    });
    // So that a second run does not move the empty one.
    if (moved === null) await makeDirectory(root, to);
    await orFail(target, () => syncDirectory(dirname(target)));
  }
  await makeDirectory(root, from);
  await orFail(source, async () => {
    await takeOver(source, await fs.lstat(target));
    await syncDirectory(dirname(source));
  });
}

/** Killed at any point, what was moved is not there any more, and the rest is moved. */
async function putBack(root: string): Promise<void> {
  for (const path of await filesBelow(root, BEFORE, '')) {
    if (path.startsWith(`${COMMITLOG}/`)) continue;
    await makeDirectory(root, dirname(path));
    await orFail(path, () => fs.rename(join(root, BEFORE, path), join(root, path)));
    for (const directory of [dirname(path), dirname(`${BEFORE}/${path}`)])
      await orFail(directory, () => syncDirectory(join(root, directory)));
  }
  await replaceBy(root, SEGMENTS, ARCHIVE);
  // Of a run that was killed when it put the guard there.
  await remove(root, `${COMMITLOG}.part`);
  // Last: as long as its directory is a file, no Cassandra starts.
  await replaceBy(root, `${BEFORE}/${COMMITLOG}`, COMMITLOG);
}

async function replaceBy(root: string, from: string, to: string): Promise<void> {
  const source = await plain(root, from);
  if ((await orNone(source, () => fs.lstat(source))) === null) return;
  const target = await plain(root, to);
  // What is removed piece by piece must not look whole: it gets another name first.
  const gone = await plain(root, `${DISCARDED}/${basename(to)}`);
  await makeDirectory(root, DISCARDED);
  await remove(root, `${DISCARDED}/${basename(to)}`);
  await orNone(target, () => fs.rename(target, gone));
  await orFail(target, async () => {
    await fs.rename(source, target);
    await syncDirectory(dirname(source));
    await syncDirectory(dirname(target));
  });
}

async function filesBelow(root: string, top: string, below: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await entriesOf(await plain(root, join(top, below)))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await filesBelow(root, top, path)));
    else files.push(path);
  }
  return files;
}
