import assert from 'node:assert/strict';
import { existsSync, promises as fs, mkdtempSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cleanVolume } from '../../../src/engine/verbs/clean-volume.ts';
import { openVolume } from '../../../src/wiring.ts';
import { makeBackup, makeVolume, TAG } from './crashed-volume.ts';

/*
 * What POSIX promises of a power cut: a name that was made, moved or removed is as it was before, until its directory is synced, and a new
 * file is empty until it is synced itself. File systems keep more, some of them; a test on one of these would pass without any sync.
 */

/** A journal of the volume comes to its place. */
interface Moment {
  readonly journal: string;
  /** Directories of which not all names are on the disk. */
  readonly directories: readonly string[];
  /** New files that may still be empty, the journal's own included. */
  readonly files: readonly string[];
}

function unsyncedAtJournals(t: TestContext, root: string): readonly Moment[] {
  const unsynced = new Set<string>();
  const unwritten = new Set<string>();
  const moments: Moment[] = [];
  const changed = (...paths: readonly unknown[]) => {
    for (const path of paths) if (String(path).startsWith(root)) unsynced.add(dirname(String(path)));
  };
  const { rename, link, mkdir, open } = fs;
  t.mock.method(fs, 'rename', async (from: string, to: string) => {
    if (to.endsWith('cold.json')) {
      const directories = [...unsynced].filter((d) => existsSync(d));
      moments.push({ journal: await fs.readFile(from, 'utf8'), directories, files: [...unwritten] });
    }
    await rename(from, to);
    changed(from, to);
    if (unwritten.delete(from)) unwritten.add(to);
    // The directory itself has moved, and what was not synced in it with it.
    for (const d of [...unsynced]) if (d === from || d.startsWith(`${from}/`)) unsynced.delete(d);
  });
  t.mock.method(fs, 'link', async (from: string, to: string) => {
    await link(from, to);
    changed(to);
  });
  t.mock.method(fs, 'mkdir', async (path: string) => {
    await mkdir(path);
    changed(path);
  });
  t.mock.method(
    fs,
    'open',
    async (path: string, flags: string | number, mode?: number): Promise<FileHandle> => {
      const isNew = !existsSync(path);
      const file = await open(path, flags, mode);
      if (isNew) {
        changed(path);
        unwritten.add(path);
      }
      const sync = file.sync.bind(file);
      file.sync = async () => {
        await sync();
        unsynced.delete(path);
        unwritten.delete(path);
      };
      return file;
    },
  );
  return moments;
}

test('when a cold restore says that it is done, every name that it has moved or made is on the disk, and every file that it has written', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'kassette-durable-'));
  t.after(() => rmSync(root, { recursive: true }));
  makeVolume(root);
  makeBackup(root, TAG);
  const moments = unsyncedAtJournals(t, root);
  const quiet = {
    step: async <T>(_: string, work: (r: never) => Promise<T>) => work(NONE as never),
    warn() {},
  };
  await cleanVolume(openVolume(root, quiet), {
    ...{ tag: TAG, dryRun: false, listed: false, keepDisplaced: false, verify: 'quick', again: false },
    ...{ elsewhere: false, expected: {}, signal: new AbortController().signal },
  });
  const own = dirname(`kassette/${TAG}/cold.json`);
  assert.equal(moments.length, 2);
  const [begun, ended] = moments;
  assert.match(ended?.journal ?? '', /"stage":"restored"/);
  assert.deepEqual(begun?.files, []);
  assert.deepEqual(ended?.files, []);
  const left = ended?.directories.map((d) => relative(root, d)).filter((d) => d !== own);
  assert.deepEqual(left, []);
});

const NONE = { count() {}, note() {} };
