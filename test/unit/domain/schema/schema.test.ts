import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { quote, splitStatements } from '../../../../src/domain/schema/cql-text.ts';
import { keyOf, parseSchema } from '../../../../src/domain/schema/schema.ts';
import { firstDifference, sameDefinition } from '../../../../src/domain/schema/schema-compare.ts';

const ID = '62eb9c60-c7b1-11f0-8f0c-000000000000';

test('statements are cut at semicolons outside strings, names, bodies and comments', () => {
  const text = `SELECT 'a;''b' ; -- c;\nSELECT "x;""y";/* ; */ SELECT $$ ; ' $$;;`;
  assert.deepEqual(
    splitStatements(text)?.map((s) => s.text),
    [`SELECT 'a;''b'`, `SELECT "x;""y"`, "SELECT $$ ; ' $$"],
  );
});

for (const [what, text] of [
  ['string', "SELECT 'a"],
  ['name', 'SELECT "a'],
  ['body', 'SELECT $$ a'],
  ['comment', 'SELECT /* a'],
] as const) {
  test(`a ${what} that is not closed is refused`, () => {
    // `/*` and `$$` alone are symbols; what matters is that no such text passes for a schema.
    assert.throws(() => parseSchema(text), isUnreadable);
  });
}

test('quoting doubles quotes, so no name can end its own', () => {
  assert.equal(quote('a"; DROP KEYSPACE b; "'), '"a""; DROP KEYSPACE b; """');
});

test('every kind of object is read with its name, id and base', () => {
  const schema = parseSchema(`
    CREATE KEYSPACE "Order" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'};
    CREATE TYPE "Order"."a type" (a int, b frozen<map<int, text>>);
    CREATE FUNCTION "Order".f(a int, b map<int, tuple<int, text>>) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;
    CREATE FUNCTION "Order".nothing() CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;
    CREATE AGGREGATE "Order".sum(vector<float, 3>, int) SFUNC f STYPE int;
    CREATE TABLE "Order"."select" ("ID" int PRIMARY KEY, x text) WITH ID = ${ID}
        AND comment = 'with id = 1; -- ''';
    ALTER TABLE "Order"."select" DROP z USING TIMESTAMP 12;
    CREATE CUSTOM INDEX "i x" ON "Order"."select" (values(x)) USING 'SAI';
    CREATE MATERIALIZED VIEW "Order".v AS SELECT * FROM "Order"."select" WHERE "ID" IS NOT NULL PRIMARY KEY (x, "ID")
     WITH ID = ${ID.replace('62', '63')} AND comment = '';`);
  assert.deepEqual(schema.map(keyOf), [
    'keyspace "Order"."Order"',
    'type "Order"."a type"',
    'function "Order"."f"(int, map<int, tuple<int, text>>)',
    'function "Order"."nothing"()',
    'aggregate "Order"."sum"(vector<float, 3>, int)',
    'table "Order"."select"',
    'index "Order"."i x"',
    'view "Order"."v"',
  ]);
  const [table, index, view] = schema.slice(5);
  assert.equal(table?.id, ID);
  assert.deepEqual(table?.statements, [
    `CREATE TABLE "Order"."select" ("ID" int PRIMARY KEY, x text) WITH comment = 'with id = 1; -- '''`,
    'ALTER TABLE "Order"."select" DROP z USING TIMESTAMP 12',
  ]);
  assert.equal(index?.base, 'select');
  assert.equal(view?.base, 'select');
});

test('tables that differ only in their id have the same definition; a dropped column makes a difference', () => {
  const table = (id: string, more = '') =>
    parseSchema(`CREATE TABLE k.t (a int PRIMARY KEY) WITH ID = ${id};${more}`)[0];
  const [one, other, dropped] = [
    table(ID),
    table(ID.replace('62', '63')),
    table(ID, 'ALTER TABLE k.t DROP b USING TIMESTAMP 1;'),
  ];
  assert(one && other && dropped);
  assert(sameDefinition(one, other));
  assert(!sameDefinition(one, dropped));
  assert.deepEqual(one.statements, ['CREATE TABLE k.t (a int PRIMARY KEY)']);
});

test('garbage is refused with the statement in the message', () => {
  for (const text of [
    'garbage here;',
    'CREATE USER x;',
    'ALTER TABLE a.b DROP c;',
    'CREATE TABLE nokeyspace (a int);',
  ]) {
    assert.throws(() => parseSchema(text), isUnreadable);
  }
});

function isUnreadable(error: unknown): boolean {
  return error instanceof KassetteError && error.code === 'SCHEMA_UNREADABLE';
}

test('the order in which dropped columns are described, and the microseconds of their drop, make no difference', () => {
  const [one, other] = [
    `CREATE TABLE k.t (\n    a int PRIMARY KEY,\n    x int,\n    y int\n);ALTER TABLE k.t DROP x USING TIMESTAMP 1700000000000123;ALTER TABLE k.t DROP y USING TIMESTAMP 1700000000001000;`,
    `CREATE TABLE k.t (\n    a int PRIMARY KEY,\n    y int,\n    x int\n);ALTER TABLE k.t DROP y USING TIMESTAMP 1700000000001000;ALTER TABLE k.t DROP x USING TIMESTAMP 1700000000000000;`,
  ].map((text) => parseSchema(text)[0]);
  assert(one && other);
  assert(sameDefinition(one, other));
  const [later] = parseSchema('CREATE TABLE k.t (\n    a int PRIMARY KEY,\n    y text,\n    x int\n);');
  assert(later && !sameDefinition(one, later));
  assert.equal(firstDifference(later, one), 'y text');
});
