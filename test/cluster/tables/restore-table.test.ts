import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { define } from '../../../lab/dataset/define.ts';
import { allTest, type DefineCase, SLOW } from '../../tiers.ts';
import { backgroundUse } from '../support/contents/background-use.ts';
import { writeAll } from '../support/contents/changes.ts';
import { openSubject, type Subject } from '../support/subject.ts';
import { restoreTables, shownTablePlan } from '../support/tables.ts';

/*
 * Single tables and keyspaces come back from a backup in the volumes: every row, write time and expiry, while all other
 * tables are read and written without one error. The backup stays.
 */
let subject: Subject;
let from: string;

before(async () => {
  subject = await openSubject();
  from = `backup:${await subject.backUp()}`;
}, SLOW);
after(async () => {
  await subject.dropBackup('--tag', from.slice('backup:'.length));
  await subject.close();
}, SLOW);

const HARM: readonly {
  readonly what: string;
  readonly names: readonly string[];
  readonly schema?: readonly string[];
  readonly rows?: readonly string[];
}[] = [
  {
    what: 'a dropped table with a static column and a reversed order',
    names: ['shapes.static_and_reversed'],
    schema: ['DROP TABLE shapes.static_and_reversed'],
  },
  {
    what: 'a truncated table with tombstones, and one whose column was dropped and added',
    names: ['deletions.tombstones', 'altered.dropped_columns'],
    schema: ['TRUNCATE deletions.tombstones', 'ALTER TABLE altered.dropped_columns DROP kept'],
  },
  {
    what: 'a wrong UPDATE of a table with quoted names, whose name is a keyword',
    names: ['"Order"."select"'],
    rows: [3, 4, 5].map((key) => `UPDATE "Order"."select" SET "Camel Case" = 'wrong' WHERE "from" = ${key}`),
  },
  {
    what: 'a dropped keyspace with counters and its grants',
    names: ['counted'],
    schema: ['DROP KEYSPACE counted'],
  },
  {
    what: 'a whole keyspace with functions and aggregates',
    names: ['functions'],
    rows: ['INSERT INTO functions.sales (id, pieces) VALUES (1000, 7)'],
    schema: [
      'DROP AGGREGATE functions.total (bigint)',
      'CREATE OR REPLACE FUNCTION functions.twice (x int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java ' +
        "AS 'return x * 3;'",
    ],
  },
  {
    what: 'a table with views and a table with an index, of which one is dropped and one is new',
    names: ['indexed.by_city', 'indexed.by_secondary_index'],
    schema: [
      'DROP MATERIALIZED VIEW indexed.by_city',
      'CREATE MATERIALIZED VIEW indexed.by_visits AS SELECT * FROM indexed.base_of_views ' +
        'WHERE visits IS NOT NULL AND id IS NOT NULL PRIMARY KEY (visits, id)',
      'DROP INDEX indexed.color_of_row',
    ],
    rows: [
      "UPDATE indexed.base_of_views SET city = 'later' WHERE id = 1",
      "UPDATE indexed.by_secondary_index SET color = 'later' WHERE part = 1 AND seq = 1",
    ],
  },
  {
    what: 'tables with a user type whose definition has changed, and one of another key',
    names: ['altered.grown', 'altered.recreated'],
    rows: [`UPDATE altered.grown SET price = {cents: 1, currency: 'CHF', later: 'field'} WHERE item = 1`],
    schema: [
      'ALTER TYPE altered.money ADD later text',
      'DROP TABLE altered.recreated',
      'CREATE TABLE altered.recreated (other uuid PRIMARY KEY)',
    ],
  },
  {
    what: 'a table with a storage-attached index, one with TTLs, one that is replicated once',
    names: ['indexed.by_storage_attached_index', 'deletions.cells_with_ttl', 'replicated_once.rows'],
    rows: ["INSERT INTO replicated_once.rows (id, value) VALUES (1, 'of the new table')"],
    schema: [
      'TRUNCATE indexed.by_storage_attached_index',
      'DROP TABLE deletions.cells_with_ttl',
      'DROP TABLE replicated_once.rows',
      'CREATE TABLE replicated_once.rows (id int PRIMARY KEY, value text)',
    ],
  },
];

/** In all tiers: a table that is gone, and one of which an index and a view are. */
const ALWAYS: readonly number[] = [0, 5];
for (const [index, { what, names, schema = [], rows = [] }] of HARM.entries()) {
  const inTier: DefineCase = ALWAYS.includes(index) ? test : allTest;
  inTier(`${what}: back as in the backup, others served meanwhile`, SLOW, async () => {
    await subject.harm(async () => {
      await define(subject.client, schema);
      await writeAll(subject.client, rows);
    });
    const shown = await shownTablePlan(subject, names, from);
    const own = shown.tables.map((t) => `${t.keyspace}.${t.name}`);
    const use = await backgroundUse(subject.client, [...own, 'indexed.by_visits']);
    try {
      const done = await restoreTables(subject, names, from);
      assert.deepEqual(done.plan, shown);
    } finally {
      await use.stop();
    }
    await use.assertServed();
    await subject.assertIntact();
  });
}
