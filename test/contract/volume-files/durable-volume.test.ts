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
 * What POSIX promises of a power cut: a name that was made, moved or removed is as it was before, until its directory is synced. File
 * systems keep more, some of them; a test on one of these would pass without any sync of a directory.
 */

/** Directories of which not all names are on the disk, at each moment at which a journal of this volume comes to its place. */
function unsyncedAtJournals(t: TestContext, root: string): readonly (readonly [string, readonly string[]])[] {
  const unsynced = new Set<string>();
  const moments: [string, readonly string[]][] = [];
  const changed = (...paths: readonly unknown[]) => {
    for (const path of paths) if (String(path).startsWith(root)) unsynced.add(dirname(String(path)));
  };
  const { rename, link, mkdir, open } = fs;
  t.mock.method(fs, 'rename', async (from: string, to: string) => {
    if (to.endsWith('cold.json'))
      moments.push([await fs.readFile(from, 'utf8'), [...unsynced].filter((d) => existsSync(d))]);
    await rename(from, to);
    changed(from, to);
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
      if (isNew) changed(path);
      const sync = file.sync.bind(file);
      file.sync = async () => {
        await sync();
        unsynced.delete(path);
      };
      return file;
    },
  );
  return moments;
}

test('when a cold restore says that it is done, every name that it has moved or made is on the disk', async (t) => {
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
  const left = moments.map(([, directories]) =>
    directories.map((d) => relative(root, d)).filter((d) => d !== own),
  );
  assert.equal(moments.length, 2);
  assert.match(moments[1]?.[0] ?? '', /"stage":"restored"/);
  assert.deepEqual(left[1], []);
});

const NONE = { count() {}, note() {} };
