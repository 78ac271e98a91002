import { types } from 'cassandra-driver';
import { type DatasetKeyspace, type DatasetTable, networkTopology, table, target, times } from '../model.ts';
import { type Features, usingLegacyIndex } from '../release.ts';

export function indexed(datacenter: string, features: Features): DatasetKeyspace {
  return {
    name: 'indexed',
    proves: 'indexes and views answer as before',
    replication: networkTopology(datacenter, 3),
    definition: [],
    tables: [
      secondaryIndexes(features),
      baseOfViews(),
      ...(features.storageAttachedIndexes ? [storageAttachedIndexes()] : []),
    ],
  };
}

function secondaryIndexes(features: Features): DatasetTable {
  const legacy = usingLegacyIndex(features);
  const rows = target('indexed', 'by_secondary_index');
  const row = (n: number) => ({
    part: n % 5,
    seq: n,
    color: ['red', 'green', 'blue'][n % 3],
    bag: new Map([[`k${n % 4}`, n]]),
    tags: [`t${n % 3}`],
    whole: [n % 2, 1],
  });
  return table(rows, {
    proves: 'secondary indexes, whose files lie in hidden directories below those of the table',
    columns:
      'part int, seq int, color text, bag map<text, int>, tags set<text>, whole frozen<list<int>>, ' +
      'PRIMARY KEY (part, seq)',
    extras: [
      `CREATE INDEX color_of_row ON ${rows.cql} (color)${legacy}`,
      `CREATE INDEX "Clustering" ON ${rows.cql} (seq)${legacy}`,
      `CREATE INDEX bag_keys ON ${rows.cql} (KEYS(bag))${legacy}`,
      `CREATE INDEX bag_entries ON ${rows.cql} (ENTRIES(bag))${legacy}`,
      `CREATE INDEX ON ${rows.cql} (VALUES(tags))${legacy}`,
      `CREATE INDEX whole_list ON ${rows.cql} (FULL(whole))${legacy}`,
    ],
    steps: [
      { writes: times(60, (n) => rows.insert(row(n))) },
      {
        writes: [
          ...times(10, (n) => rows.update({ color: 'black' }, { part: n % 5, seq: n })),
          rows.remove({ part: 0, seq: 50 }),
        ],
      },
      { writes: times(5, (n) => rows.insert(row(n + 100))) },
    ],
    questions: [
      rows.write('SELECT part, seq FROM TABLE WHERE color = ?', 'black'),
      rows.write('SELECT part, seq FROM TABLE WHERE color = ?', 'red'),
      rows.write('SELECT part, seq FROM TABLE WHERE seq = ?', 7),
      rows.write('SELECT part, seq FROM TABLE WHERE bag CONTAINS KEY ?', 'k1'),
      rows.write('SELECT part, seq FROM TABLE WHERE bag[?] = ?', 'k2', 6),
      rows.write('SELECT part, seq FROM TABLE WHERE tags CONTAINS ?', 't2'),
      rows.write('SELECT part, seq FROM TABLE WHERE whole = ?', [1, 1]),
    ],
    flushed: true,
    compacted: true,
  });
}

function baseOfViews(): DatasetTable {
  const rows = target('indexed', 'base_of_views');
  return table(rows, {
    proves: 'materialised views, which a truncate of the base empties and which have files of their own',
    columns: 'id int PRIMARY KEY, city text, name text, visits int',
    extras: [
      `CREATE MATERIALIZED VIEW indexed.by_city AS SELECT city, id, name FROM ${rows.cql} ` +
        'WHERE city IS NOT NULL AND id IS NOT NULL PRIMARY KEY (city, id) WITH CLUSTERING ORDER BY (id DESC)',
      `CREATE MATERIALIZED VIEW indexed."By_Name" AS SELECT * FROM ${rows.cql} ` +
        'WHERE name IS NOT NULL AND id IS NOT NULL PRIMARY KEY (name, id)',
    ],
    steps: [
      { writes: times(40, (id) => rows.insert({ id, city: `city ${id % 5}`, name: `n${id}`, visits: id })) },
      {
        writes: [
          ...times(8, (id) => rows.update({ city: 'moved' }, { id })),
          ...times(3, (id) => rows.remove({ id: id + 20 })),
        ],
      },
      { writes: [rows.insert({ id: 900, city: 'unflushed', name: 'late', visits: 9 })] },
    ],
    flushed: true,
  });
}

function storageAttachedIndexes(): DatasetTable {
  const rows = target('indexed', 'by_storage_attached_index');
  const embedding = (n: number) => new types.Vector([n, 1, -n], 'float');
  return table(rows, {
    proves: 'storage-attached indexes, whose components lie beside the SSTable: text, collection, vector',
    columns: 'id int PRIMARY KEY, word text, bag map<text, int>, embedding vector<float, 3>',
    extras: [
      `CREATE INDEX sai_word ON ${rows.cql} (word) USING 'sai' WITH OPTIONS = {'case_sensitive': 'false'}`,
      `CREATE INDEX sai_bag ON ${rows.cql} (ENTRIES(bag)) USING 'sai'`,
      `CREATE INDEX sai_embedding ON ${rows.cql} (embedding) USING 'sai' WITH OPTIONS = {'similarity_function': 'euclidean'}`,
    ],
    steps: [
      {
        writes: times(40, (id) =>
          rows.insert({
            id,
            word: `Word ${id % 4}`,
            bag: new Map([['n', id % 3]]),
            embedding: embedding(id),
          }),
        ),
      },
      { writes: times(8, (id) => rows.update({ word: 'changed', embedding: embedding(-id - 1) }, { id })) },
      { writes: [rows.insert({ id: 700, word: 'unflushed', embedding: embedding(7) })] },
    ],
    questions: [
      rows.write('SELECT id FROM TABLE WHERE word = ?', 'WORD 2'),
      rows.write('SELECT id FROM TABLE WHERE word = ?', 'changed'),
      rows.write('SELECT id FROM TABLE WHERE bag[?] = ?', 'n', 1),
      rows.write('SELECT id FROM TABLE ORDER BY embedding ANN OF ? LIMIT 1', embedding(20.25)),
      rows.write('SELECT id FROM TABLE ORDER BY embedding ANN OF ? LIMIT 1', embedding(-3.25)),
    ],
    flushed: true,
  });
}
