import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsFrom } from '../../../../src/adapters/cql/settings.ts';
import { checkCreatable } from '../../../../src/domain/restore/creatable.ts';
import { planRestore } from '../../../../src/domain/restore/restore-plan.ts';
import { parseSchema } from '../../../../src/domain/schema/schema.ts';
import { sameDefinition } from '../../../../src/domain/schema/schema-compare.ts';
import {
  asKept,
  type SchemaSettings,
  type Switch,
  unkept,
} from '../../../../src/domain/schema/schema-settings.ts';
import { liveSchema } from '../../../../src/engine/schema/schemas.ts';

const ALL: SchemaSettings = {
  ...{ release: '5.0.6', off: new Set() },
  memtables: new Set(['default', 'trie']),
};
const without = (...off: readonly Switch[]): SchemaSettings => ({ ...ALL, off: new Set(off) });
const NO_CDC = without('cdc');
const KEYSPACE = `CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'};`;
const TABLE = `CREATE TABLE k.t (a int PRIMARY KEY, b text) WITH cdc = true AND comment = 'cdc = true' AND memtable = 'trie';`;
const WITHOUT = TABLE.replace('cdc = true AND', 'cdc = false AND');
const FUNCTION =
  'CREATE FUNCTION k.f(a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;';
const SCRIPT = FUNCTION.replace('java', 'javascript');
const MASKED = 'CREATE TABLE k.m (a int PRIMARY KEY, b text MASKED WITH system.mask_default());';
const TRANSIENT = KEYSPACE.replace(' k ', ' tr ').replace("'1'", "'3/1'");
const SASI = "CREATE CUSTOM INDEX s ON k.t (b) USING 'org.apache.cassandra.index.sasi.SASIIndex';";
const VIEW =
  'CREATE MATERIALIZED VIEW k.v AS SELECT * FROM k.t WHERE a IS NOT NULL AND b IS NOT NULL PRIMARY KEY (b, a);';

function planOf(saved: string, live: string, settings: SchemaSettings) {
  const target = asKept(parseSchema(KEYSPACE + saved), settings);
  const plan = planRestore({
    ...{ cluster: 'c', tag: 't', sizes: new Map(), options: { keepExtra: false } },
    saved: target,
    live: asKept(parseSchema(KEYSPACE + live), settings),
  });
  checkCreatable(plan.creates, target, settings);
  return [plan.drops.map((d) => d.object), plan.creates.map((c) => c.statement)];
}

test('cdc is restored where CDC is on', () => {
  assert.deepEqual(planOf(TABLE, WITHOUT, ALL), [[], ['ALTER TABLE "k"."t" WITH cdc = true']]);
});

test('cdc is no difference where CDC is off: the nodes do not store it', () => {
  for (const [saved, live] of [
    [TABLE, WITHOUT],
    [WITHOUT, TABLE],
  ] as const) {
    assert.deepEqual(planOf(saved, live, NO_CDC), [[], []]);
  }
  assert.deepEqual(planOf(TABLE, '', NO_CDC), [
    [],
    [`CREATE TABLE k.t (a int PRIMARY KEY, b text) WITH comment = 'cdc = true'\n    AND memtable = 'trie'`],
  ]);
});

test('what does not come back is named: cdc where CDC is off, extensions that the live table lacks', () => {
  const extended = TABLE.replace('cdc = true', "extensions = {'x': 0x01}");
  const parsed = parseSchema(TABLE);
  assert.deepEqual(unkept(parsed, parsed, ALL), []);
  assert.deepEqual(
    unkept(parsed, parsed, NO_CDC).map((u) => [u.object, u.option]),
    [['table "k"."t"', 'cdc = true']],
  );
  assert.deepEqual(unkept(parseSchema(extended), parseSchema(extended), NO_CDC), []);
  assert.deepEqual(
    unkept(parseSchema(extended), parsed, ALL).map((u) => u.option),
    ["extensions = {'x': 0x01}"],
  );
});

test('what the nodes would refuse to make is refused before anything is changed, with the setting', () => {
  const older = { ...without('views'), release: '4.0.17' };
  for (const [missing, settings, name] of [
    [VIEW, without('views'), /view "k"\."v": materialized_views_enabled is false/],
    [VIEW, older, /enable_materialized_views is false/],
    [FUNCTION, without('functions'), /user_defined_functions_enabled is false/],
    [SCRIPT, { ...without('scripts'), release: '4.1.9' }, /scripted_user_defined_functions_enabled is false/],
    [SASI, without('sasi'), /sasi_indexes_enabled is false/],
    [MASKED, without('masks'), /dynamic_data_masking_enabled is false/],
    [TRANSIENT, without('transientReplicas'), /transient_replication_enabled is false/],
  ] as const) {
    assert.equal(planOf(TABLE + missing, TABLE, { ...ALL, release: settings.release })[1]?.length, 1);
    assert.throws(() => planOf(TABLE + missing, TABLE, settings), { code: 'NOT_CREATABLE', message: name });
    // What is there serves, whatever may be made.
    assert.deepEqual(planOf(TABLE + missing, TABLE + missing, settings), [[], []]);
  }
});

test('a function that the release itself cannot make is refused, and no setting is promised to help', () => {
  assert.throws(() => planOf(TABLE + SCRIPT, TABLE, ALL), {
    code: 'NOT_CREATABLE',
    message: /Cassandra 5\.0\.6 has functions only in Java/,
    hint: /Restore with the release and the configuration of the backup/,
  });
});

test('a memtable configuration that the nodes lack is refused, where a statement would name it', () => {
  const none = { ...ALL, memtables: new Set(['default']) };
  const other = TABLE.replace("'trie'", "'default'");
  for (const live of ['', other]) {
    assert.throws(() => planOf(TABLE, live, none), {
      code: 'NOT_CREATABLE',
      message: /no configuration `trie`/,
    });
    assert.doesNotThrow(() => planOf(TABLE, live, { ...none, memtables: null }));
  }
  const [, altered] = planOf(TABLE, TABLE.replace("'cdc = true'", "''"), none);
  assert.deepEqual(altered, [`ALTER TABLE "k"."t" WITH comment = 'cdc = true'`]);
  assert.deepEqual(planOf(other, TABLE, none)[1], [`ALTER TABLE "k"."t" WITH memtable = 'default'`]);
});

test('the refusal names every setting that is in the way, once', () => {
  const views = VIEW + VIEW.replaceAll('k.v', 'k.w');
  const settings = without('views', 'functions');
  assert.throws(() => planOf(TABLE + views + FUNCTION, TABLE, settings), {
    message:
      /^The nodes refuse 3 statements .* function "k"\."f"\(int\): .*; view "k"\."v": .*; view "k"\."w": \w+ is false\.$/,
    hint: /^Nothing was changed\. Set user_defined_functions_enabled to true and materialized_views_enabled to true in/,
  });
});

test('settings are read under the names of each release', () => {
  const of = (release: string, values: Readonly<Record<string, string | null>>) =>
    settingsFrom(release, new Map(Object.entries(values)));
  assert.deepEqual(
    of('4.0.17', { enable_materialized_views: 'true', cdc_enabled: 'false', enable_sasi_indexes: 'false' }),
    {
      ...{ release: '4.0.17', off: new Set(['cdc', 'sasi']), memtables: null },
    },
  );
  const five = {
    ...{ materialized_views_enabled: 'false', enable_materialized_views: 'false', cdc_enabled: 'true' },
    ...{ user_defined_functions_enabled: 'true', dynamic_data_masking_enabled: 'false' },
  };
  const { memtables, ...others } = of('5.0.6', { ...five, 'memtable.configurations': null });
  assert.deepEqual(others, { release: '5.0.6', off: new Set(['views', 'masks']) });
  assert.deepEqual([...(memtables ?? [])], ['default']);
  for (const text of [
    '{skiplist=SkipListMemtablenull, trie=TrieMemtable{shards=4}, default=nullnull}',
    '{"skiplist":{"class_name":"SkipListMemtable"},"trie":{"class_name":"TrieMemtable"}}',
  ]) {
    const names = of('5.0.6', { ...five, 'memtable.configurations': text }).memtables;
    assert(names?.has('skiplist') && names.has('trie') && names.has('default'));
    assert(!names?.has('SkipListMemtable'));
  }
});

const COMPACT = `/*
Warning: Table k.old omitted because it has constructs not compatible with CQL (was created via legacy API).
Approximate structure, for reference:
(this should not be used to reproduce this schema)

CREATE TABLE k.old (
    a int PRIMARY KEY,
    b text
) WITH COMPACT STORAGE
    AND ID = 62eb9c60-c7b1-11f0-8f0c-000000000000
    AND comment = '/* it''s';
*/`;

test('a table with COMPACT STORAGE, which DESCRIBE writes as a comment, is a table', async () => {
  const text = `${KEYSPACE}\n${COMPACT}\n${TABLE}`;
  const [, old, table] = parseSchema(text);
  assert.deepEqual([old?.name, old?.id], ['old', '62eb9c60-c7b1-11f0-8f0c-000000000000']);
  assert.equal(table?.name, 't');
  const [, live] = await liveSchema({ describeSchema: async () => [KEYSPACE, COMPACT, TABLE] }, ALL);
  assert(old && live && sameDefinition(old, live));
  assert.deepEqual(old.statements, [
    `CREATE TABLE k.old (\n    a int PRIMARY KEY,\n    b text\n) WITH COMPACT STORAGE\n    AND comment = '/* it''s'`,
  ]);
});

test('other comments, and texts that look like that one, are left as they are', () => {
  const comment = COMPACT.replaceAll("'", "''");
  const [, table] = parseSchema(
    `${KEYSPACE} /* CREATE TABLE k.no (a int PRIMARY KEY); */ ${TABLE.replace('cdc = true AND', `caching = {} AND comment = '${comment}' AND`)}`,
  );
  assert.equal(table?.name, 't');
  assert(table?.statements[0]?.includes(comment));
});
