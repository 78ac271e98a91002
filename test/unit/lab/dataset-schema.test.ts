import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnTimes } from '../../../lab/dataset/compare/times.ts';
import { schemaStatements } from '../../../lab/dataset/load.ts';
import { target } from '../../../lab/dataset/model.ts';
import { featuresOf } from '../../../lab/dataset/release.ts';
import { generatedTables, testDataset } from '../../../lab/dataset/schema/schema.ts';

const RELEASES = ['4.0.1', '4.0.17', '4.1.9', '5.0.6'];

for (const release of RELEASES) {
  test(`the dataset for ${release} is the same every time`, () => {
    assert.deepEqual(
      testDataset({ release, datacenter: 'dc1' }),
      testDataset({ release, datacenter: 'dc1' }),
    );
  });

  test(`the dataset for ${release} uses each feature exactly where the release has it`, () => {
    const statements = schemaStatements(testDataset({ release, datacenter: 'dc1' })).join('\n');
    const five = release.startsWith('5');
    assert.equal(statements.includes('vector<'), five);
    assert.equal(statements.includes("USING 'sai'"), five);
    assert.equal(statements.includes('UnifiedCompactionStrategy'), five);
    assert.equal(statements.includes('"été 🎞"'), !release.startsWith('4.0.'));
  });
}

test('table names are unique and every table says what it proves', () => {
  const tables = testDataset({ release: '5.0.6', datacenter: 'dc1' }).keyspaces.flatMap(
    ({ tables }) => tables,
  );
  const names = tables.map((table) => `${table.keyspace}.${table.name}`);
  assert.equal(new Set(names).size, names.length);
  assert.ok(tables.every((table) => table.proves.length > 10));
});

test('the ten thousand rows are ten thousand different keys of 1,000 bytes', () => {
  const tables = testDataset({ release: '5.0.6', datacenter: 'dc1' }).keyspaces.flatMap(
    ({ tables }) => tables,
  );
  const writes =
    tables.find((table) => table.name === 'ten_thousand_rows')?.steps.flatMap((step) => step.writes) ?? [];
  const params = writes.flatMap((write) => write.params);
  const rows = params.flatMap((_, index) => (index % 3 === 0 ? [params.slice(index, index + 3)] : []));
  assert.equal(new Set(rows.map(([part, seq]) => `${part} ${seq}`)).size, 10_000);
  assert.ok(rows.every(([, , body]) => Buffer.isBuffer(body) && body.length === 1000));
});

test('a datacenter name with a quote stays inside its literal', () => {
  const statements = schemaStatements(generatedTables(1, { datacenter: "d'c" }));
  assert.match(statements[0] ?? '', /'d''c': 3/);
});

test('generated tables are as many as asked for, with their rows', () => {
  const dataset = generatedTables(200, { datacenter: 'dc1', rowsPerTable: 3 });
  assert.equal(schemaStatements(dataset).length, 201);
  assert.equal(dataset.keyspaces[0]?.tables.at(-1)?.name, 'table_199');
  assert.equal(dataset.keyspaces[0]?.tables[0]?.steps[0]?.writes.length, 3);
});

test('writes quote every name', () => {
  const rows = target('Order', 'select');
  assert.deepEqual(rows.insert({ 'a "b"': 1 }, 60), {
    cql: 'INSERT INTO "Order"."select" ("a ""b""") VALUES (?) USING TTL 60',
    params: [1],
  });
  assert.deepEqual(rows.remove({ from: 1 }, ['to']), {
    cql: 'DELETE "to" FROM "Order"."select" WHERE "from" = ?',
    params: [1],
  });
  assert.equal(rows.update({ a: 1 }, { b: 2 }).cql, 'UPDATE "Order"."select" SET "a" = ? WHERE "b" = ?');
});

test('an unknown release is refused', () => {
  assert.throws(() => featuresOf('3.11.14'), /3\.11\.14/);
  assert.throws(() => featuresOf('new'), RangeError);
});

test('write times are asked for exactly where Cassandra has them', () => {
  const written = (type: string, release: string, fields?: readonly string[]) =>
    columnTimes('c', type, release, fields).written;
  assert.deepEqual(written('text', '4.0.1'), ['WRITETIME("c")']);
  assert.deepEqual(written('frozen<address>', '4.0.1'), ['WRITETIME("c")']);
  assert.deepEqual(written('frozen<list<int>>', '4.0.1'), []);
  assert.deepEqual(written('frozen<list<int>>', '4.0.17'), ['WRITETIME("c")']);
  assert.deepEqual(written('list<int>', '4.1.9'), []);
  assert.deepEqual(written('list<int>', '5.0.6'), ['WRITETIME("c")', 'collection_count(TTL("c"))']);
  assert.deepEqual(written('address', '4.1.9', ['zip']), []);
  assert.deepEqual(written('address', '5.0.6', ['zip', 'to']), [
    'WRITETIME("c"."zip")',
    'WRITETIME("c"."to")',
  ]);
  assert.deepEqual(written('counter', '5.0.6'), []);
});
