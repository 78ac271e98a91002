import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { DATA, makeNode, put, TABLE, TAG } from './script-volume.ts';

// The scripts on a volume that somebody made to reach what lies beside it.
const volumes = new VolumeScripts(localShell(20_000));
const OTHER = 'kassette-20260302T021500Z-3c4d';
const EMPTIED = { firstGeneration: 1_000_000_010, state: 'emptied' } as const;
const PARTS = [
  { directory: TABLE, target: TABLE, links: [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const },
];
let root: string;
let outside: string;
let node: Node;

beforeEach(async () => {
  node = makeNode();
  root = node.volume;
  outside = `${root}-outside`;
  for (const path of ['complete', 'restore.json', 'cold.json', 'run', 'precious', 'a.json'])
    put(outside, path, 'precious');
  await volumes.write(node, TAG, { schema: 'schema', manifest: 'manifest' });
  await volumes.complete(node, TAG, 'marker');
});
afterEach(() => {
  rmSync(root, { recursive: true });
  rmSync(outside, { recursive: true });
});

const at = (path: string) => join(root, path);

/** All that is beside the volume. */
function seen(): readonly string[] {
  return readdirSync(outside, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const { mode, nlink } = lstatSync(join(outside, name));
      const text = lstatSync(join(outside, name)).isFile() ? readFileSync(join(outside, name), 'utf8') : '';
      return [name, mode, nlink, text].join(' ');
    });
}

function lead(path: string, to = ''): void {
  rmSync(at(path), { recursive: true, force: true });
  mkdirSync(dirname(at(path)), { recursive: true });
  symlinkSync(join(outside, to), at(path));
}

function moveOut(path: string): void {
  if (lstatSync(at(path)).isSymbolicLink()) return;
  renameSync(at(path), join(outside, 'moved'));
  lead(path, 'moved');
}

const staged = [{ path: `kassette/staging/id/${TABLE}/a`, offset: 0, bytes: 1 }];
const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  survey: () => volumes.survey(node),
  read: () => volumes.read(node, TAG),
  write: () => volumes.write(node, TAG, { schema: 's', manifest: 'm' }),
  complete: () => volumes.complete(node, TAG, 'm'),
  invalidate: () => volumes.invalidate(node, [TAG, OTHER]),
  writeNote: () => volumes.writeNote(node, 'attempts/a.json', 'text'),
  removeNotes: () => volumes.removeNotes(node, ['attempts/a.json']),
  begin: () => volumes.begin(node, TAG, 'journal'),
  stage: () => volumes.stage(node, staged, Buffer.from('x')),
  beginTables: () => volumes.beginTables(node, 'journal', 'own'),
  finishTables: () => volumes.finishTables(node, 'journal', []),
  finish: () => volumes.finish(node, TAG, 'record', []),
  remove: () => volumes.remove(node, [TAG, OTHER]),
};

const LINKS: Readonly<Record<string, () => void>> = {
  'the directory of kassette': () => moveOut('kassette'),
  'the directory of the backup': () => moveOut(`kassette/${TAG}`),
  'the directory of another backup': () => lead(`kassette/${OTHER}`),
  'the manifest': () => lead(`kassette/${TAG}/backup.json`, 'precious'),
  'what the manifest is written to first': () => lead(`kassette/${TAG}/backup.json.part`, 'precious'),
  'what the journal is written to first': () => lead(`kassette/${TAG}/restore.json.part`, 'precious'),
  'the journal': () => lead(`kassette/${TAG}/restore.json`),
  'the notes': () => lead('kassette/attempts'),
  'the last run': () => lead('kassette/run', 'precious'),
  'the staging directory': () => lead('kassette/staging'),
  'a directory in it': () => lead('kassette/staging/id'),
  'what keeps scripts apart': () => lead('.kassette-busy', 'precious'),
  'the removed backup': () => lead(`kassette/removed-${TAG}`),
  'a snapshot': () => lead(`${TABLE}/snapshots/${TAG}`),
};

for (const [what, make] of Object.entries(LINKS)) {
  test(`${what} leads out of the volume: no call touches anything out there`, async () => {
    for (const [name, call] of Object.entries(CALLS)) {
      make();
      const before = seen();
      await call().catch((error: Error) => assert.equal(error.name, 'KassetteError', `${name}: ${error}`));
      assert.deepEqual(seen(), before, name);
    }
  });
}

test('a link on the way is named, with a code of its own', async () => {
  moveOut('kassette');
  const message = /kassette is a symbolic link, which kassette does not follow/;
  await assert.rejects(volumes.survey(node), { code: 'UNSAFE_VOLUME', message });
});

test('nothing is linked into a table whose directory leads out of the volume', async () => {
  await volumes.begin(node, TAG, 'journal');
  const target = 'data/ks/u-62eb9c60c7b111f08f0c000000000000';
  for (const link of [target, 'data/other/u-62eb9c60c7b111f08f0c000000000000']) {
    lead(link === target ? target : 'data/other');
    if (link !== target) mkdirSync(join(outside, link.split('/').at(-1) ?? ''));
    const before = seen();
    const parts = PARTS.map((p) => ({ ...p, target: link }));
    await assert.rejects(volumes.link(node, TAG, parts, EMPTIED), { code: 'UNSAFE_VOLUME' });
    assert.deepEqual(seen(), before);
  }
});

test('strays are not moved out of the volume', async () => {
  put(root, `${TABLE}/nb-3-big-Data.db`, 'stray');
  await volumes.begin(node, TAG, 'journal');
  lead('kassette/strays');
  const before = seen();
  await volumes.link(node, TAG, PARTS, EMPTIED).catch((error: Error) => error);
  assert.deepEqual(seen(), before);
});

test('names with line ends, blanks, globs and dashes make no line of an answer', async () => {
  const forged = [
    `${TABLE}/snapshots/${TAG}/a\n7 /etc/snapshots/${TAG}/nb-9-big-Data.db`,
    `${TABLE}/snapshots/${TAG}/nb-1-big-x y`,
    `${TABLE}/snapshots/${TAG}/-rf`,
    `${TABLE}/snapshots/truncated-\nautomatic data/keep/b`,
    `${TABLE}/snapshots/dropped-1 data`,
    'kassette/attempts/x\nfree 1.json',
    `kassette/${TAG}\nfree 1/complete`,
    'kassette/kassette-* x/complete',
  ];
  for (const path of forged) put(root, path, '');
  const { parts } = await volumes.read(node, TAG);
  assert.deepEqual(
    parts.map((p) => [p.directory, ...Array.from(p.files, (f) => f.name)]),
    [[TABLE, '.idx/nb-1-big-Data.db', 'nb-1-big-Data.db', 'nb-1-big-Digest.crc32']],
  );
  const survey = await volumes.survey(node);
  assert.deepEqual(survey.autoSnapshots, [`${TABLE}/snapshots/truncated-1-t`]);
  assert.deepEqual(
    survey.backups.map((b) => b.tag),
    [TAG],
  );
  assert.deepEqual(survey.attempts, []);
  assert.notEqual(survey.freeBytes, 1);
});

test('a digest that is no number says nothing, least of all another path', async () => {
  put(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Digest.crc32`, `1 /etc/snapshots/${TAG}/nb-9-big-Data.db`);
  const { parts } = await volumes.read(node, TAG);
  assert.deepEqual(
    parts.map((p) => p.directory),
    [TABLE],
  );
  const data = [...(parts[0]?.files ?? [])].find((f) => f.name === 'nb-1-big-Data.db');
  assert.deepEqual(data, { name: 'nb-1-big-Data.db', bytes: DATA.length });
});

test('what is too big to be read, or never ends, is refused', async () => {
  truncateSync(at(`kassette/${TAG}/backup.json`), 2 ** 40);
  await assert.rejects(volumes.read(node, TAG), { code: 'UNSAFE_VOLUME', message: /too big/ });
  rmSync(at(`kassette/${TAG}/complete`));
  execFileSync('mkfifo', [at(`kassette/${TAG}/complete`)]);
  assert.equal((await volumes.survey(node)).backups[0]?.marker, null);
  execFileSync('mkfifo', [at('.kassette-busy')]);
  await volumes.complete(node, TAG, 'marker');
});

for (const path of [
  'data',
  '/etc',
  `../outside/snapshots/truncated-1-t`,
  `${TABLE}/snapshots/mine`,
  `/elsewhere/data/ks/t-1/snapshots/truncated-1-t`,
]) {
  test(`${path} is no automatic snapshot of the node, and is not removed`, async () => {
    await assert.rejects(volumes.finish(node, TAG, 'record', [path]), { code: 'UNSAFE_VOLUME' });
    await assert.rejects(volumes.finishTables(node, '', [path]), { code: 'UNSAFE_VOLUME' });
    assert(existsSync(at(`${TABLE}/snapshots/mine`)));
  });
}
