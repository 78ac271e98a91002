import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { compareData, describeDifferences } from '../../../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData } from '../../../lab/dataset/compare/record.ts';
import { compareReplicas } from '../../../lab/dataset/compare/replicas.ts';
import { define } from '../../../lab/dataset/define.ts';
import { allTest, SLOW } from '../../tiers.ts';
import { writeAll } from '../support/contents/changes.ts';
import { automaticSnapshots } from '../support/contents/leftovers.ts';
import { stopRunAt } from '../support/stopped-run.ts';
import { openSubject, type Subject } from '../support/subject.ts';
import { restoreTables, shownTablePlan } from '../support/tables.ts';

/* Rows from files are added to a table with views: these are built from it again. */
const NAMES = ['indexed.base_of_views'];
const MERGE = ['--mode', 'merge'];
const VIEWS = { by_city: ['city', 'id', 'name'], By_Name: ['name', 'id', 'city', 'visits'] };
let subject: Subject;
let tag: string;
let from: string;

before(async () => {
  subject = await openSubject();
  tag = await subject.backUp();
  from = `backup:${tag}`;
}, SLOW);
after(async () => {
  await subject.dropBackup('--tag', tag);
  await subject.close();
}, SLOW);

type Row = Readonly<Record<string, string>>;

/** Rows as the record has them, values by column. */
function rowsOf(record: DataRecord, table: string): readonly Row[] {
  const { columns, rows } = record.tables[`"indexed"."${table}"`] ?? assert.fail(`${table} is missing`);
  return Object.values(rows).map(({ values }) =>
    Object.fromEntries(columns.map((c, i) => [c, values[i] ?? ''])),
  );
}

const recordBase = () =>
  recordData(subject.client, { include: (k, t) => k === 'indexed' && t === 'base_of_views' });

/** Every replica of the table and its views has the same, and each view exactly the rows that its table gives. */
async function assertViewsFollow(expected: readonly Row[]): Promise<void> {
  const include = (k: string, t: string) =>
    k === 'indexed' && ['base_of_views', ...Object.keys(VIEWS)].includes(t);
  const replicas = await compareReplicas(subject.client, { include });
  assert.equal(replicas.outcome, 'agree', describeDifferences(replicas));
  const now = await recordData(subject.client, { include });
  assert.deepEqual(sorted(rowsOf(now, 'base_of_views')), sorted(expected));
  const pick = (row: Row, columns: readonly string[]) =>
    Object.fromEntries(columns.map((c) => [c, row[c] ?? '']));
  for (const [view, columns] of Object.entries(VIEWS)) {
    const shown = expected.filter((row) => row[columns[0] ?? ''] !== 'null').map((row) => pick(row, columns));
    assert.deepEqual(sorted(rowsOf(now, view).map((row) => pick(row, columns))), sorted(shown), view);
  }
}

function sorted(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row).toSorted())).toSorted();
}

/** The table is emptied and written to again; answers the rows that a merge with the backup must give. */
async function harmTable(): Promise<readonly Row[]> {
  const saved = rowsOf(await recordBase(), 'base_of_views');
  await subject.harm(() => define(subject.client, ['TRUNCATE indexed.base_of_views']));
  await writeAll(subject.client, [
    "INSERT INTO indexed.base_of_views (id, city, name, visits) VALUES (9000, 'new', 'n9000', 1)",
    "INSERT INTO indexed.base_of_views (id, city, name, visits) VALUES (10, 'newer', 'n10', 2)",
    'DELETE FROM indexed.base_of_views WHERE id = 11',
  ]);
  const newer = rowsOf(await recordBase(), 'base_of_views');
  const gone = [...newer.map((row) => row['id']), '11'];
  const kept = saved.filter((row) => !gone.includes(row['id']));
  assert(newer.length === 2 && kept.length === saved.length - 2);
  return [...kept, ...newer];
}

async function restoreAsItWas(): Promise<void> {
  await restoreTables(subject, NAMES, from);
  await subject.assertIntact();
}

test('merged into a table with views: both have the union, row by row, on every replica', SLOW, async () => {
  const expected = await harmTable();
  const automatic = await Promise.all(subject.cluster.nodes.map(automaticSnapshots));
  const shown = await shownTablePlan(subject, NAMES, from, ...MERGE);
  assert.deepEqual(
    shown.rebuilds.map((r) => r.statement.split(' ').slice(0, 3).join(' ')),
    [
      'DROP MATERIALIZED VIEW',
      'DROP MATERIALIZED VIEW',
      'CREATE MATERIALIZED VIEW',
      'CREATE MATERIALIZED VIEW',
    ],
  );
  assert.equal(shown.notes.filter((n) => n.includes('built from its table')).length, 2);
  const done = await restoreTables(subject, NAMES, from, ...MERGE);
  assert.deepEqual(done.plan, shown);
  await assertViewsFollow(expected);
  assert.deepEqual(await Promise.all(subject.cluster.nodes.map(automaticSnapshots)), automatic);
  await restoreAsItWas();
});

allTest('killed while views are gone, and run again: they come back', SLOW, async () => {
  const expected = await harmTable();
  const merge = ['restore-table', ...NAMES, '--from', from, ...MERGE];
  assert.equal((await stopRunAt(subject.directory, merge, { step: 'Loading tables' })).signal, 'SIGKILL');
  await define(subject.client, ['DROP MATERIALIZED VIEW IF EXISTS indexed.by_city']);
  await restoreTables(subject, NAMES, from, ...MERGE);
  await assertViewsFollow(expected);
  await restoreAsItWas();
});

allTest('merged where the table is gone: it is made, and its views are built from it', SLOW, async () => {
  const expected = rowsOf(await recordBase(), 'base_of_views');
  const views = Object.keys(VIEWS).map((view) => `DROP MATERIALIZED VIEW indexed."${view}"`);
  await subject.harm(() => define(subject.client, [...views, 'DROP TABLE indexed.base_of_views']));
  await restoreTables(subject, NAMES, from, ...MERGE);
  await assertViewsFollow(expected);
  await restoreAsItWas();
});

allTest('--as of a table with views: the copy has its rows and no others', SLOW, async () => {
  const saved = await recordBase();
  await subject.harm(() => restoreTables(subject, NAMES, from, '--as', 'indexed."Then"'));
  const copy = await recordData(subject.client, { include: (k, t) => k === 'indexed' && t === 'Then' });
  const renamed = {
    tables: Object.fromEntries(Object.values(saved.tables).map((t) => ['"indexed"."Then"', t])),
  };
  const comparison = compareData(renamed, copy);
  assert(comparison.rows > 0 && comparison.identical, describeDifferences(comparison));
  await define(subject.client, ['DROP TABLE indexed."Then"']);
  await subject.assertIntact();
});
