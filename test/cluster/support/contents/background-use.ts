import assert from 'node:assert/strict';
import { type Client, types } from 'cassandra-driver';
import { isKey, type ReadableTable, readableTables } from '../../../../lab/dataset/compare/columns.ts';
import { define } from '../../../../lab/dataset/define.ts';
import { quoted, type Write } from '../../../../lab/dataset/model.ts';

/** A keyspace that no recorded state has: what is written here is not the tests' subject. */
export const USED = 'extra_used';

/** Clients that read other tables and write to them, and rows to one of their own, until they are ended. */
export interface BackgroundUse {
  stop(): Promise<void>;
  /** That not one read or write failed, that there were many, and that every row written is there. */
  assertServed(): Promise<void>;
}

const consistency = types.consistencies.quorum;

/** @param own tables by `keyspace.name` that are left alone: they are what is restored */
export async function backgroundUse(client: Client, own: readonly string[]): Promise<BackgroundUse> {
  await define(client, [
    `CREATE KEYSPACE IF NOT EXISTS ${USED} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}`,
    `CREATE TABLE IF NOT EXISTS ${USED}.rows (id int PRIMARY KEY, value text)`,
  ]);
  await client.execute(`TRUNCATE ${USED}.rows`);
  const others = (await readableTables(client)).filter((t) => !own.includes(`${t.keyspace}.${t.name}`));
  const failures: unknown[] = [];
  const deletions = await ancientDeletions(client, others);
  const work = { going: true, reads: 0, deletions: 0, writes: 0 };
  const repeat = async (once: () => Promise<unknown>) => {
    while (work.going) await once().catch((error: unknown) => failures.push(error));
  };
  const running = [
    repeat(async () => {
      for (const { keyspace, name } of others) {
        await client.execute(`SELECT * FROM ${quoted(keyspace)}.${quoted(name)} LIMIT 10`, [], {
          consistency,
        });
        work.reads++;
      }
    }),
    repeat(async () => {
      for (const { cql, params } of deletions) {
        await client.execute(cql, params, { consistency, prepare: true });
        work.deletions++;
      }
    }),
    repeat(async () => {
      const insert = `INSERT INTO ${USED}.rows (id, value) VALUES (?, 'written meanwhile')`;
      await client.execute(insert, [work.writes], { consistency, prepare: true });
      work.writes++;
      await new Promise((resume) => setTimeout(resume, 5));
    }),
  ];
  return {
    async stop() {
      work.going = false;
      await Promise.all(running);
    },
    async assertServed() {
      assert.deepEqual(failures, []);
      assert(deletions.length > others.length / 2 && work.deletions >= deletions.length);
      assert(work.reads > others.length && work.writes > 10, `${work.reads} reads, ${work.writes} writes`);
      const count = await client.execute(`SELECT count(*) AS n FROM ${USED}.rows`, [], { consistency });
      assert.equal(Number(count.first().get('n')), work.writes);
    },
  };
}

/** A write to a row of each table that leaves it as it is: a deletion older than all that there is. Counters and views take none. */
async function ancientDeletions(client: Client, tables: readonly ReadableTable[]): Promise<readonly Write[]> {
  const { rows } = await client.execute('SELECT keyspace_name, table_name, flags FROM system_schema.tables');
  const plain = rows.filter((r) => !r.get('flags').includes('counter'));
  const writable = new Set(plain.map((r) => `${r.get('keyspace_name')}.${r.get('table_name')}`));
  const found = await Promise.all(
    tables
      .filter((t) => writable.has(`${t.keyspace}.${t.name}`))
      .map(async ({ keyspace, name, columns }) => {
        const table = `${quoted(keyspace)}.${quoted(name)}`;
        const keys = columns.filter(isKey).map((c) => quoted(c.name));
        const row = (await client.execute(`SELECT ${keys.join(', ')} FROM ${table} LIMIT 1`)).first();
        const where = keys.map((k) => `${k} = ?`).join(' AND ');
        return row === null
          ? []
          : [{ cql: `DELETE FROM ${table} USING TIMESTAMP 1 WHERE ${where}`, params: row.values() }];
      }),
  );
  return found.flat();
}
