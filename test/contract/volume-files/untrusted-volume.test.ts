import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { Manifest } from '../../../src/domain/backup/manifest.ts';
import type { CleanVolumeOptions } from '../../../src/engine/cold/volume/options.ts';
import { cleanVolume } from '../../../src/engine/verbs/clean-volume.ts';
import { openVolume } from '../../../src/wiring.ts';
import { makeBackup, makeVolume, put, TABLES, TAG } from './crashed-volume.ts';

// `clean-volume --path` on a volume that somebody made to reach what lies beside it. Root runs it, so that rights stop nothing.
const OTHER = 'kassette-20260302T021500Z-3c4d';
const QUIET = { step: <T>(_: string, work: (r: typeof NONE) => Promise<T>) => work(NONE), warn() {} };
const NONE = { count() {}, note() {} };
const OPTIONS: CleanVolumeOptions = {
  ...{ tag: undefined, dryRun: false, listed: false, keepDisplaced: false, verify: 'quick' },
  ...{ again: false, elsewhere: false, expected: {}, signal: new AbortController().signal },
};
let home: string;
let root: string;
let outside: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kassette-untrusted-'));
  root = join(home, 'volume');
  outside = join(home, 'outside');
  makeVolume(root);
  for (const path of ['run/pid', 'staging/a', 'tables.json', 'cold.json', 'restore.json', 'precious'])
    put(outside, path, 'precious');
});
afterEach(() => rmSync(home, { recursive: true }));

const at = (path: string) => join(root, path);
const clean = (options: Partial<CleanVolumeOptions> = {}) =>
  cleanVolume(openVolume(root, QUIET), { ...OPTIONS, ...options });

/** All that is beside the volume: names, contents, owners and modes. */
function seen(): readonly string[] {
  return readdirSync(outside, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const { mode, uid, gid, nlink } = lstatSync(join(outside, name));
      const text = statSync(join(outside, name)).isFile() ? readFileSync(join(outside, name), 'utf8') : '';
      return [name, mode, uid, gid, nlink, text].join(' ');
    });
}

/** Replace what is there by a link to something beside the volume. */
function lead(path: string, to: string): void {
  rmSync(at(path), { recursive: true, force: true });
  mkdirSync(join(at(path), '..'), { recursive: true });
  symlinkSync(join(outside, to), at(path));
}

/** Move what is there out of the volume, and lead to it. */
function moveOut(path: string, to: string): void {
  execFileSync('mv', ['-T', at(path), join(outside, to)]);
  lead(path, to);
}

const KEPT = `kassette/${TAG}`;
const SNAPSHOT = `${TABLES.indexed}/snapshots/${TAG}`;
const LINKS: Readonly<Record<string, () => void>> = {
  'the directory of kassette': () => moveOut('kassette', 'kassette'),
  'the directory of the backup': () => moveOut(KEPT, 'backup'),
  'the directory of another backup': () => lead(`kassette/${OTHER}`, ''),
  'a journal': () => lead(`${KEPT}/cold.json`, 'precious'),
  'the manifest': () => moveOut(`${KEPT}/backup.json`, 'backup.json'),
  'where files are moved aside': () => lead(`kassette/displaced-${TAG}`, ''),
  'a directory of snapshots': () => moveOut(`${TABLES.indexed}/snapshots`, 'snapshots'),
  'a snapshot': () => moveOut(SNAPSHOT, 'snapshot'),
  "an index's directory in a snapshot": () => moveOut(`${SNAPSHOT}/.idx`, 'idx'),
  'a file of a snapshot': () => moveOut(`${SNAPSHOT}/nb-1-big-Data.db`, 'Data.db'),
  'a digest of a snapshot': () => moveOut(`${SNAPSHOT}/nb-1-big-Digest.crc32`, 'Digest.crc32'),
  'the hints': () => lead('hints', ''),
  'the saved caches': () => lead('saved_caches', 'run'),
  'the commit log': () => lead('commitlog', ''),
  'a keyspace': () => moveOut(dirname(TABLES.indexed), 'ks'),
  'a data directory': () => moveOut('data2', 'data2'),
};

for (const [what, make] of Object.entries(LINKS)) {
  test(`${what} leads out of the volume: refused, and nothing out there is touched`, async () => {
    make();
    const before = seen();
    await assert.rejects(clean(), { name: 'KassetteError' });
    assert.deepEqual(seen(), before);
  });
}

const WRITTEN: Readonly<Record<string, () => void>> = {
  'a journal is written to first': () => lead(`${KEPT}/cold.json.part`, 'precious'),
  'a run could have moved files aside to': () => lead(`kassette/displaced-${TAG}/1`, ''),
  'the guard is written to first': () => lead('commitlog.part', 'precious'),
  'the new commit log is made in': () => lead('kassette/commitlog.part', ''),
  'an index has live files in': () => lead(`${TABLES.indexed}/.idx`, ''),
  'single tables are staged in': () => lead('kassette/staging', 'staging'),
  'the last run is written to': () => lead('kassette/run', 'precious'),
  'live files have': () => lead(`${TABLES.indexed}/nb-1-big-Data.db`, 'precious'),
};

for (const [what, make] of Object.entries(WRITTEN)) {
  test(`a name that ${what} leads out of the volume: nothing out there is touched`, async () => {
    make();
    const before = seen();
    await clean().catch((error: Error) => assert.equal(error.name, 'KassetteError'));
    assert.deepEqual(seen(), before);
    assert(!lstatSync(at('commitlog')).isSymbolicLink());
  });
}

test('a commit log that was laid ready is not taken for an empty one', async () => {
  put(root, 'kassette/commitlog.part/CommitLog-7-9.log', 'writes of whoever laid it there');
  await clean();
  assert.deepEqual(readdirSync(at('commitlog')), []);
});

test('a list of components that leads to a file beside the volume does not bring that in', async () => {
  moveOut(`${SNAPSHOT}/nb-1-big-TOC.txt`, 'TOC.txt');
  await assert.rejects(clean(), { code: 'UNSAFE_VOLUME', message: /TOC\.txt is a symbolic link/ });
});

for (const name of ['backup.json', 'complete', 'cold.json']) {
  test(`a ${name} that never ends, or that is too big to be read, is refused`, async () => {
    rmSync(at(`${KEPT}/${name}`), { force: true });
    execFileSync('mkfifo', [at(`${KEPT}/${name}`)]);
    await assert.rejects(clean(), { code: 'UNSAFE_VOLUME', message: /is not a plain file/ });
    rmSync(at(`${KEPT}/${name}`));
    put(root, `${KEPT}/${name}`, '');
    truncateSync(at(`${KEPT}/${name}`), 2 ** 40);
    await assert.rejects(clean(), { code: 'UNSAFE_VOLUME', message: /is too big/ });
  });
}

test('numbers that no run has given to what it moved aside are not counted on', async () => {
  for (const name of ['9007199254740991', '1e300', '0x10', '01'])
    mkdirSync(at(`kassette/displaced-${TAG}/${name}`), { recursive: true });
  assert.equal((await clean()).displaced, `kassette/displaced-${TAG}/1`);
});

/** Manifests that are what their marker vouches for, and want what no kassette ever wrote. */
const FORGED: Readonly<Record<string, (m: Manifest) => Partial<Manifest>>> = {
  'a host id that is a path': ({ node }) => ({ node: { ...node, hostId: '../../../outside' } }),
  'an address that is none': ({ nodes }) => ({
    nodes: nodes.map((n) => ({ ...n, address: 'metadata.internal/latest?' })),
  }),
  'a table in another directory': ({ tables }) => ({
    tables: tables.map((t) => ({
      ...t,
      parts: t.parts.map((p) => ({ ...p, directory: `data/../../outside/${p.directory}` })),
    })),
  }),
  'a table of another name': ({ tables }) => ({ tables: tables.map((t) => ({ ...t, name: '../x' })) }),
  'a file that is a path': ({ tables }) => ({
    tables: tables.map((t) => ({
      ...t,
      parts: t.parts.map((p) => ({ ...p, files: [...p.files, { name: '..', bytes: 1 }] })),
    })),
  }),
  'a permission that is a statement': () => ({
    permissions: [{ role: 'r', resource: 'data/ks', permissions: ['ALL ON ALL KEYSPACES TO evil --'] }],
  }),
  'the tag of another backup': () => ({ tag: OTHER }),
  'a cluster whose name moves the cursor': () => ({ cluster: '\u001b[2J' }),
};

for (const [what, forge] of Object.entries(FORGED)) {
  test(`a manifest with ${what} is refused`, async () => {
    makeBackup(root, TAG, forge(makeBackup(root, TAG)));
    const before = seen();
    await assert.rejects(clean(), { code: 'MANIFEST_DAMAGED' });
    assert.deepEqual(seen(), before);
  });
}
