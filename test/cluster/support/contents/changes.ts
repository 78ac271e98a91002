import { type Client, types } from 'cassandra-driver';
import { define } from '../../../../lab/dataset/define.ts';
import { networkTopology } from '../../../../lab/dataset/model.ts';

/*
 * What a database may go through between a backup and the copy of its volumes. After the restore none of it may be left.
 */

/** Rows written, changed and deleted; the schema stays, so that a restore reloads every table and makes none. */
export async function changeRows(client: Client): Promise<void> {
  await writeAll(client, ROWS);
}

/** Rows, and as few schema changes as let a restore drop, make and grant something: those take most of the time. */
export async function changeSome(client: Client): Promise<void> {
  await writeAll(client, ROWS);
  await define(client, [
    'CREATE TABLE shapes.newcomer (id int PRIMARY KEY, value text)',
    'ALTER TABLE deletions.tombstones ADD added text',
    // With its grants, which only what was planned can tell once it is made again: a keyspace has no id.
    'DROP KEYSPACE counted',
    'DROP MATERIALIZED VIEW indexed.by_city',
  ]);
  await writeAll(client, [
    `INSERT INTO shapes.newcomer (id, value) VALUES (1, 'in a new table')`,
    `UPDATE deletions.tombstones SET added = 'in a new column' WHERE part = 1 AND seq = 1`,
  ]);
}

/** Rows, and every kind of object made, altered, dropped, or dropped and made again. */
export async function changeEverything(client: Client, datacenter: string): Promise<void> {
  await writeAll(client, ROWS);
  await define(client, schemaChanges(datacenter));
  await writeAll(client, ROWS_OF_THE_NEW_SCHEMA);
}

const ROWS: readonly string[] = [
  `UPDATE "Order"."select" SET "Camel Case" = 'overwritten' WHERE "from" = 3`,
  `DELETE FROM "Order"."select" WHERE "from" = 4`,
  `UPDATE shapes.static_and_reversed SET bio = 'overwritten' WHERE author = 'a0'`,
  `UPDATE counted.counters SET visits = visits + 5 WHERE site = 'a' AND page = 'page 2'`,
  `INSERT INTO replicated_once.rows (id, value) VALUES (5000, 'newer than the backup')`,
  'DELETE FROM replicated_once.rows WHERE id = 1',
  'DELETE FROM deletions.tombstones WHERE part = 4',
  `INSERT INTO deletions.tombstones (part, seq, a) VALUES (3, 3, 'in a deleted partition')`,
  `UPDATE deletions.cells_with_ttl USING TTL 7200 SET short = 'soon gone' WHERE id = 1`,
  `UPDATE indexed.by_secondary_index SET color = 'later' WHERE part = 1 AND seq = 1`,
  'DELETE FROM indexed.by_secondary_index WHERE part = 2',
  `UPDATE indexed.base_of_views SET city = 'later' WHERE id = 1`,
  'DELETE FROM indexed.base_of_views WHERE id = 2',
  `INSERT INTO functions.sales (id, pieces) VALUES (1000, 7)`,
];

function schemaChanges(datacenter: string): readonly string[] {
  return [
    'CREATE TABLE shapes.newcomer (id int PRIMARY KEY, value text)',
    'ALTER TABLE deletions.tombstones ADD added text',
    'ALTER TABLE altered.dropped_columns DROP kept',
    `ALTER TABLE shapes.static_and_reversed WITH comment = 'later'`,
    // The same definition under another id, and another definition under the same name.
    'DROP TABLE replicated_once.rows',
    'CREATE TABLE replicated_once.rows (id int PRIMARY KEY, value text)',
    'DROP TABLE altered.recreated',
    'CREATE TABLE altered.recreated (other uuid PRIMARY KEY)',
    'DROP TABLE deletions.cells_with_ttl',
    'DROP KEYSPACE counted',
    `CREATE KEYSPACE "extra_Keyspace" WITH replication = ${networkTopology(datacenter, 2)}`,
    'CREATE TYPE "extra_Keyspace".part (x int)',
    'CREATE TABLE "extra_Keyspace"."Table" (id int PRIMARY KEY, p frozen<part>)',
    'DROP INDEX indexed.color_of_row',
    'CREATE INDEX later ON indexed.base_of_views (visits)',
    'DROP MATERIALIZED VIEW indexed.by_city',
    'CREATE MATERIALIZED VIEW indexed.by_visits AS SELECT * FROM indexed.base_of_views ' +
      'WHERE visits IS NOT NULL AND id IS NOT NULL PRIMARY KEY (visits, id)',
    'ALTER TYPE altered.money ADD later text',
    'CREATE OR REPLACE FUNCTION functions.twice (x int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java ' +
      "AS 'return x * 3;'",
    'DROP AGGREGATE functions.total (bigint)',
    `ALTER KEYSPACE deletions WITH replication = ${networkTopology(datacenter, 2)}`,
    'TRUNCATE deletions.tombstones',
  ];
}

const ROWS_OF_THE_NEW_SCHEMA: readonly string[] = [
  `INSERT INTO shapes.newcomer (id, value) VALUES (1, 'in a new table')`,
  `UPDATE deletions.tombstones SET added = 'in a new column' WHERE part = 1 AND seq = 1`,
  `INSERT INTO replicated_once.rows (id, value) VALUES (1, 'of the new table')`,
  'INSERT INTO altered.recreated (other) VALUES (00000000-0000-4000-8000-000000000001)',
  'INSERT INTO "extra_Keyspace"."Table" (id, p) VALUES (1, {x: 1})',
  `UPDATE altered.grown SET price = {cents: 1, currency: 'CHF', later: 'field'} WHERE item = 1`,
];

/** Statements that change rows, on every replica. */
export async function writeAll(client: Client, statements: readonly string[]): Promise<void> {
  const consistency = types.consistencies.all;
  await Promise.all(statements.map((statement) => client.execute(statement, [], { consistency })));
}
