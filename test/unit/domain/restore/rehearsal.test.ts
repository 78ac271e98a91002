import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftRehearsals, planRehearsals, rehearsalName } from '../../../../src/domain/restore/rehearsal.ts';
import { planRestore } from '../../../../src/domain/restore/restore-plan.ts';
import { parseSchema } from '../../../../src/domain/schema/schema.ts';
import { inKeyspace } from '../../../../src/domain/tables/renaming.ts';

const REPLICATED =
  "WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '3'} AND durable_writes = true";
const KEYSPACE = `CREATE KEYSPACE shop ${REPLICATED};`;
const TYPE = 'CREATE TYPE shop.money (amount int);';
const OTHER_TYPE = 'CREATE TYPE shop.other (amount int);';
const FUNCTION =
  'CREATE FUNCTION shop.plus(a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return shop.a + b; $$;';
const AGGREGATE = 'CREATE AGGREGATE shop.total(int) SFUNC plus STYPE int;';
const TABLE =
  "CREATE TABLE shop.orders (id int PRIMARY KEY, price frozen<money>) WITH comment = 'shop.orders';";
const DROPPED = `${TABLE}ALTER TABLE shop.orders DROP old USING TIMESTAMP 1;`;
const INDEX = 'CREATE INDEX by_price ON shop.orders (price);';
const VIEW =
  "CREATE MATERIALIZED VIEW shop.by_price AS SELECT * FROM shop.orders WHERE price IS NOT NULL PRIMARY KEY (price, id) WITH comment = 'v';";
const STAYS = KEYSPACE + TYPE + OTHER_TYPE + TABLE;

/** What is rehearsed where the live schema becomes the saved one; `R` is the keyspace that it is done in. */
function rehearsed(savedText: string, liveText: string) {
  const [saved, live] = [parseSchema(savedText), parseSchema(liveText)];
  const { creates } = planRestore({
    ...{ cluster: 'c', tag: 't', saved, live, sizes: new Map(), options: { keepExtra: false } },
  });
  return planRehearsals({ creates, saved, live }, () => 'R');
}

const tried = (saved: string, live: string) =>
  rehearsed(saved, live).flatMap((r) => r.steps.map((s) => [s.planned, s.statement] as const));

test('where nothing is created nothing is rehearsed', () => {
  assert.deepEqual(rehearsed(STAYS + VIEW, STAYS + VIEW), []);
  assert.deepEqual(rehearsed(STAYS, STAYS + VIEW), []);
});

test('all that is created is tried in the order of the plan, with the replication and the options of the backup', () => {
  const statements = tried(KEYSPACE + TYPE + FUNCTION + AGGREGATE + DROPPED + INDEX + VIEW, '');
  assert(statements.every(([planned]) => planned));
  assert.deepEqual(
    statements.map(([, statement]) => statement),
    [
      `CREATE KEYSPACE "R" ${REPLICATED}`,
      'CREATE TYPE "R".money (amount int)',
      FUNCTION.replace('shop.plus', '"R".plus').slice(0, -1),
      'CREATE AGGREGATE "R".total(int) SFUNC plus STYPE int',
      `CREATE TABLE "R".orders (id int PRIMARY KEY, price frozen<money>) WITH comment = 'shop.orders'`,
      'ALTER TABLE "R".orders DROP old USING TIMESTAMP 1',
      'CREATE INDEX by_price ON "R".orders (price)',
      VIEW.replace('shop.by_price', '"R".by_price').replace('shop.orders', '"R".orders').slice(0, -1),
    ],
  );
});

test('what is there and is needed is made first, without the options that may be refused by now', () => {
  assert.deepEqual(tried(STAYS + VIEW, STAYS), [
    [false, `CREATE KEYSPACE "R" ${REPLICATED}`],
    [false, 'CREATE TYPE "R".money (amount int)'],
    [false, 'CREATE TABLE "R".orders (id int PRIMARY KEY, price frozen<money>)'],
    [true, VIEW.replace('shop.by_price', '"R".by_price').replace('shop.orders', '"R".orders').slice(0, -1)],
  ]);
});

test('other options are tried on the table as it is', () => {
  const other = TABLE.replace("'shop.orders'", "'other'");
  assert.deepEqual(tried(KEYSPACE + TYPE + TABLE, KEYSPACE + TYPE + other).slice(2), [
    [false, 'CREATE TABLE "R".orders (id int PRIMARY KEY, price frozen<money>)'],
    [true, `ALTER TABLE "R"."orders" WITH comment = 'shop.orders'`],
  ]);
});

test('a keyspace that is altered is tried with the replication that it gets', () => {
  const other = KEYSPACE.replace("'3'", "'2'");
  assert.deepEqual(tried(KEYSPACE, other), [[true, `CREATE KEYSPACE "R" ${REPLICATED}`]]);
});

test('what takes the place of something refused, and what needs what', () => {
  const [rehearsal] = rehearsed(KEYSPACE + TYPE + TABLE + VIEW, '');
  const steps = rehearsal?.steps ?? [];
  const [keyspace, type, table, view] = steps.map((s) => s.object);
  assert.deepEqual(
    steps.map((s) => s.needs),
    [[], [keyspace], [keyspace, type], [keyspace, table]],
  );
  assert.deepEqual(
    steps.map((s) => s.instead),
    [
      `CREATE KEYSPACE "R" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'}`,
      null,
      'CREATE TABLE "R".orders (id int PRIMARY KEY, price frozen<money>)',
      VIEW.replace('shop.by_price', '"R".by_price')
        .replace('shop.orders', '"R".orders')
        .replace(/ WITH .*/, ''),
    ],
  );
  assert.equal(view, 'view "shop"."by_price"');
});

test('each keyspace is rehearsed in one of its own', () => {
  const more = STAYS.replaceAll('shop', 'more');
  assert.deepEqual(
    rehearsed(STAYS + more, '').map((r) => r.keyspace),
    ['shop', 'more'],
  );
});

test('only names of the keyspace are replaced', () => {
  for (const [statement, moved] of [
    ['CREATE TABLE "a"."a" (a int PRIMARY KEY)', 'CREATE TABLE "R"."a" (a int PRIMARY KEY)'],
    [
      'CREATE TABLE a.t (a int PRIMARY KEY MASKED WITH a.f())',
      'CREATE TABLE "R".t (a int PRIMARY KEY MASKED WITH "R".f())',
    ],
    [
      "CREATE TABLE a.t (b int PRIMARY KEY) WITH comment = 'a.t' AND x = 0.1",
      `CREATE TABLE "R".t (b int PRIMARY KEY) WITH comment = 'a.t' AND x = 0.1`,
    ],
    ['CREATE TABLE b.a (a int PRIMARY KEY)', 'CREATE TABLE b.a (a int PRIMARY KEY)'],
  ] as const)
    assert.equal(inKeyspace(statement, 'a', 'R'), moved);
  assert.equal(
    inKeyspace('CREATE TABLE "0".t (b int) WITH x = 0.1', '0', 'R'),
    'CREATE TABLE "R".t (b int) WITH x = 0.1',
  );
});

test('what is left of a rehearsal is known by its name, unless the backup has it', () => {
  const name = rehearsalName('0123456789abcdef');
  const left = `CREATE KEYSPACE ${name} ${REPLICATED};${(TYPE + TABLE + VIEW).replaceAll('shop.', `${name}.`)}`;
  const others = ['kassette_rehearsal', `${name}0`, name.toUpperCase().replace('F', 'G')].map(
    (n) => `CREATE KEYSPACE "${n}" ${REPLICATED};`,
  );
  const live = parseSchema(STAYS + left + others.join(''));
  assert.deepEqual(leftRehearsals(live), [name]);
  assert.deepEqual(leftRehearsals(live, parseSchema(left)), []);
});

test('a table that stays is made with the columns that it has now: a view may not have what was dropped', () => {
  const table = `CREATE TABLE shop.t (k int, c int, gone text static, PRIMARY KEY (k, c));ALTER TABLE shop.t DROP gone USING TIMESTAMP 1;`;
  const view =
    'CREATE MATERIALIZED VIEW shop.v AS SELECT * FROM shop.t WHERE c IS NOT NULL PRIMARY KEY (c, k);';
  assert.deepEqual(
    tried(KEYSPACE + table + view, KEYSPACE + table).map(([planned, s]) => [planned, s.slice(0, 22)]),
    [
      [false, `CREATE KEYSPACE "R" ${REPLICATED}`.slice(0, 22)],
      [false, 'CREATE TABLE "R".t (k '],
      [false, 'ALTER TABLE "R".t DROP'],
      [true, 'CREATE MATERIALIZED VI'],
    ],
  );
});

test('a function that gives way to an aggregate of its name is not made', () => {
  const state = FUNCTION;
  const doomed =
    'CREATE FUNCTION shop.total(a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return a; $$;';
  const statements = tried(KEYSPACE + state + AGGREGATE, KEYSPACE + state + doomed).map(([, s]) => s);
  assert.equal(statements.filter((s) => s.includes('.total(')).length, 1);
});
