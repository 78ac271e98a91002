import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dataFiles } from '../../../bench/measure.ts';
import { mustRun } from '../../../lab/cli.ts';
import { recordData } from '../../../lab/dataset/compare/record.ts';
import { define } from '../../../lab/dataset/define.ts';
import { afterRestore } from '../../../src/engine/verbs/after-restore.ts';
import { type BeforeBackupResult, beforeBackup } from '../../../src/engine/verbs/before-backup.ts';
import type { CqlSession } from '../../../src/ports/cql.ts';
import type { NodeControl } from '../../../src/ports/node-control.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { allTest, SLOW } from '../../tiers.ts';
import { writeAll } from '../support/contents/changes.ts';
import { automaticSnapshots } from '../support/contents/leftovers.ts';
import { OPTIONS, withPorts, withSession } from '../support/in-process.ts';
import { planResult, type ShownPlan } from '../support/results.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/*
 * Whatever happens to rows and schema between the backup and the copy of the volumes, the restore brings the backup's
 * database back, and does what `plan` shows.
 */
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

async function shownPlan(...options: readonly string[]): Promise<ShownPlan> {
  const { result } = await mustRun(subject.directory, ['plan', ...options], planResult);
  const [only] = result.plans;
  assert.ok(only !== undefined && result.plans.length === 1);
  return only;
}

const recreatedIn = (plan: ShownPlan) =>
  plan.tables
    .filter((t) => t.action === 'recreate')
    .map((t) => `${t.keyspace}.${t.name}`)
    .toSorted();

test('rows changed: every table is reloaded, none is dropped or made', SLOW, async () => {
  const tag = await subject.backUp();
  await subject.changeRows();
  const shown = await shownPlan();
  assert.deepEqual([shown.tag, shown.drops, shown.creates, shown.kept], [tag, [], [], []]);
  assert.deepEqual(recreatedIn(shown), []);
  const saved = await inodes('snapshot');
  const done = await subject.restore();
  assert.deepEqual(done.plan, shown);
  // Not one of them is a copy.
  assert.ok(saved.size > 0);
  assert.deepEqual(
    [...(await inodes('live'))].filter((inode) => !saved.has(inode)),
    [],
  );
  await subject.assertRestored();
});

/** Those of the Data.db files of all tables that a restore loads without building anything. */
async function inodes(where: 'live' | 'snapshot'): Promise<ReadonlySet<string>> {
  const directories = subject.cluster.nodes.flatMap((n) => n.dataDirectories);
  const files = await Promise.all(
    ['shapes', 'replicated_once', 'deletions', 'altered', 'counted'].map((keyspace) =>
      dataFiles(directories, keyspace, where),
    ),
  );
  return new Set(files.flatMap((f) => [...f.keys()]));
}

test(
  'every kind of object made, altered, dropped, dropped and made again: all as in the backup',
  SLOW,
  async () => {
    await subject.backUp();
    await subject.changeEverything();
    const automatic = await Promise.all(subject.cluster.nodes.map(automaticSnapshots));
    const shown = await shownPlan();
    assert.deepEqual(shown.drops.map((d) => d.object).toSorted(), EXPECTED_DROPS);
    assert.deepEqual(recreatedIn(shown), EXPECTED_RECREATED);
    const done = await subject.restore();
    assert.deepEqual(done.plan, shown);
    await subject.assertRestored();
    // Those of the restore's own truncates and drops are gone, those of before are not ours to remove.
    assert.deepEqual(await Promise.all(subject.cluster.nodes.map(automaticSnapshots)), automatic);
  },
);

const EXPECTED_DROPS = [
  'function "functions"."twice"(int)',
  'index "indexed"."later"',
  'keyspace "extra_Keyspace"."extra_Keyspace"',
  'table "altered"."dropped_columns"',
  'table "altered"."grown"',
  'table "altered"."recreated"',
  'table "deletions"."tombstones"',
  'table "shapes"."newcomer"',
  'type "altered"."money"',
  'view "indexed"."by_visits"',
];
const EXPECTED_RECREATED = [
  'altered.dropped_columns',
  'altered.grown',
  'altered.recreated',
  'counted.counters',
  'deletions.cells_with_ttl',
  'deletions.tombstones',
  'indexed.by_city',
];

test('rows written between the snapshots of two nodes: the view is built from its table', SLOW, async () => {
  // Of each row one node has the table's and one the view's.
  await define(subject.client, [
    `CREATE KEYSPACE extra_apart WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    'CREATE TABLE extra_apart.rows (id int PRIMARY KEY, v int, w text)',
    'CREATE MATERIALIZED VIEW extra_apart.by_v AS SELECT * FROM extra_apart.rows WHERE v IS NOT NULL AND id IS NOT NULL PRIMARY KEY (v, id)',
  ]);
  await writeRows(0, 30);
  const { clusters } = await backUpApart(async () => {
    await writeRows(15, 60, 1000);
    await subject.settle();
  });
  assert.deepEqual(clusters[0]?.viewsToRebuild, ['"extra_apart"."by_v"']);
  await subject.harm(() => define(subject.client, ['TRUNCATE extra_apart.rows']));
  const { clusters: restored, rowsWhenHeld } = await restoreLookingAtView();
  const [{ viewsRebuilt, plan } = assert.fail('no cluster was restored')] = restored;
  // No node builds the view before all have it.
  assert.deepEqual(rowsWhenHeld, [0, 0, 0]);
  const [table, view] = [await rowsOf('rows'), await rowsOf('by_v')];
  assert.ok(table.length >= 30);
  assert.deepEqual(view, table);
  assert.deepEqual(viewsRebuilt, ['extra_apart.by_v']);
  assert.deepEqual(
    plan?.tables.filter((t) => t.action === 'rebuild').map((t) => t.name),
    ['by_v'],
  );
  await define(subject.client, ['DROP MATERIALIZED VIEW extra_apart.by_v', 'DROP KEYSPACE extra_apart']);
  await subject.assertRestored();
});

/** after-restore; and how many rows the view has each time that it ceases to count as built on a node. */
async function restoreLookingAtView() {
  const rowsWhenHeld: number[] = [];
  const looking = (session: CqlSession): Partial<CqlSession> => {
    const countAsBuilt = session.countAsBuilt.bind(session);
    return {
      countAsBuilt: async (node, view, built) => {
        if (!built) rowsWhenHeld.push((await rowsOf('by_v')).length);
        await countAsBuilt(node, view, built);
      },
    };
  };
  const command = (ports: Ports) => afterRestore(withSession(ports, looking), OPTIONS);
  const { clusters } = await withPorts(subject, () => ({}), command);
  return { clusters, rowsWhenHeld };
}

async function writeRows(from: number, to: number, more = 0): Promise<void> {
  const ids = Array.from({ length: to - from }, (_, i) => from + i);
  await writeAll(
    subject.client,
    ids.map(
      (id) =>
        `INSERT INTO extra_apart.rows (id, v, w) VALUES (${id}, ${100 * id + more}, 'row ${id} ${more}') USING TTL 86400`,
    ),
  );
}

/** With the write times and times of expiry of their cells. */
async function rowsOf(table: 'rows' | 'by_v'): Promise<readonly string[]> {
  const { rows } = await subject.client.execute(
    `SELECT id, v, w, writetime(w) AS written, ttl(w) AS left FROM extra_apart.${table}`,
  );
  return rows.map((r) => JSON.stringify([r['id'], r['v'], r['w'], r['written'], r['left'] > 0])).toSorted();
}

/** A backup in which the other nodes take their snapshots when the first one has its own, and this is done. */
async function backUpApart(meanwhile: () => Promise<void>): Promise<BeforeBackupResult> {
  const [first] = subject.cluster.nodes;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const replaced = (control: NodeControl): Partial<NodeControl> => ({
    async takeSnapshot(node, tag) {
      if (node.name !== first?.name) await promise;
      const outcome = await control.takeSnapshot(node, tag);
      if (node.name === first?.name) await meanwhile().then(resolve, reject);
      return outcome;
    },
  });
  return withPorts(subject, replaced, (ports) => beforeBackup(ports, OPTIONS));
}

allTest(
  'with --keep-extra, keyspaces and tables that appeared since are kept with their rows',
  SLOW,
  async () => {
    const extra = {
      include: (keyspace: string, table: string) => keyspace.startsWith('extra_') || table === 'newcomer',
    };
    await subject.backUp();
    await subject.changeSome();
    await define(subject.client, [
      `CREATE KEYSPACE extra_one WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}`,
      'CREATE TYPE extra_one.part (x int)',
      'CREATE TABLE extra_one.rows (id int PRIMARY KEY, p frozen<part>)',
      'CREATE INDEX extra_index ON extra_one.rows (p)',
    ]);
    await subject.client.execute('INSERT INTO extra_one.rows (id, p) VALUES (1, {x: 2})');
    const before = await recordData(subject.client, extra);
    const shown = await shownPlan('--keep-extra');
    assert.deepEqual(shown.kept.toSorted(), [
      'keyspace "extra_one"."extra_one"',
      'table "shapes"."newcomer"',
    ]);
    const done = await subject.restore('--keep-extra');
    assert.deepEqual(done.plan, shown);
    assert.deepEqual(await recordData(subject.client, extra), before);
    await define(subject.client, ['DROP KEYSPACE extra_one', 'DROP TABLE shapes.newcomer']);
    await subject.assertRestored();
  },
);

allTest(
  'without GNU tar beside the files ln makes the links, and the restore is the same',
  SLOW,
  async (t) => {
    await subject.backUp();
    await subject.changeSome();
    await withoutTar(t, () => subject.restore());
    await subject.assertRestored();
  },
);

/** All that kassette wants beside a node's files: POSIX sh, coreutils, findutils, grep. */
const TOOLS =
  'sh basename base64 cat cksum cp cut df dirname find grep head join ln mkdir mv od paste printf rm rmdir sort stat sync tail tr uniq wc xargs gzip'.split(
    ' ',
  );

async function withoutTar(
  t: { after(work: () => Promise<void>): void },
  work: () => Promise<unknown>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-tools-'));
  t.after(() => rm(directory, { recursive: true }));
  for (const tool of TOOLS) await symlink(`/usr/bin/${tool}`, join(directory, tool));
  const path = process.env['PATH'];
  process.env['PATH'] = directory;
  try {
    await work();
  } finally {
    process.env['PATH'] = path;
  }
}

allTest(
  'made again with fields or lines in another order, types and functions are not taken for the same',
  SLOW,
  async () => {
    const make = (fields: string, body: string) => [
      `CREATE TYPE extra_order.pair (${fields})`,
      `CREATE FUNCTION extra_order.f (x int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ int y = x;\n${body}\nreturn y; $$`,
      'CREATE TABLE extra_order.rows (id int PRIMARY KEY, v frozen<pair>)',
    ];
    const answer = async () => {
      const query = 'SELECT v.a AS a, v.b AS b, extra_order.f(id) AS f FROM extra_order.rows';
      return (await subject.client.execute(query)).rows.map((row) => [row['a'], row['b'], row['f']]);
    };
    await define(subject.client, [
      `CREATE KEYSPACE extra_order WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}`,
      ...make('a int, b int', 'y = y + 1;\ny = y * 2;'),
    ]);
    await subject.client.execute('INSERT INTO extra_order.rows (id, v) VALUES (5, {a: 1, b: 2})');
    assert.deepEqual(await answer(), [[1, 2, 12]]);
    await subject.backUp();
    await define(subject.client, [
      'DROP TABLE extra_order.rows',
      'DROP FUNCTION extra_order.f',
      'DROP TYPE extra_order.pair',
      ...make('b int, a int', 'y = y * 2;\ny = y + 1;'),
    ]);
    await subject.restore();
    assert.deepEqual(await answer(), [[1, 2, 12]]);
    await define(subject.client, ['DROP KEYSPACE extra_order']);
    await subject.assertRestored();
  },
);
