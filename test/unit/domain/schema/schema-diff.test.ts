import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf, parseSchema } from '../../../../src/domain/schema/schema.ts';
import { alterStatement, diffSchemas, dropStatement } from '../../../../src/domain/schema/schema-diff.ts';

const KEYSPACE = `CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'};`;
const TYPE = 'CREATE TYPE k.address (street text);';
const FUNCTION =
  'CREATE FUNCTION k.f(a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;';
const AGGREGATE = 'CREATE AGGREGATE k.agg(int) SFUNC f STYPE int;';
const PLAIN = 'CREATE TABLE k.plain (a int PRIMARY KEY);';
const USES = 'CREATE TABLE k.uses (a int PRIMARY KEY, b frozen<address>);';
const INDEX = 'CREATE INDEX i ON k.plain (b);';
const VIEW = 'CREATE MATERIALIZED VIEW k.v AS SELECT * FROM k.plain WHERE a IS NOT NULL PRIMARY KEY (a);';
const ALL = KEYSPACE + TYPE + FUNCTION + AGGREGATE + PLAIN + INDEX + VIEW + USES;

function diff(saved: string, live: string, keepExtra = false) {
  const d = diffSchemas(parseSchema(saved), parseSchema(live), { keepExtra });
  return {
    drops: d.drops.map(dropStatement),
    creates: d.creates.map(keyOf),
    alters: d.alters.map(alterStatement),
    kept: d.kept.map(keyOf),
  };
}

test('an equal schema needs nothing', () => {
  assert.deepEqual(diff(ALL, ALL), { drops: [], creates: [], alters: [], kept: [] });
});

test('into an empty cluster everything is made, in an order that works', () => {
  assert.deepEqual(diff(ALL, '').creates, [
    'keyspace "k"."k"',
    'type "k"."address"',
    'function "k"."f"(int, int)',
    'aggregate "k"."agg"(int)',
    'table "k"."plain"',
    'table "k"."uses"',
    'index "k"."i"',
    'view "k"."v"',
  ]);
});

test('an altered table is dropped and made again with its index and view, views before tables', () => {
  const { drops, creates } = diff(ALL, ALL.replace('plain (a int', 'plain (c int, a int'));
  assert.deepEqual(drops, ['DROP MATERIALIZED VIEW IF EXISTS "k"."v"', 'DROP TABLE IF EXISTS "k"."plain"']);
  assert.deepEqual(creates, ['table "k"."plain"', 'index "k"."i"', 'view "k"."v"']);
});

test('a table that is to have a new id is recreated as it is, with its index and view; a view or another table is not', () => {
  const schema = parseSchema(ALL);
  const renewed = new Set(['k.plain', 'k.v', 'k.gone']);
  const { drops, creates, alters } = diffSchemas(schema, schema, { keepExtra: true, renewed });
  assert.deepEqual(drops.map(keyOf), ['view "k"."v"', 'table "k"."plain"']);
  assert.deepEqual(creates.map(keyOf), ['table "k"."plain"', 'index "k"."i"', 'view "k"."v"']);
  assert.deepEqual(alters, []);
});

test('an altered type takes every table that mentions it along, and leaves the others', () => {
  const { drops, creates } = diff(ALL, ALL.replace('street text', 'street text, zip text'));
  assert.deepEqual(drops, ['DROP TABLE IF EXISTS "k"."uses"', 'DROP TYPE IF EXISTS "k"."address"']);
  assert.deepEqual(creates, ['type "k"."address"', 'table "k"."uses"']);
});

test('a replaced function takes its aggregates along', () => {
  const { drops, creates } = diff(ALL, ALL.replace('return 1', 'return 2'));
  assert.deepEqual(drops, [
    'DROP AGGREGATE IF EXISTS "k"."agg"(int)',
    'DROP FUNCTION IF EXISTS "k"."f"(int, int)',
  ]);
  assert.deepEqual(creates, ['function "k"."f"(int, int)', 'aggregate "k"."agg"(int)']);
});

test('a missing index or view is made on the table that stays', () => {
  assert.deepEqual(diff(ALL, ALL.replace(INDEX, '').replace(VIEW, '')), {
    drops: [],
    creates: ['index "k"."i"', 'view "k"."v"'],
    alters: [],
    kept: [],
  });
});

test('extra keyspaces and tables are dropped, or kept where asked; an extra view on a saved table always goes', () => {
  const extra = `${ALL}CREATE TABLE k.more (a int PRIMARY KEY);${VIEW.replace('k.v', 'k.w')}${KEYSPACE.replaceAll(' k ', ' x ')}CREATE TABLE x.t (a int PRIMARY KEY);`;
  assert.deepEqual(diff(ALL, extra).drops, [
    'DROP MATERIALIZED VIEW IF EXISTS "k"."w"',
    'DROP TABLE IF EXISTS "k"."more"',
    'DROP KEYSPACE IF EXISTS "x"',
  ]);
  assert.deepEqual(diff(ALL, extra, true), {
    drops: ['DROP MATERIALIZED VIEW IF EXISTS "k"."w"'],
    creates: [],
    alters: [],
    kept: ['table "k"."more"', 'keyspace "x"."x"'],
  });
});

test('an extra table is not kept when a type it uses must go', () => {
  const live = `${ALL.replace('street text', 'street text, zip text')}CREATE TABLE k.more (a int PRIMARY KEY, b address);`;
  assert.deepEqual(diff(ALL, live, true).kept, []);
});

test('a keyspace with other replication is altered, not dropped', () => {
  const { alters, drops } = diff(ALL, ALL.replace("'replication_factor': '1'", "'replication_factor': '3'"));
  assert.deepEqual(alters, [
    `ALTER KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'}`,
  ]);
  assert.deepEqual(drops, []);
});
