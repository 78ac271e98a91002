import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregateStatement, typeStatement, viewStatement } from '../../../../src/adapters/cql/describe.ts';

test("a type's names are quoted, whatever they hold", () => {
  const row = {
    keyspace_name: 'k',
    type_name: 'T',
    field_names: ['a; "b"', 'c'],
    field_types: ['text', 'frozen<map<int, text>>'],
  };
  assert.equal(
    typeStatement(row),
    'CREATE TYPE "k"."T" (\n    "a; ""b""" text,\n    "c" frozen<map<int, text>>\n);',
  );
});

test("an aggregate's functions are quoted as they are written", () => {
  const bare =
    'CREATE AGGREGATE k.total(bigint)\n    SFUNC Add\n    STYPE bigint\n    FINALFUNC done\n    INITCOND 0;';
  assert.equal(
    aggregateStatement(bare),
    'CREATE AGGREGATE k.total(bigint)\n    SFUNC "Add"\n    STYPE bigint\n    FINALFUNC "done"\n    INITCOND 0;',
  );
  assert.equal(aggregateStatement(aggregateStatement(bare)), aggregateStatement(bare));
});

test("a view's default_time_to_live goes, and nothing that only looks like it", () => {
  const where =
    'CREATE MATERIALIZED VIEW k.v AS SELECT * FROM k.t WHERE a IS NOT NULL AND default_time_to_live IS NOT NULL';
  const comment = "WITH comment = 'and\n    AND default_time_to_live = 5'";
  assert.equal(
    viewStatement(`${where} ${comment}\n    AND default_time_to_live = 0\n    AND gc_grace_seconds = 9;`),
    `${where} ${comment}\n    AND gc_grace_seconds = 9;`,
  );
  assert.equal(viewStatement(`${where} ${comment};`), `${where} ${comment};`);
});
