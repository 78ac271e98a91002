import assert from 'node:assert/strict';
import { test } from 'node:test';
import { types } from 'cassandra-driver';
import { compareAnswers } from '../../../lab/dataset/compare/answers.ts';
import { canonicalValue } from '../../../lab/dataset/compare/canonical.ts';
import { compareData, describeDifferences } from '../../../lab/dataset/compare/compare.ts';
import type { DataRecord, RowRecord } from '../../../lab/dataset/compare/record.ts';
import { agreementOf } from '../../../lab/dataset/compare/replicas.ts';
import { compareSchema, mergedByName, withoutTableId } from '../../../lab/dataset/schema/schema-record.ts';

const TABLE = '"k"."t"';

function recordOf(rows: Readonly<Record<string, RowRecord>>): DataRecord {
  return { tables: { [TABLE]: { columns: ['id', 'a', 'b'], keyColumns: 1, rows } } };
}

function row(id: number, change: Partial<RowRecord> = {}): RowRecord {
  return { values: [String(id), '"x"', '5'], written: ['1000', '1001'], ...change };
}

const BEFORE = recordOf({
  'id=1': row(1),
  'id=2': row(2, { expires: { a: [1_700_000_000] } }),
});

const SEEDED: readonly (readonly [kind: string, after: DataRecord, line: string])[] = [
  [
    'a value',
    recordOf({ ...rows(), 'id=1': row(1, { values: ['1', '"y"', '5'] }) }),
    'value: "k"."t", row id=1, column a: expected "x", got "y"',
  ],
  [
    'a write time',
    recordOf({ ...rows(), 'id=1': row(1, { written: ['1000', '1002'] }) }),
    'write time: "k"."t", row id=1, column b: expected 1001, got 1002',
  ],
  [
    'a lost write time',
    recordOf({ ...rows(), 'id=1': row(1, { written: ['', '1001'] }) }),
    'write time: "k"."t", row id=1, column a: expected 1000, got none',
  ],
  [
    'an expiry',
    recordOf({ ...rows(), 'id=2': row(2, { expires: { a: [1_700_000_003] } }) }),
    'expiry: "k"."t", row id=2, column a: expected 2023-11-14T22:13:20.000Z, got 2023-11-14T22:13:23.000Z',
  ],
  [
    'a lost expiry',
    recordOf({ ...rows(), 'id=2': row(2) }),
    'expiry: "k"."t", row id=2, column a: expected 2023-11-14T22:13:20.000Z, got never',
  ],
  ['a missing row', recordOf({ 'id=1': row(1) }), 'missing row: "k"."t", row id=2: expected 2, "x", 5'],
  ['an extra row', recordOf({ ...rows(), 'id=3': row(3) }), 'extra row: "k"."t", row id=3: got 3, "x", 5'],
  ['a missing table', { tables: {} }, 'missing table: "k"."t"'],
  [
    'an extra table',
    { tables: { ...BEFORE.tables, '"k"."new"': { columns: [], keyColumns: 0, rows: {} } } },
    'extra table: "k"."new"',
  ],
];

function rows(): Readonly<Record<string, RowRecord>> {
  return BEFORE.tables[TABLE]?.rows ?? {};
}

for (const [kind, after, line] of SEEDED) {
  test(`the comparison finds ${kind}`, () => {
    const comparison = compareData(BEFORE, after);
    assert.equal(comparison.identical, false);
    assert.equal(comparison.differenceCount, 1);
    assert.equal(describeDifferences(comparison), line);
  });
}

test('a record equals itself, also after a detour through JSON', () => {
  const comparison = compareData(BEFORE, JSON.parse(JSON.stringify(BEFORE)));
  assert.deepEqual(comparison, {
    identical: true,
    tables: 1,
    rows: 2,
    rowsIdentical: 2,
    cells: 6,
    differenceCount: 0,
    differences: [],
  });
});

test('an expiry may be read up to two seconds off', () => {
  const after = recordOf({ ...rows(), 'id=2': row(2, { expires: { a: [1_700_000_002] } }) });
  assert.equal(compareData(BEFORE, after).identical, true);
});

test('and further where the node was slow to answer, by no more than that', () => {
  const read = (moment: number) =>
    recordOf({ ...rows(), 'id=2': row(2, { expires: { a: [moment] }, early: 4 }) });
  assert.equal(compareData(BEFORE, read(1_699_999_994)).identical, true);
  assert.equal(compareData(BEFORE, read(1_699_999_993)).identical, false);
});

test('all differences are counted, the first ones kept', () => {
  const comparison = compareData(BEFORE, recordOf({}), { limit: 1 });
  assert.equal(comparison.differenceCount, 2);
  assert.equal(comparison.rowsIdentical, 0);
  assert.match(describeDifferences(comparison), /^missing row.*\nand 1 more$/);
});

test('changed columns are one difference, not one for each row', () => {
  const after = { tables: { [TABLE]: { columns: ['id', 'a', 'c'], keyColumns: 1, rows: rows() } } };
  assert.equal(compareData(BEFORE, after).differences[0]?.kind, 'columns');
});

test('replicas agree when every row has its number of equal copies', () => {
  assert.deepEqual(
    agreementOf([BEFORE, BEFORE, recordOf({})], () => 2),
    {
      outcome: 'agree',
      rows: 2,
      copies: 4,
      differenceCount: 0,
      differences: [],
    },
  );
});

test('replicas differ by a missing copy, an extra copy or a cell', () => {
  const kinds = (other: DataRecord, factor: number) =>
    agreementOf([BEFORE, other], () => factor).differences.map(({ kind }) => kind);
  assert.deepEqual(kinds(recordOf({ 'id=1': row(1) }), 2), ['missing row']);
  assert.deepEqual(kinds(BEFORE, 1), ['extra row', 'extra row']);
  assert.deepEqual(kinds(recordOf({ ...rows(), 'id=1': row(1, { written: ['1', '1001'] }) }), 2), [
    'write time',
  ]);
});

test('canonical values tell apart what differs', () => {
  const tuple = new types.Tuple(1, null);
  assert.equal(canonicalValue(null), 'null');
  assert.equal(canonicalValue('1'), '"1"');
  assert.equal(canonicalValue(1), '1');
  assert.equal(canonicalValue(-0), '-0');
  assert.equal(canonicalValue(Buffer.from('00ff', 'hex')), '0x00ff');
  assert.equal(canonicalValue(types.BigDecimal.fromString('1.00')), '1.00');
  assert.equal(canonicalValue(types.Long.MIN_VALUE), '-9223372036854775808');
  assert.equal(canonicalValue(new types.Duration(12, 0, types.Long.ZERO)), '1y');
  assert.equal(canonicalValue(new Map([[1, ['a', tuple]]])), '{1: ["a", (1, null)]}');
  assert.equal(canonicalValue(new types.Vector([1, 2.5], 'float')), 'vector[1, 2.5]');
  assert.equal(canonicalValue({ street: 'x', tags: [] }), '{street: "x", tags: []}');
});

test('long values are kept as their hash', () => {
  const [one, other] = [canonicalValue('x'.repeat(5000)), canonicalValue(`${'x'.repeat(4999)}y`)];
  assert.ok(one.length < 120);
  assert.notEqual(one, other);
});

test("a table's id is no part of the schema that is compared", () => {
  const id = '5a1c395e-b41f-11e5-9f22-ba0be0483c18';
  assert.equal(
    withoutTableId(`CREATE TABLE k.t (id int PRIMARY KEY) WITH ID = ${id}\n    AND comment = ''`),
    "CREATE TABLE k.t (id int PRIMARY KEY) WITH comment = ''",
  );
});

test('the schema comparison finds changed, missing and extra objects, roles and permissions', () => {
  const before = { objects: { 'k table t': 'A', 'k table u': 'B' }, roles: ['r'], permissions: ['p', 'q'] };
  const after = { objects: { 'k table t': 'changed' }, roles: ['r'], permissions: ['q', 'new'] };
  assert.deepEqual(compareSchema(before, before), []);
  assert.deepEqual(compareSchema(before, after), [
    { what: 'k table t', expected: 'A', actual: 'changed' },
    { what: 'k table u', expected: 'B', actual: undefined },
    { what: 'permission', expected: 'p', actual: undefined },
    { what: 'permission', expected: undefined, actual: 'new' },
  ]);
});

test('functions of one name are kept together', () => {
  assert.deepEqual(
    mergedByName([
      ['k function f', 'two'],
      ['k function f', 'one'],
    ]),
    { 'k function f': 'one\ntwo' },
  );
});

test('a changed answer of an index is found', () => {
  const before = { 'SELECT a': ['1', '2'], 'SELECT b': [] };
  assert.deepEqual(compareAnswers(before, { 'SELECT a': ['1', '2'], 'SELECT b': [] }), []);
  assert.deepEqual(compareAnswers(before, { 'SELECT a': ['1'], 'SELECT b': [] }), [
    { question: 'SELECT a', expected: ['1', '2'], actual: ['1'] },
  ]);
});
