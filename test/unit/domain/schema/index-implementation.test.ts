import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexStatement } from '../../../../src/adapters/cql/describe.ts';
import { planRestore } from '../../../../src/domain/restore/restore-plan.ts';
import { withImplementation } from '../../../../src/domain/schema/index-implementation.ts';
import { parseSchema } from '../../../../src/domain/schema/schema.ts';
import { sameDefinition } from '../../../../src/domain/schema/schema-compare.ts';
import { asKept, type SchemaSettings } from '../../../../src/domain/schema/schema-settings.ts';
import { renamed } from '../../../../src/domain/tables/renaming.ts';

const SETTINGS: SchemaSettings = { release: '5.0.6', off: new Set(), memtables: null };
const PLAIN = 'CREATE INDEX i ON k.t (keys(bag));';
const NAMED = "CREATE INDEX i ON k.t (keys(bag)) USING 'legacy_local_table';";
const SAI = "CREATE CUSTOM INDEX i ON k.t (keys(bag)) USING 'sai';";
const BASE = `CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'};CREATE TABLE k.t (a int PRIMARY KEY, bag map<text, int>);`;

test('an index is saved as what it is, where the release can say so', () => {
  for (const kind of ['COMPOSITES', 'KEYS']) {
    const row = { kind, className: undefined };
    assert.equal(indexStatement(PLAIN, row, '5.0.6'), NAMED);
    assert.equal(indexStatement(PLAIN, row, '5.1-SNAPSHOT'), NAMED);
    assert.equal(indexStatement(PLAIN, row, '4.1.9'), PLAIN);
    assert.equal(indexStatement(PLAIN, row, '4.0.1'), PLAIN);
  }
  const custom = { kind: 'CUSTOM', className: 'sai' };
  assert.equal(indexStatement(SAI, custom, '5.0.6'), SAI);
  const unnamed = PLAIN.replace('INDEX', 'CUSTOM INDEX');
  assert.equal(indexStatement(unnamed, custom, '5.0.6'), SAI);
  // Dropped between the two questions.
  assert.equal(indexStatement(PLAIN, undefined, '5.0.6'), NAMED);
});

test('a column or index whose name is USING is not taken for the word', () => {
  assert.equal(
    withImplementation('CREATE INDEX "using" ON k.t ("using")', '5.0.6'),
    `CREATE INDEX "using" ON k.t ("using") USING 'legacy_local_table'`,
  );
});

test('a release before 5.0 is not asked for what it does not know', () => {
  assert.equal(withImplementation(NAMED, '4.1.9'), PLAIN);
  assert.equal(withImplementation(SAI, '4.1.9'), SAI);
});

function plan(saved: string, live: string, settings = SETTINGS) {
  const { drops, creates } = planRestore({
    ...{ cluster: 'c', tag: 't', sizes: new Map(), options: { keepExtra: false } },
    saved: asKept(parseSchema(BASE + saved), settings),
    live: asKept(parseSchema(BASE + live), settings),
  });
  return [drops.map((d) => d.object), creates.map((c) => `${c.statement};`)];
}

test('a missing legacy index is made as one, from backups of this and of every earlier kassette and release', () => {
  for (const saved of [PLAIN, NAMED]) {
    assert.deepEqual(plan(saved, ''), [[], [NAMED]]);
    for (const live of [PLAIN, NAMED]) assert.deepEqual(plan(saved, live), [[], []]);
    assert.deepEqual(plan(saved, SAI), [['index "k"."i"'], [NAMED]]);
    assert.deepEqual(plan(saved, '', { ...SETTINGS, release: '4.1.9' }), [[], [PLAIN]]);
  }
  assert.deepEqual(plan(SAI, PLAIN), [['index "k"."i"'], [SAI]]);
});

test('under another name it stays what it is', () => {
  const [index] = parseSchema(NAMED);
  assert(index);
  const there = renamed(index, { keyspace: 'k2', name: 'j', base: 'u' });
  assert.deepEqual(there.statements, [`CREATE INDEX "j" ON "k2"."u" (keys(bag)) USING 'legacy_local_table'`]);
  const [described] = parseSchema('CREATE INDEX j ON k2.u (keys(bag));');
  assert(described && sameDefinition(there, described));
});
