import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  globSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { volumeFiles } from '../../../src/adapters/volume-files/volume-files.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import type { ChecksumKind } from '../../../src/domain/sstables/checksums.ts';
import { joinedCrc32 } from '../../../src/domain/sstables/crc32.ts';
import { checksumsOf } from '../../../src/engine/reading/checksums.ts';
import type { NodeShell } from '../../../src/ports/node-shell.ts';
import { cksum } from '../../simulation/ports/cksum.ts';
import { simulatedShell } from '../../simulation/ports/shell.ts';
import { DATA, makeNode, onlyWith, put, TABLE, TAG } from './script-volume.ts';

const CKSUMS = { signal: new AbortController().signal };

// The scripts on a real directory that looks like a volume, by a real sh and as the simulation does them without one.
const EMPTIED = { firstGeneration: 1_000_000_010, state: 'emptied' } as const;
let root: string;
let node: Node;

beforeEach(() => {
  node = makeNode();
  root = node.volume;
});
afterEach(() => rmSync(root, { recursive: true }));
/** Later than the coarse clock of the file system can tell. */
const untilLater = () => new Promise((resolve) => setTimeout(resolve, 20));
const has = (path: string) => existsSync(join(root, path));

for (const [by, shell] of [
  ['by sh', localShell],
  ['simulated', simulatedShell],
] as const) {
  describe(by, () => contract(shell));
}

function contract(shell: () => NodeShell): void {
  const volumes = new VolumeScripts(shell());
  async function begun(): Promise<void> {
    await backup();
    await volumes.begin(node, TAG, 'replacing\n');
  }

  async function backup(): Promise<void> {
    await volumes.write(node, TAG, { schema: "CREATE …; -- $(no) 'shell'\n", manifest: '{"a": 1}\n' });
    await volumes.complete(node, TAG, 'marker\n');
  }

  test('what a backup keeps of a K8ssandraCluster is written between the others, and read back to the byte; without it there is no file', async () => {
    const [schema, manifest] = ['CREATE …\n', '{"a": 1}\n'];
    await volumes.write(node, TAG, { schema, manifest, k8ssandra: '{"näme": "two"}\n' });
    const read = await volumes.read(node, TAG);
    assert.deepEqual(
      [read.schema, read.k8ssandra, read.manifest.json],
      [schema, '{"näme": "two"}\n', manifest],
    );
    const offline = await volumeFiles(root, root).read(TAG);
    assert.deepEqual([offline.schema, offline.k8ssandra], [schema, read.k8ssandra]);
    await volumes.remove(node, [TAG]);
    await volumes.write(node, TAG, { schema, manifest });
    assert.equal((await volumes.read(node, TAG)).k8ssandra, '');
    assert.ok(!has(`kassette/${TAG}/k8ssandra.json`));
  });

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
    assert.deepEqual(survey.autoSnapshots, [`${TABLE}/snapshots/truncated-1-t`]);
    assert(survey.freeBytes > 0);
    // The simulated one leaves the time to its cluster.
    const clock = survey.clock?.getTime() ?? (shell === localShell ? 0 : Date.now());
    assert.ok(Math.abs(clock - Date.now()) < 600_000, `${clock}`);
    const { parts, manifest, freeBytes, ...texts } = await volumes.read(node, TAG);
    assert.equal(manifest.json, '{"a": 1}\n');
    assert(freeBytes > 0);
    assert.deepEqual(texts, {
      schema: "CREATE …; -- $(no) 'shell'\n",
      marker: 'marker\n',
      k8ssandra: '',
      highestLinkedGeneration: 0,
      linkedFiles: 0,
      sharedBytes: 0,
      outside: ['commitlog', 'hints'],
    });
    const listed = parts.map((p) => ({ ...p, files: [...p.files] }));
    assert.deepEqual(listed, [
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

  test('what the snapshot shares with live files is counted: a copy without hard links has it twice', async () => {
    const [from, to] = [`${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`, `${TABLE}/nb-2-big-Data.db`];
    linkSync(join(root, from), join(root, to));
    assert.equal((await volumes.read(node, TAG)).sharedBytes, DATA.length);
  });

  test('a checksum is the CRC-32 of the content, or what cksum says of it', async () => {
    const path = `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`;
    const twice = (kind: ChecksumKind) => volumes.checksums(node, [path, path], kind);
    assert.deepEqual(await twice('crc32'), [String(crc32(DATA)), String(crc32(DATA))]);
    const said = spawnSync('cksum', { input: DATA, encoding: 'utf8' }).stdout.split(' ')[0];
    assert.deepEqual(await twice('cksum'), [said, said]);
  });

  test('the CRC-32 of parts of a file, which that of the whole file follows from', async () => {
    const path = `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`;
    const halves = [DATA.slice(0, 3), DATA.slice(3)];
    const segments = [
      { path, offset: 0, bytes: 3 },
      { path, offset: 3, bytes: DATA.length - 3 },
    ];
    const found = await volumes.rangeChecksums(node, segments);
    assert.deepEqual(
      found,
      halves.map((half) => crc32(half)),
    );
    assert.equal(joinedCrc32(found[0] ?? 0, found[1] ?? 0, DATA.length - 3), crc32(DATA));
    const files = [{ path, bytes: DATA.length, kind: 'crc32' as const }];
    for await (const [, sum] of checksumsOf(volumes, node, files, { most: { items: 1, weight: 2 } }))
      assert.equal(sum, String(crc32(DATA)));
    await assert.rejects(volumes.rangeChecksums(node, [{ path: 'gone', offset: 0, bytes: 1 }]));
  });

  test('how far something has come that only reads is kept outside the volume, for this backup in this volume', async () => {
    await backup();
    const before = readdirSync(root, { recursive: true }).toSorted();
    assert.equal(await volumes.readProgress(node, TAG), null);
    await volumes.writeProgress(node, TAG, 'half of it\n');
    await volumes.writeProgress(node, TAG, "more; $(no) 'shell'\n");
    assert.equal(await volumes.readProgress(node, TAG), "more; $(no) 'shell'\n");
    assert.deepEqual(readdirSync(root, { recursive: true }).toSorted(), before);
    // A copy file by file, in place of the volume: the same names, other files.
    const manifest = join(root, `kassette/${TAG}/backup.json`);
    cpSync(manifest, `${manifest}.copy`, { preserveTimestamps: true });
    renameSync(manifest, `${manifest}.old`);
    renameSync(`${manifest}.copy`, manifest);
    assert.equal(await volumes.readProgress(node, TAG), null);
    renameSync(`${manifest}.old`, manifest);
    // Nobody asks for the first one any more; a day later the next writer would remove it.
    for (const left of globSync(`{/dev/shm,/tmp}/kassette-${process.getuid?.()}/${TAG}.*`)) rmSync(left);
    // A rename changes when the file was last changed, as a removal and a new backup of the tag would.
    await volumes.writeProgress(node, TAG, 'again\n');
    assert.equal(await volumes.readProgress(node, TAG), 'again\n');
    await volumes.writeProgress(node, TAG, '');
    assert.equal(await volumes.readProgress(node, TAG), null);
    await volumes.writeProgress(node, 'kassette-20260301T021500Z-ffff', 'of no backup');
    assert.equal(await volumes.readProgress(node, 'kassette-20260301T021500Z-ffff'), null);
  });

  test('where that is asked for, each component but Data.db comes with its cksum', async () => {
    put(root, `${TABLE}/snapshots/${TAG}/nb-1-big-SAI+aa+by_a+TermsData.db`, 'terms');
    put(root, `${TABLE}/snapshots/${TAG}/.idx/nb-1-big-Filter.db`, '');
    const [part] = (await volumes.read(node, TAG, CKSUMS)).parts;
    const files = [...(part?.files ?? [])];
    const sums = files.map(({ name, cksum }) => [name, cksum]);
    assert.deepEqual(sums, [
      ['.idx/nb-1-big-Data.db', undefined],
      ['.idx/nb-1-big-Filter.db', '4294967295'],
      ['nb-1-big-Data.db', undefined],
      ['nb-1-big-Digest.crc32', String(cksum(Buffer.from(String(crc32(DATA)))))],
      ['nb-1-big-SAI+aa+by_a+TermsData.db', String(cksum(Buffer.from('terms')))],
    ]);
    const [plain] = (await volumes.read(node, TAG)).parts;
    assert.deepEqual(
      [...(plain?.files ?? [])],
      files.map(({ cksum, ...file }) => file),
    );
  });

  test('files are linked, not copied, and what an interrupted run left goes first', async () => {
    const snapshot = join(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`);
    linkSync(snapshot, join(root, `${TABLE}/nb-1000000009-big-Data.db`));
    put(root, `${TABLE}/nb-1000000008-big-Data.db`, "Cassandra's own, counted on from a link");
    assert.equal((await volumes.read(node, TAG)).highestLinkedGeneration, 1_000_000_009);
    put(
      root,
      `${TABLE}/snapshots/truncated-1-t/nb-1000000011-big-Data.db`,
      'emptied since, and counted on from',
    );
    assert.equal((await volumes.read(node, TAG)).highestLinkedGeneration, 1_000_000_011);
    const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
    await begun();
    put(root, `${TABLE}/nb_txn_flush_1a.log`, 'REMOVE:[/var/lib/cassandra/data/ks/t-1/nb-1-big-,0,3][1]\n');
    put(root, `${TABLE}/nb_txn_unknown_3c.log`, 'REMOVE:[…/nb-1000000008-big-,0,3][1]\n');
    const parts = [{ directory: TABLE, target: TABLE, links }];
    assert.deepEqual(await volumes.link(node, TAG, parts, EMPTIED), []);
    const [from, to] = [`${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`, `${TABLE}/nb-1000000010-big-Data.db`];
    assert.equal(statSync(join(root, from)).ino, statSync(join(root, to)).ino);
    assert(!has(`${TABLE}/nb-1000000009-big-Data.db`) && has(`${TABLE}/nb-1-big-Data.db`));
    assert(has(`${TABLE}/nb-1000000008-big-Data.db`), 'what is not linked from a snapshot is not ours');
    assert.deepEqual(await volumes.notLoaded(node, [TABLE], 1_000_000_010), new Map([[TABLE, 1]]));
    assert.deepEqual(await volumes.notLoaded(node, [TABLE], 1_000_000_011), new Map());
  });

  const LINKED = [
    {
      ...{ directory: TABLE, target: TABLE },
      links: [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']],
    },
  ] as const;

  test('what Cassandra does not know of is moved out of an emptied table; what it has made since, or removes, is not', async () => {
    put(root, `${TABLE}/da-3gqx_0abc_1k2l3m-bti-Data.db`, 'left by hand');
    put(root, `${TABLE}/da-3gqx_0abc_1k2l3m-bti-Partitions.db`, 'left by hand');
    put(root, `${TABLE}/nb-1000000004-big-Data.db`, 'of a load that failed');
    put(root, `${TABLE}/nb-12-big-Data.db`, 'on its way out');
    put(root, `${TABLE}/nb-13-big-SAI+aa+by_a+TermsData.db`, 'of an SSTable that is gone');
    const log = ['12', '79'].map((n) => `REMOVE:[/var/lib/cassandra/data/ks/t-1/nb-${n}-big-,0,3][1]\n`);
    put(root, `${TABLE}/nb_txn_unknown_1a.log`, log.join(''));
    await begun();
    put(root, `${TABLE}/nb-77-big-Data.db`, 'flushed since');
    put(root, `${TABLE}/nb-77-big-Index.db`, 'flushed since');
    put(root, `${TABLE}/nb-79-big-Index.db`, 'being flushed');
    const moved = await volumes.link(node, TAG, LINKED, EMPTIED);
    const strays = [
      'da-3gqx_0abc_1k2l3m-bti-Data.db',
      'da-3gqx_0abc_1k2l3m-bti-Partitions.db',
      'nb-1-big-Data.db',
      'nb-1000000004-big-Data.db',
      'nb-13-big-SAI+aa+by_a+TermsData.db',
    ];
    const aside = strays.map((name) => `kassette/strays/${TABLE}/${name}`);
    assert.deepEqual(moved.toSorted(), aside);
    assert.equal(readFileSync(join(root, aside[0] ?? ''), 'utf8'), 'left by hand');
    const live = readdirSync(join(root, TABLE)).filter((n) => n.endsWith('.db'));
    assert.deepEqual(live.toSorted(), [
      'nb-1000000010-big-Data.db',
      'nb-12-big-Data.db',
      'nb-77-big-Data.db',
      'nb-77-big-Index.db',
      'nb-79-big-Index.db',
    ]);
  });

  test('what Cassandra does not know of is moved out of an emptied table into which nothing is linked, where there is one', async () => {
    const [here, gone] = ['ks/u-62eb9c60c7b111f08f0c000000000000', 'ks/v-62eb9c60c7b111f08f0c000000000000'];
    put(root, `data/${here}/nb-4-big-Data.db`, 'left by hand');
    linkSync(
      join(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`),
      join(root, `data/${here}/nb-1000000004-big-Data.db`),
    );
    put(root, 'data/ks/w-62eb9c60c7b111f08f0c000000000000/nb-4-big-Data.db', 'of a table that is kept');
    await begun();
    const emptied = [TABLE.slice('data/'.length), here, gone];
    const into = { ...EMPTIED, emptied };
    const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
    for (const parts of [[], [{ directory: TABLE, target: TABLE, links }]])
      await volumes.link(node, TAG, parts, into);
    assert.deepEqual(readdirSync(join(root, 'data', here)), []);
    assert(has(`kassette/strays/data/${here}/nb-4-big-Data.db`) && !has(`data/${gone}`));
    assert(!has(`kassette/strays/data/${here}/nb-1000000004-big-Data.db`), "a link is nobody's only copy");
    assert(has('data/ks/w-62eb9c60c7b111f08f0c000000000000/nb-4-big-Data.db'));
    assert(has(`${TABLE}/nb-1000000010-big-Data.db`));
  });

  test('links that no Cassandra knows are removed from all tables, lower generations and snapshots not; and none come after', async () => {
    const other = 'data/ks/u-62eb9c60c7b111f08f0c000000000000';
    const names = ['Data.db', 'Index.db'];
    const files = names.flatMap((c) => [
      ...[1_000_000_007, 1_020_000_000, 1_020_000_001].map((n) => `${other}/nb-${n}-big-${c}`),
      ...[`${TABLE}/da-1030000000-bti-${c}`, `${TABLE}/snapshots/mine/nb-1020000000-big-${c}`],
    ]);
    for (const path of files) put(root, path, 'some rows');
    await begun();
    await new VolumeScripts(shell()).unlink(node, 1_020_000_000);
    assert.deepEqual(
      files.filter(has).toSorted(),
      files.filter((f) => f.includes('1000000007') || f.includes('snapshots')).toSorted(),
    );
    assert(has(`${TABLE}/nb-1-big-Data.db`));
    const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
    const parts = [{ directory: TABLE, target: TABLE, links }];
    await assert.rejects(volumes.link(node, TAG, parts, EMPTIED), /another run of kassette has begun/);
  });

  test('clocks have no say in what Cassandra does not know of', async () => {
    rmSync(join(root, `${TABLE}/nb-1-big-Data.db`));
    put(root, `${TABLE}/nb-5-big-Data.db`, 'left by hand');
    await begun();
    // The clock is set forward, and a link of Cassandra's own or the kubelet changes the file; then it is set back.
    const [run, stray] = ['kassette/run', `${TABLE}/nb-5-big-Data.db`].map((p) => join(root, p));
    const hour = new Date(Date.now() + 3_600_000);
    await untilLater();
    linkSync(stray ?? '', join(root, 'elsewhere'));
    rmSync(join(root, 'elsewhere'));
    assert.deepEqual(await volumes.link(node, TAG, LINKED, EMPTIED), [
      `kassette/strays/${TABLE}/nb-5-big-Data.db`,
    ]);
    rmSync(join(root, `${TABLE}/nb-1000000010-big-Data.db`));
    await begun();
    put(root, `${TABLE}/nb-6-big-Data.db`, 'flushed since');
    utimesSync(run ?? '', hour, hour);
    assert.deepEqual(await volumes.link(node, TAG, LINKED, EMPTIED), []);
    assert.ok(has(`${TABLE}/nb-6-big-Data.db`));
  });

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

  const WAYS = [
    ['tar', undefined],
    [
      'ln',
      'sh basename base64 cat cp cut dirname find grep head join ln mkdir mv printf rm sort sync tr wc xargs',
    ],
  ] as const;

  for (const [way, tools] of shell === localShell ? WAYS : WAYS.slice(0, 1)) {
    test(`by ${way}: a TOC.txt is copied, because Cassandra appends to it, and its owner and content stay`, async (t) => {
      if (tools !== undefined) await onlyWith(t, tools.split(' '));
      const snapshot = `${TABLE}/snapshots/${TAG}/nb-1-big-TOC.txt`;
      put(root, snapshot, 'TOC.txt\nData.db\n');
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
    put(root, data, "Cassandra's own, and in somebody's snapshot");
    linkSync(join(root, data), join(root, `${TABLE}/nb-1000000003-big-Data.db`));
    put(root, `${TABLE}/nb-1000000004-big-Index.db`, 'of a run that was cut off before its Data.db');
    await begun();
    const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
    const parts = [{ directory: TABLE, target: TABLE, links }];
    await volumes.link(node, TAG, parts, { firstGeneration: 1_000_000_010, state: 'filled' });
    assert(has(`${TABLE}/nb-1000000003-big-Data.db`) && has(`${TABLE}/nb-1000000010-big-Data.db`));
    assert(!has(`${TABLE}/nb-1000000004-big-Index.db`));
  });

  for (const [way, tools] of shell === localShell ? WAYS : WAYS.slice(0, 1)) {
    test(`by ${way}: Data.db are linked apart, twice over, and to nothing where all else is gone`, async (t) => {
      if (tools !== undefined) await onlyWith(t, tools.split(' '));
      put(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Statistics.db`, 'repaired');
      put(root, `${TABLE}/snapshots/${TAG}/nb-1-big-TOC.txt`, 'TOC.txt\n');
      await begun();
      const names = ['Data.db', 'Statistics.db', 'TOC.txt'];
      const links = names.map((c) => [`nb-1-big-${c}`, `nb-1000000010-big-${c}`] as const);
      const linkOnly = (components: 'others' | 'data') =>
        volumes.link(node, TAG, [{ directory: TABLE, target: TABLE, links }], { ...EMPTIED, components });
      const live = () => readdirSync(join(root, TABLE)).filter((n) => n.includes('-1000'));
      await linkOnly('others');
      assert.deepEqual(live().toSorted(), ['nb-1000000010-big-Statistics.db', 'nb-1000000010-big-TOC.txt']);
      const statistics = `${TABLE}/nb-1000000010-big-Statistics.db`;
      await volumes.replace(node, [{ path: statistics, content: Buffer.from('not repaired') }]);
      // The answer to the first one was lost.
      for (const _ of [1, 2]) assert.deepEqual(await linkOnly('data'), []);
      assert.deepEqual(live().toSorted(), links.map(([, to]) => to).toSorted());
      assert.equal(readFileSync(join(root, statistics), 'utf8'), 'not repaired');
      // As when Cassandra was started in between, which removes what has no Data.db.
      for (const name of live()) rmSync(join(root, TABLE, name));
      await assert.rejects(linkOnly('data'), /of 2 files that were linked 0 are left/);
      assert.deepEqual(live(), []);
    });
  }

  test('a file takes the place of a link, and what that led to stays as it is', async () => {
    const names = ['Statistics.db', 'Data.db'];
    put(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Statistics.db`, 'repaired');
    await begun();
    const links = names.map((c) => [`nb-1-big-${c}`, `nb-1000000010-big-${c}`] as const);
    await volumes.link(node, TAG, [{ directory: TABLE, target: TABLE, links }], EMPTIED);
    const [statistics, data] = [...names.map((c) => `${TABLE}/nb-1000000010-big-${c}`)];
    const content = Buffer.from([0, 10, 255, 0, 13]);
    await volumes.replace(node, [
      { path: statistics ?? '', content },
      { path: data ?? '', content: Buffer.alloc(70_000, 1) },
    ]);
    assert.deepEqual(readFileSync(join(root, statistics ?? '')), content);
    assert.equal(statSync(join(root, data ?? '')).size, 70_000);
    assert.equal(
      readFileSync(join(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Statistics.db`), 'utf8'),
      'repaired',
    );
    assert.equal(readFileSync(join(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`), 'utf8'), DATA);
    assert(!readdirSync(join(root, TABLE)).some((n) => n.endsWith('.tmp')));
    await volumes.replace(node, []);
    const gone = { path: `${TABLE}/nb-1000000011-big-Statistics.db`, content };
    await assert.rejects(volumes.replace(node, [gone]), /n failed/);
    await new VolumeScripts(shell()).begin(node, TAG, 'of a later one\n');
    const late = { path: statistics ?? '', content: Buffer.from('late') };
    await assert.rejects(volumes.replace(node, [late]), /another run of kassette has begun/);
    assert.deepEqual(readFileSync(join(root, statistics ?? '')), content);
  });

  test('where there are no tables nothing is linked, and nothing is left to load', async () => {
    await begun();
    await volumes.link(node, TAG, [], EMPTIED);
    assert.deepEqual(await volumes.notLoaded(node, [], 1_000_000_010), new Map());
  });

  test('what an earlier run sent is not done any more when another has begun', async () => {
    await begun();
    const later = new VolumeScripts(shell());
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
    await assert.rejects(
      later.link(node, TAG, parts, EMPTIED),
      /another run of kassette has begun meanwhile/,
    );
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
    assert.deepEqual([survey.backups, survey.snapshots, survey.autoSnapshots], [[], ['mine'], []]);
    assert.equal(survey.restored?.text, 'record\n');
    assert.deepEqual(readdirSync(join(root, 'kassette')), ['restored.json']);
    await volumes.finish(node, TAG, 'record\n', []);
  });

  test('a warm restore ends what cold ones said of the volume, before it says anything itself', async () => {
    const OTHER = 'kassette-20260302T021500Z-3c4d';
    const colds = async () => (await volumes.survey(node)).backups.map((b) => b.cold);
    await backup();
    for (const tag of [TAG, OTHER]) put(root, `kassette/${tag}/cold.json`, 'restored\n');
    // As killed in between: the journal cannot be written.
    put(root, `kassette/${TAG}/restore.json.part/x`, '');
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
    put(root, `kassette/${OTHER}/restore.json`, 'loaded\n');
    // As killed in between: both have begun, and neither is done.
    put(root, `kassette/${TAG}/restore.json.part/x`, '');
    await assert.rejects(volumes.begin(node, TAG, 'replacing\n'), /n failed/);
    assert.ok(has(`kassette/${OTHER}/restore.json`), 'said until the volume says something else');
    rmSync(join(root, `kassette/${TAG}/restore.json.part`), { recursive: true });
    await volumes.begin(node, TAG, 'replacing\n');
    assert.deepEqual(await said(), [
      [TAG, 'replacing\n', undefined],
      [OTHER, undefined, undefined],
    ]);
    for (const name of ['restore.json', 'cold.json']) put(root, `kassette/${OTHER}/${name}`, 'of before\n');
    await volumes.finish(node, TAG, 'record\n', []);
    assert.deepEqual(await said(), [[OTHER, undefined, undefined]]);
  });

  test('what live tables take, indexes included, and neither snapshots nor incremental backups', async () => {
    put(root, `${TABLE}/.idx/nb-1-big-Data.db`, 'index');
    put(root, `${TABLE}/.idx/snapshots/${TAG}/nb-1-big-Data.db`, 'snapshot of the index');
    put(root, `${TABLE}/backups/nb-1-big-Data.db`, 'incremental');
    const { liveBytes, freeBytes } = await volumes.liveSize(node);
    assert.equal(liveBytes, 'live'.length + 'index'.length);
    assert.ok(freeBytes > 0);
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

  test('what a dropped rehearsal leaves is removed; what has an SSTable, is live, a link or called otherwise stays', async () => {
    const rehearsal = (digit: string) => `data/kassette_rehearsal_${digit.repeat(16)}`;
    for (const digit of ['0', '1', '2', 'x'])
      put(root, `${rehearsal(digit)}/t-1/snapshots/dropped-1-t/manifest.json`, '{}');
    put(root, `${rehearsal('1')}/t-1/snapshots/dropped-1-t/nb-1-big-Data.db`, 'rows');
    put(root, 'elsewhere/t-1/mine', 'mine');
    symlinkSync(join(root, 'elsewhere'), join(root, rehearsal('3')));
    await volumes.removeRehearsals(node, [rehearsal('2').slice('data/'.length)]);
    assert.deepEqual(
      ['0', '1', '2', '3', 'x'].map((digit) => has(rehearsal(digit))),
      [false, true, true, true, true],
    );
    assert(has(TABLE) && has('elsewhere/t-1/mine'));
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

  test('notes of namespaces are a part of their backup: surveyed with it, and gone with it; other names are left out', async () => {
    await backup();
    assert.equal((await volumes.survey(node)).backups[0]?.notes, undefined);
    await volumes.writeNote(node, `${TAG}/joined/k8ssandra-b`, 'one\n');
    await volumes.writeNote(node, `${TAG}/ended/k8ssandra-b`, 'two\n');
    await volumes.writeNote(node, `${TAG}/joined/k8ssandra-b`, 'three\n');
    put(root, `kassette/${TAG}/failed/Not A Namespace`, 'x');
    put(root, `kassette/${TAG}/other/a`, 'x');
    symlinkSync(join(root, 'elsewhere'), join(root, `kassette/${TAG}/joined/a-link`));
    assert.deepEqual((await volumes.survey(node)).backups[0]?.notes, [
      { kind: 'joined', namespace: 'k8ssandra-b', text: 'three\n' },
      { kind: 'ended', namespace: 'k8ssandra-b', text: 'two\n' },
    ]);
    await volumes.remove(node, [TAG]);
    assert(!has('kassette'));
  });

  test('what a cold restore moved aside goes with its backup, and stays where that was asked for', async () => {
    for (const end of [() => volumes.remove(node, [TAG]), () => volumes.finish(node, TAG, 'record\n', [])]) {
      await backup();
      put(root, `kassette/${TAG}/cold.json`, 'restored\n');
      assert.equal((await volumes.survey(node)).backups[0]?.cold?.text, 'restored\n');
      put(root, `kassette/displaced-${TAG}/1/data/ks/t/nb-1-big-Data.db`, 'live once');
      put(root, `kassette/kept-${TAG}/1/data/ks/t/nb-1-big-Data.db`, 'live once');
      assert.equal((await volumes.survey(node)).backups.length, 1, 'neither is taken for a backup');
      await end();
      assert(!has(`kassette/displaced-${TAG}`) && has(`kassette/kept-${TAG}`));
      assert.deepEqual((await volumes.survey(node)).backups, []);
    }
  });

  test('input that is cut off is never acted on: a shortened path could be that of all data', async () => {
    await backup();
    const whole = shell();
    const cutting = (bytes: number) =>
      new VolumeScripts({
        run: (n, script, args, input = new Uint8Array(), take) => {
          const all = input instanceof Uint8Array ? input : Buffer.concat([...input.chunks()]);
          return whole.run(n, script, args, all.subarray(0, all.length - bytes), take);
        },
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
    assert((await volumes.read(node, TAG)).manifest.json.startsWith('{"a": 1}'));
    assert((await volumes.survey(node)).backups[0]?.journal === null);
    for (const path of [`${TABLE}/nb-1-big-Data.db`, automatic, `${TABLE}/snapshots/mine`])
      assert(has(path), path);
  });
}
