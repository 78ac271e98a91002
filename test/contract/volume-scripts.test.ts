import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { localShell } from '../../src/adapters/node-shell/local-shell.ts';
import { CHECKSUMS } from '../../src/adapters/volume-scripts/scripts.ts';
import { VolumeScripts } from '../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../src/domain/topology.ts';

// The scripts run by a real sh on a real directory that looks like a volume; no Cassandra is needed for that.
const TAG = 'kassette-20260301T021500Z-1a2b';
const TABLE = 'data/ks/t-62eb9c60c7b111f08f0c000000000000';
const DATA = 'the rows';
const EMPTIED = { firstGeneration: 1_000_000_010, state: 'emptied' } as const;
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
    { tag: TAG, complete: false, marker: null, journal: null, cold: null },
  ]);
  await volumes.complete(node, TAG, 'marker\n');
  const survey = await volumes.survey(node);
  assert.deepEqual(survey.backups, [
    { tag: TAG, complete: true, marker: 'marker\n', journal: null, cold: null },
  ]);
  assert.deepEqual(survey.snapshots.toSorted(), [TAG, 'mine']);
  assert.deepEqual(survey.automatic, [`${TABLE}/snapshots/truncated-1-t`]);
  assert(survey.freeBytes > 0);
  const { parts, ...texts } = await volumes.read(node, TAG);
  assert.deepEqual(texts, {
    schema: "CREATE …; -- $(no) 'shell'\n",
    manifest: '{"a": 1}\n',
    marker: 'marker\n',
    highestLinkedGeneration: 0,
    linkedFiles: 0,
    outside: ['commitlog', 'hints'],
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

test('a commit log or hints that are no directory of the volume itself are outside', async () => {
  const outside = async () => (await volumes.read(node, TAG)).outside;
  mkdirSync(join(root, 'commitlog'));
  assert.deepEqual(await outside(), ['hints']);
  symlinkSync('commitlog', join(root, 'hints'));
  assert.deepEqual(await outside(), ['hints']);
  rmSync(join(root, 'hints'));
  mkdirSync(join(root, 'hints'));
  assert.deepEqual(await outside(), []);
});

test('files are linked, not copied, and what an interrupted run left goes first', async () => {
  const snapshot = join(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`);
  linkSync(snapshot, join(root, `${TABLE}/nb-1000000009-big-Data.db`));
  put(`${TABLE}/nb-1000000008-big-Data.db`, "Cassandra's own, counted on from a link");
  assert.equal((await volumes.read(node, TAG)).highestLinkedGeneration, 1_000_000_009);
  put(`${TABLE}/snapshots/truncated-1-t/nb-1000000011-big-Data.db`, 'emptied since, and counted on from');
  assert.equal((await volumes.read(node, TAG)).highestLinkedGeneration, 1_000_000_011);
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  await begun();
  put(`${TABLE}/nb_txn_flush_1a2b.log`, 'REMOVE:[/var/lib/cassandra/data/ks/t-1/nb-1-big-,0,3][1]\n');
  put(`${TABLE}/nb_txn_unknown_3c.log`, 'REMOVE:[…/nb-1000000008-big-,0,3][1]\n');
  assert.deepEqual(await volumes.link(node, TAG, [{ directory: TABLE, target: TABLE, links }], EMPTIED), []);
  const [from, to] = [`${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`, `${TABLE}/nb-1000000010-big-Data.db`];
  assert.equal(statSync(join(root, from)).ino, statSync(join(root, to)).ino);
  assert(!has(`${TABLE}/nb-1000000009-big-Data.db`) && has(`${TABLE}/nb-1-big-Data.db`));
  assert(has(`${TABLE}/nb-1000000008-big-Data.db`), 'what is not linked from a snapshot is not ours');
  assert.deepEqual(await volumes.notLoaded(node, [TABLE], 1_000_000_010), new Map([[TABLE, 1]]));
  assert.deepEqual(await volumes.notLoaded(node, [TABLE], 1_000_000_011), new Map());
});

test('what Cassandra does not know of is moved out of an emptied table; what it has made since, or removes, is not', async () => {
  put(`${TABLE}/da-3gqx_0abc_1k2l3m-bti-Data.db`, 'left by hand');
  put(`${TABLE}/da-3gqx_0abc_1k2l3m-bti-Partitions.db`, 'left by hand');
  put(`${TABLE}/nb-1000000004-big-Data.db`, 'of a load that failed');
  put(`${TABLE}/nb-12-big-Data.db`, 'on its way out');
  put(`${TABLE}/nb_txn_unknown_1a.log`, 'REMOVE:[/var/lib/cassandra/data/ks/t-1/nb-12-big-,0,3][1]\n');
  await begun();
  put(`${TABLE}/nb-77-big-Data.db`, 'flushed since');
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  const parts = [{ directory: TABLE, target: TABLE, links }];
  const moved = await volumes.link(node, TAG, parts, EMPTIED);
  const strays = [
    'da-3gqx_0abc_1k2l3m-bti-Data.db',
    'da-3gqx_0abc_1k2l3m-bti-Partitions.db',
    'nb-1-big-Data.db',
  ];
  const aside = [...strays, 'nb-1000000004-big-Data.db'].map((n) => `kassette/strays/${TABLE}/${n}`);
  assert.deepEqual(moved.toSorted(), aside);
  assert.equal(readFileSync(join(root, aside[0] ?? ''), 'utf8'), 'left by hand');
  const live = readdirSync(join(root, TABLE)).filter((n) => n.endsWith('Data.db'));
  assert.deepEqual(live.toSorted(), ['nb-1000000010-big-Data.db', 'nb-12-big-Data.db', 'nb-77-big-Data.db']);
});

const WAYS = [
  ['tar', undefined],
  ['ln', 'sh basename base64 cat cp cut dirname find grep head ln mkdir mv printf rm sort sync tr wc xargs'],
] as const;

for (const [way, tools] of WAYS) {
  test(`by ${way}: a TOC.txt is copied, because Cassandra appends to it, and its owner and content stay`, async (t) => {
    if (tools !== undefined) await onlyWith(t, tools.split(' '));
    const snapshot = `${TABLE}/snapshots/${TAG}/nb-1-big-TOC.txt`;
    put(snapshot, 'TOC.txt\nData.db\n');
    await begun();
    const links = ['TOC.txt', 'Data.db'].map((c) => [`nb-1-big-${c}`, `nb-1000000010-big-${c}`] as const);
    await volumes.link(node, TAG, [{ directory: TABLE, target: TABLE, links }], EMPTIED);
    const [from, to] = [snapshot, `${TABLE}/nb-1000000010-big-TOC.txt`].map((p) => join(root, p));
    assert.equal(readFileSync(to ?? '', 'utf8'), 'TOC.txt\nData.db\n');
    appendFileSync(to ?? '', 'SAI+aa+Meta.db\n');
    assert.equal(readFileSync(from ?? '', 'utf8'), 'TOC.txt\nData.db\n');
    assert.equal(statSync(join(root, `${TABLE}/nb-1000000010-big-Data.db`)).nlink, 2);
    // Cut off after the copies, without its Data.db it would keep Cassandra from loading anything.
    rmSync(join(root, `${TABLE}/nb-1000000010-big-Data.db`));
    const later = links.map(([a, b]) => [a, b.replace('0010', '0020')] as const);
    const again = { ...EMPTIED, firstGeneration: 1_000_000_020 };
    await volumes.link(node, TAG, [{ directory: TABLE, target: TABLE, links: later }], again);
    const live = readdirSync(join(root, TABLE)).filter((n) => n.includes('-1000'));
    assert.deepEqual(live.toSorted(), ['nb-1000000020-big-Data.db', 'nb-1000000020-big-TOC.txt']);
  });
}

test('in a table that was not emptied, what is linked may be live, and stays', async () => {
  const data = `${TABLE}/snapshots/mine/nb-1000000003-big-Data.db`;
  put(data, "Cassandra's own, and in somebody's snapshot");
  linkSync(join(root, data), join(root, `${TABLE}/nb-1000000003-big-Data.db`));
  put(`${TABLE}/nb-1000000004-big-Index.db`, 'of a run that was cut off before its Data.db');
  await begun();
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  const parts = [{ directory: TABLE, target: TABLE, links }];
  await volumes.link(node, TAG, parts, { firstGeneration: 1_000_000_010, state: 'filled' });
  assert(has(`${TABLE}/nb-1000000003-big-Data.db`) && has(`${TABLE}/nb-1000000010-big-Data.db`));
  assert(!has(`${TABLE}/nb-1000000004-big-Index.db`));
});

test('a shell that says nothing has linked nothing', async () => {
  const silent = new VolumeScripts({ run: async () => Buffer.from('') });
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  await assert.rejects(
    silent.link(node, TAG, [{ directory: TABLE, target: TABLE, links }], EMPTIED),
    /n was to link 1 files and answered «»/,
  );
});

/** A path on which there are only these tools. */
async function onlyWith(t: TestContext, tools: readonly string[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'kassette-tools-'));
  const path = process.env['PATH'];
  for (const tool of tools) symlinkSync(`/usr/bin/${tool}`, join(directory, tool));
  process.env['PATH'] = directory;
  t.after(() => {
    process.env['PATH'] = path;
    rmSync(directory, { recursive: true });
  });
}

test('where there are no tables nothing is linked, and nothing is left to load', async () => {
  await begun();
  await volumes.link(node, TAG, [], EMPTIED);
  assert.deepEqual(await volumes.notLoaded(node, [], 1_000_000_010), new Map());
});

test('what an earlier run sent is not done any more when another has begun', async () => {
  await begun();
  const later = new VolumeScripts(localShell());
  await later.begin(node, TAG, 'of the later one\n');
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  const parts = [{ directory: TABLE, target: TABLE, links }];
  await assert.rejects(
    volumes.link(node, TAG, parts, EMPTIED),
    /another run of kassette has begun meanwhile/,
  );
  await assert.rejects(volumes.writeJournal(node, TAG, 'loaded\n'), /another run of kassette has begun/);
  assert.equal((await volumes.survey(node)).backups[0]?.journal?.text, 'of the later one\n');
  assert(!has(`${TABLE}/nb-1000000010-big-Data.db`));
  await later.link(node, TAG, parts, EMPTIED);
  await later.writeJournal(node, TAG, 'loaded\n');
  await later.finish(node, TAG, 'record\n', []);
  await assert.rejects(later.link(node, TAG, parts, EMPTIED), /another run of kassette has begun meanwhile/);
});

test('a link to a table that the node does not know fails', async () => {
  await begun();
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  await assert.rejects(
    volumes.link(node, TAG, [{ directory: TABLE, target: 'data/ks/gone-1', links }], EMPTIED),
    /n failed/,
  );
});

test('a restore begins with a journal and ends with a record; only what it caused is removed', async () => {
  await backup();
  await volumes.begin(node, TAG, 'replacing\n');
  assert.equal((await volumes.survey(node)).backups[0]?.journal?.text, 'replacing\n');
  assert.deepEqual(readdirSync(join(root, TABLE)).toSorted(), ['nb-1-big-Data.db', 'snapshots']);
  await volumes.finish(node, TAG, 'record\n', [`${TABLE}/snapshots/truncated-1-t`]);
  const survey = await volumes.survey(node);
  assert.deepEqual([survey.backups, survey.snapshots, survey.automatic], [[], ['mine'], []]);
  assert.equal(survey.restored?.text, 'record\n');
  assert.deepEqual(readdirSync(join(root, 'kassette')), ['restored.json']);
  await volumes.finish(node, TAG, 'record\n', []);
});

test('a warm restore ends what cold ones said of the volume, before it says anything itself', async () => {
  const OTHER = 'kassette-20260302T021500Z-3c4d';
  const colds = async () => (await volumes.survey(node)).backups.map((b) => b.cold);
  await backup();
  for (const tag of [TAG, OTHER]) put(`kassette/${tag}/cold.json`, 'restored\n');
  // As killed in between: the journal cannot be written.
  put(`kassette/${TAG}/restore.json.part/x`, '');
  await assert.rejects(volumes.begin(node, TAG, 'replacing\n'), /n failed/);
  assert.deepEqual(await colds(), [null, null]);
  assert.equal((await volumes.survey(node)).backups[0]?.journal, null);
  rmSync(join(root, `kassette/${TAG}/restore.json.part`), { recursive: true });
  await volumes.begin(node, TAG, 'replacing\n');
  assert.equal((await volumes.survey(node)).backups[0]?.journal?.text, 'replacing\n');
});

test('a restore that begins or ends leaves nothing of those with other backups, and its own journal to the end', async () => {
  const OTHER = 'kassette-20260302T021500Z-3c4d';
  const said = async () =>
    (await volumes.survey(node)).backups.map((b) => [b.tag, b.journal?.text, b.cold?.text]);
  await backup();
  put(`kassette/${OTHER}/restore.json`, 'loaded\n');
  // As killed in between: both have begun, and neither is done.
  put(`kassette/${TAG}/restore.json.part/x`, '');
  await assert.rejects(volumes.begin(node, TAG, 'replacing\n'), /n failed/);
  assert.ok(has(`kassette/${OTHER}/restore.json`), 'said until the volume says something else');
  rmSync(join(root, `kassette/${TAG}/restore.json.part`), { recursive: true });
  await volumes.begin(node, TAG, 'replacing\n');
  assert.deepEqual(await said(), [
    [TAG, 'replacing\n', undefined],
    [OTHER, undefined, undefined],
  ]);
  for (const name of ['restore.json', 'cold.json']) put(`kassette/${OTHER}/${name}`, 'of before\n');
  await volumes.finish(node, TAG, 'record\n', []);
  assert.deepEqual(await said(), [[OTHER, undefined, undefined]]);
});

test('how far a snapshot is: its files, when it changed last, and the tables whose end mark is there', async () => {
  const { files, whole, changedAt } = await volumes.snapshotProgress(node, TAG);
  assert.deepEqual([files, whole], [4, new Set([TABLE.split('-').at(-1)])]);
  assert.ok(Math.abs(changedAt - Date.now() / 1000) < 60, `${changedAt}`);
  rmSync(join(root, `${TABLE}/snapshots/${TAG}/manifest.json`));
  assert.deepEqual((await volumes.snapshotProgress(node, TAG)).whole, new Set());
  const none = { files: 0, whole: new Set(), changedAt: 0 };
  assert.deepEqual(await volumes.snapshotProgress(node, 'kassette-20260302T021500Z-3c4d'), none);
});

test('what Cassandra removes while it is looked at is no failure; what cannot be read is one', async () => {
  const gone = `find: '${TABLE}/snapshots/${TAG}': No such file or directory`;
  const answering = (...lines: readonly string[]) =>
    new VolumeScripts({ run: async () => Buffer.from(lines.map((line) => `      1 ${line}\n`).join('')) });
  const { files } = await answering('changed 1.5', 'end 1', 'file', gone).snapshotProgress(node, TAG);
  assert.equal(files, 1);
  const unreadable = `find: '${TABLE}': Permission denied`;
  await assert.rejects(answering('end 1', 'file', unreadable).snapshotProgress(node, TAG), /ended early/);
  await assert.rejects(answering('file').snapshotProgress(node, TAG), /ended early/);
});

test('a backup without its marker is none, and nothing else of it is touched', async () => {
  await backup();
  await volumes.invalidate(node, [TAG, 'kassette-20260302T021500Z-3c4d']);
  await volumes.invalidate(node, [TAG]);
  assert.deepEqual(
    (await volumes.survey(node)).backups.map((b) => [b.tag, b.complete]),
    [[TAG, false]],
  );
  assert(has(`${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`) && has(`kassette/${TAG}/backup.json`));
});

test('removing a backup leaves what is not ours, and may be repeated', async () => {
  await backup();
  await volumes.remove(node, [TAG]);
  await volumes.remove(node, [TAG]);
  assert(!has('kassette') && !has(`${TABLE}/snapshots/${TAG}`));
  assert(has(`${TABLE}/snapshots/mine`) && has(`${TABLE}/snapshots/truncated-1-t`));
});

test('notes are written and surveyed, outlive their backup, and go one by one or with a restore', async () => {
  await backup();
  const nothing = await volumes.survey(node);
  assert.deepEqual([nothing.closed, nothing.attempts], [null, []]);
  await volumes.writeNote(node, 'closed.json', 'closed\n');
  for (const id of ['a', 'b']) await volumes.writeNote(node, `attempts/${id}.json`, `${id}\n`);
  await volumes.writeNote(node, 'attempts/a.json', 'again\n');
  const { closed, attempts, backups } = await volumes.survey(node);
  assert.equal(closed, 'closed\n');
  assert.deepEqual(attempts, [
    { id: 'a', text: 'again\n' },
    { id: 'b', text: 'b\n' },
  ]);
  assert.deepEqual(
    backups.map((b) => b.tag),
    [TAG],
  );
  await volumes.remove(node, [TAG]);
  assert.equal((await volumes.survey(node)).closed, 'closed\n');
  await volumes.removeNotes(node, ['attempts/b.json', 'attempts/none.json']);
  assert.deepEqual((await volumes.survey(node)).attempts, [{ id: 'a', text: 'again\n' }]);
  await volumes.removeNotes(node, ['closed.json', 'attempts/a.json']);
  assert(!has('kassette/closed.json') && !has('kassette/attempts'));
  await backup();
  await volumes.writeNote(node, 'closed.json', 'closed\n');
  await volumes.writeNote(node, 'attempts/a.json', 'a\n');
  await volumes.finish(node, TAG, 'record\n', []);
  assert.deepEqual(readdirSync(join(root, 'kassette')), ['restored.json']);
});

test('what a cold restore moved aside goes with its backup, and stays where that was asked for', async () => {
  for (const end of [() => volumes.remove(node, [TAG]), () => volumes.finish(node, TAG, 'record\n', [])]) {
    await backup();
    put(`kassette/${TAG}/cold.json`, 'restored\n');
    assert.equal((await volumes.survey(node)).backups[0]?.cold?.text, 'restored\n');
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
  await assert.rejects(cutting(1).writeNote(node, 'closed.json', 'closed'), /ended early/);
  assert.equal((await volumes.survey(node)).closed, null);
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

for (const [where, tools] of [
  ['', undefined],
  [', with nothing but coreutils', 'sh base64 cat cut dirname head mkdir mv printf rm sleep sync tr wc'],
] as const) {
  test(`a script that changes something waits for one that was cut off and still works${where}`, async (t) => {
    if (tools !== undefined) await onlyWith(t, tools.split(' '));
    const lock = join(root, '.kassette-busy');
    const worked = 'sleep 1; [ -e "$2" ] || : > "$3"; : .kassette-busy; rm "$1"';
    const [written, first] = [join(root, 'kassette', TAG, 'backup.json'), join(root, 'other-was-first')];
    const other = spawn('sh', ['-c', worked, 'other', lock, written, first]);
    writeFileSync(lock, String(other.pid));
    await volumes.write(node, TAG, { schema: 's', manifest: 'm' });
    assert(has('other-was-first') && has(`kassette/${TAG}/backup.json`));
    rmSync(first);
    writeFileSync(lock, '4194304');
    await volumes.complete(node, TAG, 'one whose process is gone keeps nobody waiting');
    assert(!has('.kassette-busy'));
  });
}
