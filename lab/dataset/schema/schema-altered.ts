import { type DatasetKeyspace, networkTopology, table, target, times } from '../model.ts';

export function altered(datacenter: string): DatasetKeyspace {
  return {
    name: 'altered',
    proves:
      'a table that was altered after data was written, which its newest definition alone does not tell',
    replication: networkTopology(datacenter, 3),
    definition: ['CREATE TYPE altered.money (amount int)'],
    tables: [droppedColumns(), readdedColumn(), growingType(), recreated()],
  };
}

function droppedColumns() {
  const rows = target('altered', 'dropped_columns');
  return table(rows, {
    proves: 'SSTables that still hold a dropped regular, static and collection column can be read',
    columns:
      'id int, n int, kept text, regular int, shared text static, bag map<text, int>, PRIMARY KEY (id, n)',
    steps: [
      {
        writes: times(20, (n) =>
          rows.insert({ id: n % 4, n, kept: `k${n}`, regular: n, shared: `s${n}`, bag: new Map([['x', n]]) }),
        ),
      },
      {
        alter: [`ALTER TABLE ${rows.cql} DROP (regular, shared, bag)`],
        writes: times(8, (n) => rows.insert({ id: n % 4, n: n + 10, kept: `after the drop ${n}` })),
      },
    ],
    flushed: true,
  });
}

function readdedColumn() {
  const rows = target('altered', 'readded_column');
  return table(rows, {
    proves:
      'a column dropped and added again does not show what it held before: the time of the drop matters',
    columns: 'id int PRIMARY KEY, value text, other text',
    steps: [
      { writes: times(10, (id) => rows.insert({ id, value: 'before the drop', other: `o${id}` })) },
      {
        alter: [`ALTER TABLE ${rows.cql} DROP value`],
        writes: times(3, (id) => rows.insert({ id: id + 20, other: 'while it was away' })),
      },
      {
        alter: [`ALTER TABLE ${rows.cql} ADD value text`],
        writes: times(4, (id) => rows.insert({ id: id + 3, value: 'after it came back' })),
      },
    ],
  });
}

function growingType() {
  const rows = target('altered', 'grown');
  return table(rows, {
    proves: 'an added column, a renamed key column, a type that got a field and a field that was renamed',
    columns: 'id int PRIMARY KEY, price frozen<money>, parts money',
    steps: [
      { writes: times(6, (id) => rows.insert({ id, price: { amount: id }, parts: { amount: -id } })) },
      {
        alter: [
          'ALTER TYPE altered.money ADD currency text',
          'ALTER TYPE altered.money RENAME amount TO cents',
          `ALTER TABLE ${rows.cql} ADD note text`,
          `ALTER TABLE ${rows.cql} RENAME id TO item`,
        ],
        writes: times(4, (item) =>
          rows.insert({
            item: item + 4,
            price: { cents: item, currency: 'CHF' },
            parts: { cents: 1, currency: 'EUR' },
            note: 'n',
          }),
        ),
      },
    ],
    flushed: true,
  });
}

function recreated() {
  const rows = target('altered', 'recreated');
  return table(rows, {
    proves: 'a table dropped and created again: two directories of one name, with different ids',
    columns: 'id int PRIMARY KEY, before text',
    steps: [
      { writes: times(5, (id) => rows.insert({ id, before: 'of the dropped table' })) },
      {
        alter: [`DROP TABLE ${rows.cql}`, `CREATE TABLE ${rows.cql} (id int PRIMARY KEY, value text)`],
        writes: times(5, (id) => rows.insert({ id: id + 3, value: 'of the new table' })),
      },
    ],
  });
}
