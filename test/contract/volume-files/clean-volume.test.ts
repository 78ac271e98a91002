import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Manifest, sha256 } from '../../../src/domain/backup/manifest.ts';
import { parseColdJournal } from '../../../src/domain/restore/cold-journal.ts';
import type { ColdPlan } from '../../../src/domain/restore/cold-plan.ts';
import { type Journal, renderJournal } from '../../../src/domain/restore/journal.ts';
import type { CleanVolumeOptions } from '../../../src/engine/cold/volume/options.ts';
import { type ColdPorts, cleanVolume } from '../../../src/engine/verbs/clean-volume.ts';
import type { OfflineVolume } from '../../../src/ports/offline-volume.ts';
import { openVolume } from '../../../src/wiring.ts';
import { hostIdOf } from '../../host-id.ts';
import { inodes, makeBackup, makeVolume, put, TABLES, TAG } from './crashed-volume.ts';

// A cold restore on a real directory that looks like a volume; whether Cassandra likes it is for the tests with Cassandra.
const OTHER = 'kassette-20260302T021500Z-3c4d';
const QUIET = { step: <T>(_: string, work: (r: typeof NONE) => Promise<T>) => work(NONE), warn() {} };
const NONE = { count() {}, note() {} };
const OPTIONS: CleanVolumeOptions = {
  tag: undefined,
  dryRun: false,
  listed: false,
  keepDisplaced: false,
  verify: 'quick',
  again: false,
  elsewhere: false,
  expected: {},
  signal: new AbortController().signal,
};
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kassette-clean-'));
  makeVolume(root);
});
afterEach(() => rmSync(root, { recursive: true }));

const ports = (): ColdPorts => openVolume(root, QUIET);
const clean = (options: Partial<CleanVolumeOptions> = {}, given = ports()) =>
  cleanVolume(given, { ...OPTIONS, ...options });
const at = (path: string) => join(root, path);

test('where the node replayed from outside the volume too, it is refused, and nothing is changed', async () => {
  makeBackup(root, TAG, { outside: ['commitlog', 'hints'] });
  const before = readdirSync(root, { recursive: true });
  const message = /kept its commit log and hints outside the volume when backup \S+ was made/;
  await assert.rejects(clean(), { code: 'SYSTEM_TABLES', message });
  assert.deepEqual(readdirSync(root, { recursive: true }), before);
});

/** Live is exactly what the snapshot is; what Cassandra would replay is gone; what is the users' is there. */
function assertRestored(tag = TAG): void {
  for (const directory of Object.values(TABLES)) {
    const live = readdirSync(at(directory)).filter((n) => n.includes('nb'));
    const saved = directory === TABLES.newer ? [] : readdirSync(at(`${directory}/snapshots/${tag}`));
    assert.deepEqual(
      live,
      saved.filter((n) => n.includes('nb')),
    );
    assert.equal(live.length, directory === TABLES.newer ? 0 : 4, directory);
    for (const name of live) assertSameFile(`${directory}/${name}`, `${directory}/snapshots/${tag}/${name}`);
  }
  const index = `${TABLES.indexed}/.idx/nb-1-big-Data.db`;
  assertSameFile(index, `${TABLES.indexed}/snapshots/${tag}/.idx/nb-1-big-Data.db`);
  assert.deepEqual(
    existsSync(at(`${TABLES.indexed}/.other`)) ? readdirSync(at(`${TABLES.indexed}/.other`)) : [],
    [],
  );
  for (const d of ['commitlog', 'hints', 'saved_caches', 'cdc_raw', 'data/system/_paxos_repair_state'])
    assert.deepEqual(readdirSync(at(d)), [], d);
  assert.equal(readFileSync(at(`${TABLES.indexed}/snapshots/mine/nb-1-big-Data.db`), 'utf8'), 'theirs');
  assert.equal(readFileSync(at(`${TABLES.newer}/snapshots/mine/nb-1-big-Data.db`), 'utf8'), 'theirs');
  assert.equal(readFileSync(at(`${TABLES.indexed}/backups/nb-1-big-Data.db`), 'utf8'), 'incremental');
  const journal = readFileSync(at(`kassette/${tag}/cold.json`), 'utf8');
  assert.equal(parseColdJournal(journal)?.stage, 'restored');
}

/** Cassandra may append to a TOC.txt, so that it is a copy. */
function assertSameFile(a: string, b: string): void {
  if (a.endsWith('-TOC.txt')) assert.equal(readFileSync(at(a), 'utf8'), readFileSync(at(b), 'utf8'), a);
  assert.equal(statSync(at(a)).ino === statSync(at(b)).ino, !a.endsWith('-TOC.txt'), `${a} and ${b}`);
}

async function assertRefused(
  code: string,
  options: Partial<CleanVolumeOptions> = {},
  message = /./,
): Promise<void> {
  const before = inodes(root);
  await assert.rejects(clean(options), { code, message });
  assert.deepEqual(inodes(root), before);
}

test('live files give way to links, everything that is moved is in one place, and nothing is copied', async () => {
  const before = inodes(root);
  const result = await clean();
  assertRestored();
  assert.deepEqual(
    [result.outcome, result.tag, result.cluster, result.node, result.tables, result.bytesCopied],
    ['restored', TAG, 'c', 'n-0', 2, 0],
  );
  assert.deepEqual(result.plan?.drops, ['ks.newer']);
  assert.equal(result.displaced, `kassette/displaced-${TAG}/1`);
  const aside = inodes(at(result.displaced ?? ''));
  assert.equal(aside.size, result.moved + 1, 'all that was live, and the commit log');
  for (const [path, inode] of aside)
    assert.equal(before.get(path), inode, `${path} is not the file that was live`);
  const known = new Set([...before.values()]);
  const made = [...inodes(root)].filter(([path, inode]) => !known.has(inode) && !path.endsWith('-TOC.txt'));
  assert.deepEqual(made, [], 'no other file is new');
});

test('what only root can read of a file system does not stand in the way', async () => {
  for (const path of ['lost+found', 'data/lost+found', 'data2/lost+found'])
    mkdirSync(at(path), { recursive: true, mode: 0o000 });
  const { volume } = ports();
  const asNobody = async <T>(work: () => Promise<T>) => {
    process.seteuid?.(65534);
    return work().finally(() => process.seteuid?.(0));
  };
  chmodSync(root, 0o755);
  const live = await (process.getuid?.() === 0 ? asNobody(() => volume.live()) : volume.live());
  assert.equal(live.tables.length, Object.keys(TABLES).length);
  assert.equal((await clean()).outcome, 'restored');
});

test('a table in a directory without its id is refused by its name: the backup’s files would stay unseen', async () => {
  const table = TABLES.indexed.replace(/-[^-]*$/, '');
  put(root, `${table}/nb-1-big-Data.db`, 'from before 2.1');
  await assertRefused(
    'DATA_DIRECTORY',
    {},
    /has table ks\.indexed in data2?\/ks\/indexed, a directory without/,
  );
  rmSync(at(table), { recursive: true });
  put(root, 'data/ks/other/nb-1-big-Data.db', 'of no table of the backup');
  assert.equal((await clean()).outcome, 'restored');
});

test('an index that a class outside Cassandra makes is named and refused: it would be called built, and is gone', async () => {
  const schema = `${readFileSync(at(`kassette/${TAG}/schema.cql`), 'utf8')}
CREATE CUSTOM INDEX by_text ON ks.indexed (value) USING 'com.example.Index';\n`;
  makeBackup(root, TAG, { schemaSha256: sha256(schema) });
  put(root, `kassette/${TAG}/schema.cql`, schema);
  await assertRefused('SYSTEM_TABLES', {}, /no files of indexes .*"ks"\."by_text" \(com\.example\.Index\)/);
});

test('directories that are made are as the one that they are in; the commit log is as it was', async () => {
  chmodSync(at('commitlog'), 0o2750);
  chmodSync(at(TABLES.indexed), 0o2770);
  rmSync(at(`${TABLES.indexed}/.idx`), { recursive: true });
  await clean();
  assert.equal(statSync(at('commitlog')).mode & 0o7777, 0o2750);
  assert.equal(statSync(at(`${TABLES.indexed}/.idx`)).mode & 0o7777, 0o2770);
});

test('a dry run lists every file and changes nothing', async () => {
  const before = inodes(root);
  const { outcome, plan } = await clean({ dryRun: true });
  assert.equal(outcome, 'planned');
  assert.deepEqual(inodes(root), before);
  assert(!existsSync(at(`kassette/${TAG}/cold.json`)));
  const live = [...before.keys()].filter((p) => !/\/(snapshots|backups)\/|^commitlog/.test(p));
  assert.deepEqual([...(plan?.moves ?? []), ...(plan?.empties ?? [])].toSorted(), live.toSorted());
});

test('run twice the second changes nothing; once Cassandra has run, only --again does it', async () => {
  await clean();
  const before = inodes(root);
  assert.equal((await clean()).outcome, 'unchanged');
  assert.deepEqual(inodes(root), before);
  put(root, 'commitlog/CommitLog-7-2.log', 'of a Cassandra that was started');
  await assertRefused('STARTED_SINCE');
  put(root, `${TABLES.indexed}/nb-8-big-Data.db`, 'written since');
  const again = await clean({ again: true });
  assertRestored();
  assert.equal(again.displaced, `kassette/displaced-${TAG}/2`);
});

test('what is moved aside is named to be kept with --keep-displaced', async () => {
  assert.equal((await clean({ keepDisplaced: true })).displaced, `kassette/kept-${TAG}/1`);
});

test('elsewhere the node forgets the others', async () => {
  const { plan } = await clean({ elsewhere: true });
  assert.deepEqual(plan?.forgets, ['system.peers_v2']);
  assert.deepEqual(readdirSync(at(TABLES.peers)), ['snapshots']);
  assert.deepEqual(readdirSync(at(TABLES.local)).length, 5);
});

test('a namespace that is not the one of the backup is elsewhere', async () => {
  makeBackup(root, TAG, { namespace: 'here' });
  assert.deepEqual((await clean({ dryRun: true, namespace: 'here' })).plan?.forgets, []);
  assert.deepEqual((await clean({ dryRun: true, namespace: 'there' })).plan?.forgets, ['system.peers_v2']);
});

/** The backup knows these addresses; who runs there is asked for. */
function withAddresses(...addresses: readonly string[]): void {
  const [node] = makeBackup(root, TAG).nodes;
  const nodes = addresses.map((address, i) => ({
    ...node,
    name: `n-${i}`,
    hostId: hostIdOf(`n-${i}`),
    address,
  }));
  makeBackup(root, TAG, { nodes: nodes as Manifest['nodes'], namespace: 'here' });
}

const running = (at: Readonly<Record<string, string>>): ColdPorts => ({
  ...ports(),
  peers: { hostIdAt: async (address) => at[address] ?? null },
});

test('refused, with nothing changed, while a node of the backup runs at an address that is remembered', async () => {
  withAddresses('10.0.0.1', '10.0.0.2');
  const before = inodes(root);
  for (const dryRun of [false, true]) {
    await assert.rejects(clean({ dryRun, namespace: 'here' }, running({ '10.0.0.2': hostIdOf('n-1') })), {
      code: 'CLUSTER_ELSEWHERE',
      message: `A node of cluster c as it is in backup ${TAG} runs at 10.0.0.2.`,
    });
  }
  // Any node of that ring, whatever address it has by now.
  await assert.rejects(
    clean({}, running({ '10.0.0.1': hostIdOf('n-1'), '10.0.0.2': hostIdOf('n-0') })),
    /10\.0\.0\.1 and at 1 more/,
  );
  assert.deepEqual(inodes(root), before);
});

for (const [why, options, at] of [
  ['it forgets them', { elsewhere: true }, { '10.0.0.2': hostIdOf('n-1') }],
  [
    'the namespace is another, so that it forgets them',
    { namespace: 'there' },
    { '10.0.0.2': hostIdOf('n-1') },
  ],
  ['these are the nodes that it belongs to', { ownAddresses: ['10.0.0.2'] }, { '10.0.0.2': hostIdOf('n-1') }],
  ['the node that has the address by now is of another cluster', {}, { '10.0.0.2': 'another' }],
  ['nobody answers', {}, {}],
] as const) {
  test(`not refused where ${why}`, async () => {
    withAddresses('10.0.0.1', '10.0.0.2');
    await clean({ namespace: 'here', ...options }, running(at));
    const journal = readFileSync(join(root, `kassette/${TAG}/cold.json`), 'utf8');
    assert.equal(parseColdJournal(journal)?.stage, 'restored');
  });
}
const WARM: Journal = {
  version: 1,
  tag: TAG,
  stage: 'replacing',
  startedAt: '2026-03-01T03:00:00.000Z',
  autoSnapshots: ['a/snapshots/truncated-1-a'],
  recreated: [],
  concurrentWrites: [],
  ...{ tables: 1, files: 8, bytes: 100 },
};

test('what interrupted warm restores said of the volume goes; which automatic snapshots were there stays known', async () => {
  const left = () => ['restore.json', `../${OTHER}/restore.json`, '../tables.json', '../staging/a', '../run'];
  for (const name of left()) put(root, `kassette/${TAG}/${name}`, renderJournal(WARM));
  const real = ports();
  const killed: OfflineVolume = { ...real.volume, guard: () => Promise.reject(new Error('killed')) };
  await assert.rejects(clean({}, { ...real, volume: killed }), /killed/);
  const journal = () => readFileSync(at(`kassette/${TAG}/cold.json`), 'utf8');
  assert.deepEqual(
    left().filter((name) => existsSync(at(`kassette/${TAG}/${name}`))),
    [],
  );
  assert.equal(parseColdJournal(journal())?.stage, 'replacing');
  await clean();
  assertRestored();
  assert.deepEqual(parseColdJournal(journal())?.autoSnapshots, WARM.autoSnapshots);
});

test('restored, emptied by a warm restore that began since, and restored again', async () => {
  await clean();
  put(root, 'commitlog/CommitLog-7-2.log', 'of a Cassandra that was started');
  // Its clock is behind.
  put(
    root,
    `kassette/${TAG}/restore.json`,
    renderJournal({ ...WARM, startedAt: '2020-03-01T03:00:00.000Z' }),
  );
  assert.equal((await clean()).outcome, 'restored');
  assertRestored();
});

const CALLS = ['writeJournal', 'guard', 'displace', 'link', 'notLinked', 'unguard'] as const;

// The port's calls are all that changes anything, so the run ends where one of them does, half done where it can be.
for (const call of CALLS) {
  for (const when of ['before', 'inside', 'after'] as const) {
    test(`ended ${when} \`${call}\` and run again: restored`, async () => {
      const real = ports();
      const half = <T>(all: readonly T[]) => all.slice(0, Math.ceil(all.length / 2));
      const volume: OfflineVolume = {
        ...real.volume,
        async [call](...args: unknown[]) {
          const work = real.volume[call] as (...a: unknown[]) => Promise<unknown>;
          const plan = args[0] as ColdPlan;
          if (when === 'after') await work(...args);
          if (when === 'inside' && (call === 'link' || call === 'displace')) {
            await work(
              { ...plan, links: half(plan.links), moves: half(plan.moves), empties: [] },
              ...args.slice(1),
            );
          }
          throw new Error('killed');
        },
      };
      await assert.rejects(clean({}, { ...real, volume }), /killed/);
      await clean();
      assertRestored();
    });
  }
}

test('from the first change to the last no Cassandra can start: its commit log is a file', async () => {
  const real = ports();
  const seen: boolean[] = [];
  const look = () => void seen.push(statSync(at('commitlog')).isFile());
  const watched = <A extends unknown[]>(work: (...args: A) => Promise<void>) => {
    return async (...args: A) => {
      look();
      await work(...args);
    };
  };
  const { displace, link, unguard } = real.volume;
  const volume = {
    ...real.volume,
    displace: watched(displace),
    link: watched(link),
    unguard: watched(unguard),
  };
  await clean({}, { ...real, volume });
  assert.deepEqual(seen, [true, true, true]);
});

test('refused, with nothing changed: no backup, none complete, two of them', async () => {
  rmSync(at(`kassette/${TAG}/complete`));
  await assertRefused('BACKUP_INCOMPLETE');
  rmSync(at('kassette'), { recursive: true });
  await assertRefused('NO_BACKUP');
  makeBackup(root, TAG);
  makeBackup(root, OTHER);
  await assertRefused('BACKUP_AMBIGUOUS');
  await clean({ tag: OTHER });
  assertRestored(OTHER);
});

test('refused, with nothing changed: another cluster or node, a damaged backup, files elsewhere', async () => {
  await assertRefused('WRONG_CLUSTER', { expected: { cluster: 'other' } }, /of cluster `c`, not `other`/);
  await assertRefused('WRONG_CLUSTER', { expected: { node: 'n-1' } }, /of node n-0, not n-1/);
  const { tables } = makeBackup(root, TAG);
  makeBackup(root, TAG, { tables: tables.filter((t) => t.name !== 'local') });
  await assertRefused('SYSTEM_TABLES', {}, /system\.local/);
  const outside = tables.map((t) => ({
    ...t,
    parts: t.parts.map((p) => ({ ...p, directory: `/${p.directory}` })),
  }));
  makeBackup(root, TAG, { tables: outside });
  await assertRefused('SYSTEM_TABLES', {}, /outside the volume/);
  makeBackup(root, TAG);
  const data = `${TABLES.second}/snapshots/${TAG}/nb-1-big-Data.db`;
  put(root, data, readFileSync(at(data), 'utf8').toUpperCase());
  await assertRefused('FILES_DAMAGED', { verify: 'full' }, /CRC-32/);
  makeBackup(root, TAG);
  const list = `${TABLES.second}/snapshots/${TAG}/nb-1-big-TOC.txt`;
  put(root, list, readFileSync(at(list), 'utf8').toUpperCase());
  await assertRefused('FILES_DAMAGED', { verify: 'full' }, /nb-1-big-TOC\.txt has the checksum/);
  put(root, data, 'shorter');
  await assertRefused('FILES_DAMAGED', {}, /has 7 bytes/);
  put(root, `kassette/${TAG}/backup.json`, '{}');
  await assertRefused('MANIFEST_DAMAGED');
});

test('refused: a directory that is no volume, and one that a process works on', async () => {
  const file = openSync(at('commitlog/CommitLog-7-1.log'), 'r');
  const child = spawn('sleep', ['60'], { stdio: [file, 'ignore', 'ignore'] });
  try {
    await assertRefused('VOLUME_IN_USE', {}, new RegExp(`process ${child.pid} \\(sleep\\)`));
  } finally {
    child.kill();
    closeSync(file);
  }
  rmSync(at('commitlog'), { recursive: true });
  await assertRefused('NO_VOLUME');
});

test('a Cassandra that was started just before the guard is seen, and no live file is touched', async () => {
  const real = ports();
  const users = [null, 'process 7 (java)'];
  const moved: string[] = [];
  const volume: OfflineVolume = {
    ...real.volume,
    user: async () => users.shift() ?? null,
    displace: async () => void moved.push('live files'),
  };
  const hint = /Its commit log was moved aside/;
  await assert.rejects(clean({}, { ...real, volume }), { code: 'VOLUME_IN_USE', hint });
  assert.deepEqual(moved, []);
  await clean();
  assertRestored();
});
