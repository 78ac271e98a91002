import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { localShell } from '../../src/adapters/node-shell/local-shell.ts';
import { CHECKSUMS } from '../../src/adapters/volume-scripts/scripts.ts';
import { VolumeScripts } from '../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../src/domain/topology.ts';

// The scripts run by a real sh on a real directory that looks like a volume; no Cassandra is needed for that.
const TAG = 'kassette-20260301T021500Z-1a2b';
const TABLE = 'data/ks/t-62eb9c60c7b111f08f0c000000000000';
const DATA = 'the rows';
const volumes = new VolumeScripts(localShell());
let root: string;
let node: Node;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kassette-volume-'));
  const place = {
    cluster: 'c',
    datacenter: 'd',
    rack: 'r',
    address: '127.0.0.1',
    cqlEndpoint: '127.0.0.1:9042',
    managementUrl: '',
  };
  node = { name: 'n', ...place, volume: root, dataDirectories: [join(root, 'data')] };
  put(`${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`, DATA);
  put(`${TABLE}/snapshots/${TAG}/nb-1-big-Digest.crc32`, String(crc32(DATA)));
  put(`${TABLE}/snapshots/${TAG}/.idx/nb-1-big-Data.db`, 'index');
  put(`${TABLE}/snapshots/${TAG}/manifest.json`, '{}');
  put(`${TABLE}/snapshots/mine/nb-1-big-Data.db`, 'theirs');
  put(`${TABLE}/snapshots/truncated-1-t/nb-1-big-Data.db`, 'automatic');
  put(`${TABLE}/nb-1-big-Data.db`, 'live');
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}
const has = (path: string) => existsSync(join(root, path));

async function begun(): Promise<void> {
  await backup();
  await volumes.begin(node, TAG, 'replacing\n');
}

async function backup(): Promise<void> {
  await volumes.write(node, TAG, { schema: "CREATE …; -- $(no) 'shell'\n", manifest: '{"a": 1}\n' });
  await volumes.complete(node, TAG, 'marker\n');
}

test('a backup is written, surveyed and read back to the byte', async () => {
  await volumes.write(node, TAG, { schema: "CREATE …; -- $(no) 'shell'\n", manifest: '{"a": 1}\n' });
  assert.deepEqual((await volumes.survey(node)).backups, [
    { tag: TAG, complete: false, journal: null, cold: null },
  ]);
  await volumes.complete(node, TAG, 'marker\n');
  const survey = await volumes.survey(node);
  assert.deepEqual(survey.backups, [{ tag: TAG, complete: true, journal: null, cold: null }]);
  assert.deepEqual(survey.snapshots.toSorted(), [TAG, 'mine']);
  assert.deepEqual(survey.automatic, [`${TABLE}/snapshots/truncated-1-t`]);
  assert(survey.freeBytes > 0);
  const { parts, ...texts } = await volumes.read(node, TAG);
  assert.deepEqual(texts, {
    schema: "CREATE …; -- $(no) 'shell'\n",
    manifest: '{"a": 1}\n',
    marker: 'marker\n',
    highestLinkedGeneration: 0,
  });
  assert.deepEqual(parts, [
    {
      directory: TABLE,
      files: [
        { name: '.idx/nb-1-big-Data.db', bytes: 5 },
        { name: 'nb-1-big-Data.db', bytes: DATA.length, crc: String(crc32(DATA)) },
        { name: 'nb-1-big-Digest.crc32', bytes: String(crc32(DATA)).length },
      ],
    },
  ]);
});

test('a checksum is the CRC-32 of the content', async () => {
  const path = `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`;
  assert.deepEqual(await volumes.checksums(node, [path, path]), [String(crc32(DATA)), String(crc32(DATA))]);
});

/** Where a program is; Python says it itself, because what is found under its name may be a script that picks one. */
function pathOf(program: string): string {
  const [file, ...args] =
    program === 'python3' ? [program, '-c', 'import sys; print(sys.executable)'] : ['which', program];
  return spawnSync(file ?? '', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}

// A machine without Python can only show the others.
const CHECKSUM_TOOLS = [['python3'], ['gzip', 'tail', 'od', 'tr'], []].filter((t) => t.every(pathOf));

for (const tools of CHECKSUM_TOOLS) {
  test(`a checksum with ${tools[0] ?? 'no tool'} in the container`, () => {
    const programs = mkdtempSync(join(tmpdir(), 'kassette-programs-'));
    for (const tool of ['sh', 'xargs', ...tools]) symlinkSync(pathOf(tool), join(programs, tool));
    const path = `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`;
    const { status, stdout, stderr } = spawnSync(join(programs, 'sh'), ['-c', CHECKSUMS, 'sh', root], {
      input: `${path}\0${path}\0`,
      env: { PATH: programs },
      encoding: 'utf8',
    });
    rmSync(programs, { recursive: true });
    if (tools.length > 0) assert.equal(stdout, `${crc32(DATA)}\n${crc32(DATA)}\n`, stderr);
    else assert.deepEqual([status, stderr.split('\n').at(-2)?.slice(0, 13)], [6, 'neither cksum']);
  });
}

test('files are linked, not copied, and what an interrupted run left goes first', async () => {
  const snapshot = join(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`);
  linkSync(snapshot, join(root, `${TABLE}/nb-1000000009-big-Data.db`));
  put(`${TABLE}/nb-1000000008-big-Data.db`, "Cassandra's own, counted on from a link");
  assert.equal((await volumes.read(node, TAG)).highestLinkedGeneration, 1_000_000_009);
  put(`${TABLE}/snapshots/truncated-1-t/nb-1000000011-big-Data.db`, 'emptied since, and counted on from');
  assert.equal((await volumes.read(node, TAG)).highestLinkedGeneration, 1_000_000_011);
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  await begun();
  await volumes.link(node, TAG, [{ directory: TABLE, target: TABLE, links }]);
  const [from, to] = [`${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`, `${TABLE}/nb-1000000010-big-Data.db`];
  assert.equal(statSync(join(root, from)).ino, statSync(join(root, to)).ino);
  assert(!has(`${TABLE}/nb-1000000009-big-Data.db`) && has(`${TABLE}/nb-1-big-Data.db`));
  assert(has(`${TABLE}/nb-1000000008-big-Data.db`), 'what is not linked from a snapshot is not ours');
  assert.deepEqual(await volumes.notLoaded(node, [TABLE], 1_000_000_010), [TABLE]);
  assert.deepEqual(await volumes.notLoaded(node, [TABLE], 1_000_000_011), []);
});

test('where there are no tables nothing is linked, and nothing is left to load', async () => {
  await begun();
  await volumes.link(node, TAG, []);
  assert.deepEqual(await volumes.notLoaded(node, [], 1_000_000_010), []);
});

test('what an earlier run sent is not done any more when another has begun', async () => {
  await begun();
  const later = new VolumeScripts(localShell());
  await later.begin(node, TAG, 'of the later one\n');
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  const parts = [{ directory: TABLE, target: TABLE, links }];
  await assert.rejects(volumes.link(node, TAG, parts), /another run of kassette has begun meanwhile/);
  await assert.rejects(volumes.writeJournal(node, TAG, 'loaded\n'), /another run of kassette has begun/);
  assert.equal((await volumes.survey(node)).backups[0]?.journal, 'of the later one\n');
  assert(!has(`${TABLE}/nb-1000000010-big-Data.db`));
  await later.link(node, TAG, parts);
  await later.writeJournal(node, TAG, 'loaded\n');
  await later.finish(node, TAG, 'record\n', []);
  await assert.rejects(later.link(node, TAG, parts), /another run of kassette has begun meanwhile/);
});

test('a link to a table that the node does not know fails', async () => {
  await begun();
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  await assert.rejects(
    volumes.link(node, TAG, [{ directory: TABLE, target: 'data/ks/gone-1', links }]),
    /n failed/,
  );
});

test('a restore begins with a journal and ends with a record; only what it caused is removed', async () => {
  await backup();
  await volumes.begin(node, TAG, 'replacing\n');
  assert.equal((await volumes.survey(node)).backups[0]?.journal, 'replacing\n');
  assert.deepEqual(readdirSync(join(root, TABLE)).toSorted(), ['nb-1-big-Data.db', 'snapshots']);
  await volumes.finish(node, TAG, 'record\n', [`${TABLE}/snapshots/truncated-1-t`]);
  const survey = await volumes.survey(node);
  assert.deepEqual([survey.backups, survey.snapshots, survey.automatic], [[], ['mine'], []]);
  assert.equal(survey.restored, 'record\n');
  assert.deepEqual(readdirSync(join(root, 'kassette')), ['restored.json']);
  await volumes.finish(node, TAG, 'record\n', []);
});

test('removing a backup leaves what is not ours, and may be repeated', async () => {
  await backup();
  await volumes.remove(node, [TAG]);
  await volumes.remove(node, [TAG]);
  assert(!has('kassette') && !has(`${TABLE}/snapshots/${TAG}`));
  assert(has(`${TABLE}/snapshots/mine`) && has(`${TABLE}/snapshots/truncated-1-t`));
});

test('what a cold restore moved aside goes with its backup, and stays where that was asked for', async () => {
  for (const end of [() => volumes.remove(node, [TAG]), () => volumes.finish(node, TAG, 'record\n', [])]) {
    await backup();
    put(`kassette/${TAG}/cold.json`, 'restored\n');
    assert.equal((await volumes.survey(node)).backups[0]?.cold, 'restored\n');
    put(`kassette/displaced-${TAG}/1/data/ks/t/nb-1-big-Data.db`, 'live once');
    put(`kassette/kept-${TAG}/1/data/ks/t/nb-1-big-Data.db`, 'live once');
    assert.equal((await volumes.survey(node)).backups.length, 1, 'neither is taken for a backup');
    await end();
    assert(!has(`kassette/displaced-${TAG}`) && has(`kassette/kept-${TAG}`));
    assert.deepEqual((await volumes.survey(node)).backups, []);
  }
});

test('input that is cut off is never acted on: a shortened path could be that of all data', async () => {
  await backup();
  const whole = localShell();
  const cutting = (bytes: number) =>
    new VolumeScripts({
      run: (n, script, args, input = new Uint8Array()) =>
        whole.run(n, script, args, input.subarray(0, input.length - bytes)),
    });
  const automatic = `${TABLE}/snapshots/truncated-1-t`;
  const cutBehind = (kept: string) => automatic.length + 1 - kept.length;
  await assert.rejects(cutting(cutBehind('data')).finish(node, TAG, '{}\n', [automatic]), /ended early/);
  await assert.rejects(cutting(1).write(node, TAG, { schema: 'new', manifest: 'new' }), /ended early/);
  await assert.rejects(cutting(1).begin(node, TAG, 'journal'), /ended early/);
  await assert.rejects(cutting(1).complete(node, TAG, 'another marker'), /ended early/);
  assert.equal((await volumes.read(node, TAG)).marker, 'marker\n');
  assert((await volumes.read(node, TAG)).manifest.startsWith('{"a": 1}'));
  assert((await volumes.survey(node)).backups[0]?.journal === null);
  for (const path of [`${TABLE}/nb-1-big-Data.db`, automatic, `${TABLE}/snapshots/mine`])
    assert(has(path), path);
});

test('a list that could not be read whole is refused, not taken for all there is', async () => {
  const cutting = (script: string) =>
    new VolumeScripts({
      run: async (n, s, args, input) => {
        const output = await localShell().run(n, s, args, input);
        const at = output.lastIndexOf(script);
        return output.subarray(0, at < 0 ? output.length : at);
      },
    });
  await backup();
  for (const last of ['listed', 'end']) await assert.rejects(cutting(last).read(node, TAG), /ended early/);
  await assert.rejects(cutting('end').survey(node), /ended early/);
  await assert.rejects(cutting('end').notLoaded(node, [TABLE], 1), /ended early/);
  rmSync(join(root, 'data'), { recursive: true });
  await assert.rejects(volumes.read(node, TAG));
});

test('a script that changes something waits for one that was cut off and still works', async () => {
  const lock = join(root, '.kassette-busy');
  const other = spawn('sh', ['-c', 'sleep 1; : .kassette-busy; rm "$1"', 'other', lock]);
  writeFileSync(lock, String(other.pid));
  const started = performance.now();
  await volumes.write(node, TAG, { schema: 's', manifest: 'm' });
  assert(performance.now() - started > 800);
  writeFileSync(lock, '4194304');
  await volumes.complete(node, TAG, 'one whose process is gone keeps nobody waiting');
  assert(!has('.kassette-busy'));
});
