import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRestore } from '../../../../src/domain/restore/restore-plan.ts';
import { canonical } from '../../../../src/domain/schema/cql-text.ts';
import { keyOf, parseSchema, type SchemaObject } from '../../../../src/domain/schema/schema.ts';
import {
  differenceOf,
  firstDifference,
  sameDefinition,
} from '../../../../src/domain/schema/schema-compare.ts';
import { alterStatement } from '../../../../src/domain/schema/schema-diff.ts';
import { definitionOf, statementOf } from '../../../../src/domain/schema/table-options.ts';

const KEYSPACE = `CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'} AND durable_writes = true;`;
const ID = '62eb9c60-c7b1-11f0-8f0c-000000000000';
const HEAD = `CREATE TABLE k.t (\n    a int,\n    b int,\n    PRIMARY KEY (a, b)\n) WITH ID = ${ID}\n    AND CLUSTERING ORDER BY (b DESC)`;

/** As 4.0 describes it. */
const OPTIONS: Readonly<Record<string, string>> = {
  additional_write_policy: "'99p'",
  bloom_filter_fp_chance: '0.01',
  caching: "{'keys': 'ALL', 'rows_per_partition': 'NONE'}",
  cdc: 'false',
  comment: "'it''s one AND the other = {; -- '",
  compaction:
    "{'class': 'org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy', 'max_threshold': '32'}",
  default_time_to_live: '0',
  extensions: '{}',
  gc_grace_seconds: '864000',
};
/** What 5.0 adds, with what a table has that was made before. */
const SINCE = { allow_auto_snapshot: 'true', memtable: "'default'", incremental_backups: 'true' };

function table(options: Readonly<Record<string, string>> = {}): SchemaObject {
  const all = Object.entries({ ...OPTIONS, ...options }).map(
    ([name, value]) => `\n    AND ${name} = ${value}`,
  );
  return only(`${HEAD}${all.join('')};`);
}

function only(text: string): SchemaObject {
  const [object] = parseSchema(text);
  assert(object);
  return object;
}

test('a statement is cut into structure and options, and put together again', () => {
  const [text = ''] = table().statements;
  const { structure, options } = definitionOf(text);
  assert.equal(
    structure,
    'CREATE TABLE k.t (\n    a int,\n    b int,\n    PRIMARY KEY (a, b)\n) WITH CLUSTERING ORDER BY (b DESC)',
  );
  assert.deepEqual(Object.fromEntries(options), OPTIONS);
  assert.equal(canonical(statementOf({ structure, options })), canonical(text));
  const view =
    'CREATE MATERIALIZED VIEW k.v AS SELECT * FROM k.t WHERE a IS NOT NULL AND b IS NOT NULL PRIMARY KEY (b, a)';
  assert.deepEqual(definitionOf(`${view} WITH comment = 'x' AND gc_grace_seconds = 1`), {
    structure: view,
    options: new Map([
      ['comment', "'x'"],
      ['gc_grace_seconds', '1'],
    ]),
  });
  const masked = 'CREATE TABLE k.m (a int PRIMARY KEY, b text MASKED WITH system.mask_inner(1, null))';
  assert.deepEqual(definitionOf(masked), { structure: masked, options: new Map() });
  assert.equal(
    statementOf({ structure: masked, options: new Map([['cdc', 'true']]) }),
    `${masked} WITH cdc = true`,
  );
});

test('what Cassandra takes for the same has one canonical text, and nothing else has', () => {
  assert.equal(canonical("{'b': '1',  'a': 2}"), canonical("{'a':2,'b':'1'}"));
  assert.equal(
    canonical('CREATE  INDEX "i" ON K.t (VALUES(x))'),
    canonical('create index i on k."t"(values(x))'),
  );
  for (const [a, b] of [
    ['{a: [1, 2]}', '{a: [2, 1]}'],
    ['f(int, text)', 'f(text, int)'],
    ['"A"', 'a'],
    ['"a b"', 'a b'],
    ["'A'", "'a'"],
    ["{'a': '1', 'b': '2'}", "{'a': '2', 'b': '1'}"],
  ] as const) {
    assert.notEqual(canonical(a), canonical(b));
  }
});

test('a table that differs in its options alone is altered: neither dropped nor made again', () => {
  const live = table({
    comment: "'later'",
    gc_grace_seconds: '1',
    caching: "{'rows_per_partition': 'NONE', 'keys': 'ALL'}",
  });
  assert.equal(differenceOf(table(), live), 'options');
  assert.equal(firstDifference(table(), live), `comment = ${OPTIONS['comment']}`);
  const statement = `ALTER TABLE "k"."t" WITH comment = ${OPTIONS['comment']} AND gc_grace_seconds = 864000`;
  assert.equal(alterStatement({ saved: table(), live }), statement);
  const plan = planRestore({
    ...{ cluster: 'c', tag: 't', sizes: new Map(), options: { keepExtra: false } },
    saved: [only(KEYSPACE), table()],
    live: [only(KEYSPACE), live],
  });
  assert.deepEqual([plan.drops, plan.creates], [[], [{ object: keyOf(live), statement }]]);
  assert.deepEqual(plan.truncates, [{ keyspace: 'k', name: 't' }]);
  assert.deepEqual(
    plan.tables.map((t) => t.action),
    ['reload'],
  );
});

test('a view is altered as well, and a keyspace as before', () => {
  const view = (comment: string) =>
    only(
      `CREATE MATERIALIZED VIEW k.v AS SELECT * FROM k.t WHERE a IS NOT NULL PRIMARY KEY (a) WITH ID = ${ID} AND comment = '${comment}';`,
    );
  assert.equal(
    alterStatement({ saved: view('saved'), live: view('live') }),
    `ALTER MATERIALIZED VIEW "k"."v" WITH comment = 'saved'`,
  );
  assert.equal(
    alterStatement({ saved: only(KEYSPACE), live: only(KEYSPACE.replace('true', 'false')) }),
    KEYSPACE.replace('CREATE', 'ALTER').replace(';', ''),
  );
});

test('another structure is another definition, whatever its options', () => {
  const live = only(`${HEAD.replace('DESC', 'ASC')} AND comment = 'later';`);
  assert.equal(differenceOf(table(), live), 'definition');
  assert.match(firstDifference(table(), live), /CLUSTERING ORDER BY \(b DESC\)/);
  const dropped = {
    ...table(),
    statements: [...table().statements, 'ALTER TABLE k.t DROP c USING TIMESTAMP 1000'],
  };
  assert.equal(differenceOf(table(), dropped), 'definition');
});

test('a backup of a release that did not know an option: the table has what it meant unnamed, and is not touched for it', () => {
  assert(sameDefinition(table(), table(SINCE)));
  // Not known what it means: a release that is newer than both has added it.
  assert(sameDefinition(table(), table({ ...SINCE, of_a_later_release: "'x'" })));
  const live = table({ ...SINCE, memtable: "'trie'", allow_auto_snapshot: 'false' });
  assert.equal(
    alterStatement({ saved: table(), live }),
    `ALTER TABLE "k"."t" WITH allow_auto_snapshot = true AND memtable = 'default'`,
  );
});

test('extensions, which no statement can set, are no difference', () => {
  assert(sameDefinition(table({ extensions: "{'x': 0x00}" }), table()));
});
