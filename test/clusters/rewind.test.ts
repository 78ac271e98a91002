import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { mustRun, runCli } from '../../lab/cli.ts';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { compareReplicas } from '../../lab/dataset/compare/replicas.ts';
import { define } from '../../lab/dataset/define.ts';
import { type History, history } from '../../lab/dataset/history.ts';
import { connectLab, startLab, storageOf } from '../../lab/lab.ts';
import * as results from '../../lab/results.ts';
import { baseIn } from '../../src/domain/archive/base.ts';
import { parseSegmentName } from '../../src/domain/archive/segments.ts';
import { CATALOGUE } from '../../src/domain/errors.ts';
import { allTest, SLOW, TEST_SUBNET } from '../tiers.ts';
import { killAfter } from './support/killed-program.ts';
import { assertHistory, type Span, secondsIn } from './support/seconds.ts';

// A second in the middle of random writes and changes of the schema: what was acknowledged before it is there after a rewind, and nothing else.
const SEED = Number(process.env['REWIND_SEED'] ?? Date.now() % 1_000_000);
const ROWS = 40;
let directory: string;
let cluster: EmbeddedCluster;
let client: Client;
let writes: History;
let target: Date;
/** From when to when it can be set back. */
let reach: Span;

before(async () => {
  console.log(`REWIND_SEED=${SEED}`);
  directory = await mkdtemp(join(tmpdir(), 'kassette-test-'));
  cluster = await startLab({ directory, subnet: TEST_SUBNET, archive: true, detached: false });
  client = await connectLab(cluster);
  writes = history(client, { seed: SEED, keyspace: 'shop', replicas: 3, datacenter: 'cass-prd' });
  await writes.create();
  await define(client, [
    ...['cut', 'cut_later', 'gone', 'lost', 'grown', 'paired'].map(
      (t) => `CREATE TABLE shop.${t} (id int PRIMARY KEY, v text)`,
    ),
    'CREATE TYPE shop.place (street text)',
    'CREATE TABLE shop.homes (id int PRIMARY KEY, v text, one frozen<place>, other place)',
  ]);
  for (const table of ['cut', 'cut_later', 'gone', 'lost', 'grown']) await fill(table, 'of the backup');
  writes.start();
  await pause(2000);
  await mustRun(directory, ['before-backup', '--keep', '2'], results.beforeBackupResult);
  await mustRun(directory, ['after-backup'], results.afterBackupResult);
  const from = new Date();
  await pause(3000);
  await define(client, [
    'CREATE TABLE shop.brief (id int PRIMARY KEY, v text)',
    'ALTER TABLE shop.brief ADD "in between" list<text>',
  ]);
  await fillTogether('gone', 'of the window', 0);
  await fillTogether('brief', 'of the window', ROWS, '"in between"', "['more']");
  await fillTogether('lost', 'of the window', 2 * ROWS);
  await fillHomes('of the window', "{street: 'a'}");
  await define(client, [
    'ALTER TABLE shop.brief DROP "in between"',
    'DROP TABLE shop.brief',
    'CREATE TABLE shop.made (id int PRIMARY KEY, v text)',
    'ALTER TABLE shop.made ADD w text',
    'ALTER TABLE shop.grown ADD w text',
    'CREATE INDEX ON shop.made (v)',
    'DROP TABLE shop.gone',
    'TRUNCATE shop.cut',
  ]);
  for (const table of ['made', 'grown']) await fill(table, 'of the window', ', w');
  await fill('cut', 'after it was truncated', '', 5);
  await storageOf(cluster).flush();
  await pause(3000);
  target = new Date(Math.floor(Date.now() / 1000) * 1000);
  await pause(2500);
  // The bad deployment.
  await define(client, [
    'DROP TABLE shop.lost',
    'TRUNCATE shop.cut_later',
    'ALTER TABLE shop.cut ADD later text',
    'ALTER TABLE shop.cut_later ADD "later on" text',
    'CREATE TABLE shop.too_late (id int PRIMARY KEY, v text)',
    'ALTER TYPE shop.place ADD town text',
  ]);
  await fill('cut', 'spoilt', ', later');
  await fill('cut_later', 'spoilt', ', "later on"');
  await fillHomes('spoilt', "{street: 'a', town: 'b'}");
  await fillTogether('too_late', 'spoilt', 0);
  await fill('too_late', 'spoilt');
  await pause(1500);
  await writes.stop();
  reach = { from, until: new Date() };
});

after(async () => {
  await client?.shutdown();
  await cluster?.kill();
  await rm(directory, { recursive: true, force: true });
});

async function fill(table: string, text: string, column = '', rows = ROWS): Promise<void> {
  const cql = `INSERT INTO shop.${table} (id, v${column}) VALUES (?, ?${column === '' ? '' : ', ?'})`;
  for (let id = 0; id < rows; id++)
    await client.execute(cql, [id, text, ...(column === '' ? [] : ['more'])], { prepare: true });
}

/** Rows of `paired`, each in one mutation with a row of another table. */
async function fillTogether(other: string, text: string, first: number, ...more: string[]): Promise<void> {
  const [column, value] = more.length === 0 ? ['', ''] : more.map((m) => `, ${m}`);
  for (let id = first; id < first + ROWS; id++)
    await client.execute(
      `BEGIN BATCH INSERT INTO shop.paired (id, v) VALUES (${id}, '${text}');
       INSERT INTO shop.${other} (id, v${column}) VALUES (${id}, '${text}'${value}); APPLY BATCH`,
    );
}

async function fillHomes(text: string, place: string): Promise<void> {
  for (let id = 0; id < ROWS; id++)
    await client.execute(
      `INSERT INTO shop.homes (id, v, one, other) VALUES (${id}, '${text}', ${place}, ${place})`,
    );
}

async function textsIn(table: string): Promise<string> {
  const { rows } = await client.execute(`SELECT v FROM shop.${table}`);
  const texts = [...Map.groupBy(rows, (r) => String(r['v']))].map(([v, of]) => `${of.length} ${v}`);
  return texts.toSorted().join(', ');
}

async function assertAt(
  at: Date | undefined,
  tables: Readonly<Record<string, string | null>>,
): Promise<void> {
  const check = await writes.check(client, at);
  assert.deepEqual(check.wrong.slice(0, 10), []);
  assert(check.before > 500, `${check.before} writes are not enough to say anything`);
  if (at !== undefined) assert(check.after > 100, `${check.after} writes of later are not enough`);
  for (const [table, expected] of Object.entries(tables)) {
    if (expected === null) await assert.rejects(textsIn(table), /does not exist/);
    else assert.equal(await textsIn(table), expected, table);
  }
  assert.equal((await compareReplicas(client)).outcome, 'agree');
}

const AT_TARGET = {
  ...{ made: `${ROWS} of the window`, grown: `${ROWS} of the window`, cut: '5 after it was truncated' },
  ...{ lost: `${ROWS} of the backup, ${ROWS} of the window`, cut_later: `${ROWS} of the backup` },
  ...{ paired: `${3 * ROWS} of the window`, homes: `${ROWS} of the window` },
  ...{ gone: null, brief: null, too_late: null },
};
const AT_THE_END = {
  ...{ made: `${ROWS} of the window`, cut: `${ROWS} spoilt`, too_late: `${ROWS} spoilt` },
  ...{ paired: `${ROWS} spoilt, ${2 * ROWS} of the window` },
  ...{ cut_later: `${ROWS} spoilt`, homes: `${ROWS} spoilt`, lost: null, gone: null, brief: null },
};

async function reconnect(): Promise<void> {
  await client.shutdown();
  client = await connectLab(cluster);
}

/** A segment that is needed from the backup on, and that is in the archive alone. */
function neededOnly(root: string): string {
  const [tag = ''] = readdirSync(join(root, 'kassette')).filter((n) => n.startsWith('kassette-'));
  const first = baseIn(readFileSync(join(root, 'kassette', tag, 'complete'), 'utf8'))?.first ?? '';
  const live = readdirSync(join(root, 'commitlog'));
  const found = readdirSync(join(root, 'kassette/commitlog')).find(
    (name) => (parseSegmentName(name) ?? 0n) >= BigInt(first) && !live.includes(name),
  );
  assert(found !== undefined, 'no such segment is in the archive alone');
  return found;
}

const volume = (node: number) => cluster.nodes[node]?.volume ?? '';
const to = () => ['--to', target.toISOString()];

test('what cannot be reached is refused before anything is touched, with what can', SLOW, async () => {
  const refused = async (args: readonly string[], status: number, message: RegExp) => {
    const run = await runCli(directory, ['rewind', ...args]);
    assert.equal(run.status, status, run.stderr);
    assert.match(run.stderr, message);
  };
  await refused(['--to', '2h ago', '--dry-run'], 69, /NO_BASE[\s\S]*Choose a second from/);
  await refused(['--to', '2100-01-01T00:00:00Z'], 2, /is not over yet/);
  await refused(['--undo'], 2, /There is no rewind to undo/);
  await refused(['--undo', '--dry-run'], 2, /does not say what to do/);
  const archive = join(volume(1), 'kassette/commitlog');
  const needed = neededOnly(volume(1));
  renameSync(join(archive, needed), join(archive, 'away'));
  await refused([...to(), '--dry-run'], 70, /LOG_GAP[\s\S]*1 segment is missing/);
  const bytes = readFileSync(join(archive, 'away'));
  // In the first mutation, behind the header.
  writeFileSync(join(archive, needed), bytes.with(100, 255 - (bytes[100] ?? 0)));
  await refused([...to(), '--dry-run'], 70, /LOG_GAP[\s\S]*is damaged at byte/);
  rmSync(join(archive, needed));
  renameSync(join(archive, 'away'), join(archive, needed));
  const { result } = await mustRun(directory, ['rewind', ...to(), '--dry-run'], results.rewindResult);
  assert.equal(result.outcome, 'planned');
  assert.deepEqual(result.plan?.created, ['shop.made', 'shop.too_late']);
  assert.deepEqual(result.plan?.dropped, ['shop.gone', 'shop.lost']);
  assert.deepEqual(
    result.plan?.truncated.map((t) => t.table),
    ['shop.cut', 'shop.cut_later'],
  );
  await assertAt(undefined, AT_THE_END);
});

test(
  'killed in the middle and run again, every acknowledged write before the second is there, and none after it',
  SLOW,
  async () => {
    await killAfter('Setting the live files aside', ['rewind', ...to(), '--embedded', directory]);
    const hook = await runCli(directory, ['before-backup']);
    assert.notEqual(hook.status, 0);
    const cold = await runCli(directory, ['recover']);
    assert.equal(cold.status, 67, cold.stderr);
    await killAfter('Putting the tables of the backup in place', [
      'rewind',
      ...to(),
      '--embedded',
      directory,
    ]);
    const { result } = await mustRun(directory, ['rewind', ...to()], results.rewindResult);
    assert.equal(result.outcome, 'rewound');
    assert(result.nodes.every((n) => n.replayed > 100 && n.later > 50));
    await reconnect();
    await assertAt(target, AT_TARGET);
    const again = await mustRun(directory, ['rewind', ...to()], results.rewindResult);
    assert.equal(again.result.outcome, 'unchanged');
  },
);

test('undone, killed in the middle, the state before it is back', SLOW, async () => {
  await client.execute("INSERT INTO shop.lost (id, v) VALUES (1, 'since the rewind')");
  await killAfter('Putting the files of before back', ['rewind', '--undo', '--embedded', directory]);
  const { result } = await mustRun(directory, ['rewind', '--undo'], results.rewindResult);
  assert.equal(result.outcome, 'undone');
  await reconnect();
  await assertAt(undefined, AT_THE_END);
});

allTest('any second in the course of the writes, one after the other, undone in between', SLOW, async () => {
  const reached: Date[] = [];
  for (const second of secondsIn(reach, SEED, 10)) {
    const run = await runCli(directory, ['rewind', '--to', second.toISOString()]);
    // In the middle of a change of the schema, or of a TRUNCATE.
    const isBetween = run.status === CATALOGUE.SCHEMA_DISAGREEMENT.exit;
    if (!isBetween) {
      assert.equal(run.status, 0, `${second.toISOString()} ${run.stderr}`);
      await reconnect();
      await assertHistory(writes, client, second);
      reached.push(second);
    }
    await mustRun(directory, ['rewind', '--undo'], results.rewindResult);
    await reconnect();
  }
  assert(reached.length > 5, `${reached.length}`);
  await assertAt(undefined, AT_THE_END);
});

test('accepted, it stays, survives a restart, and a new backup begins a new window', SLOW, async () => {
  await mustRun(directory, ['rewind', ...to()], results.rewindResult);
  const { result } = await mustRun(directory, ['rewind', '--accept'], results.rewindResult);
  assert.equal(result.outcome, 'accepted');
  assert.deepEqual(
    readdirSync(join(volume(0), 'kassette')).filter((n) => n.startsWith('rewind')),
    [],
  );
  await cluster.kill();
  cluster = await startLab({ directory, subnet: TEST_SUBNET, archive: true, detached: false });
  await reconnect();
  await assertAt(target, AT_TARGET);
  const older = await runCli(directory, ['rewind', ...to(), '--dry-run']);
  assert.equal(older.status, 69, older.stderr);
  await mustRun(directory, ['before-backup', '--keep', '2'], results.beforeBackupResult);
  await mustRun(directory, ['after-backup'], results.afterBackupResult);
});
