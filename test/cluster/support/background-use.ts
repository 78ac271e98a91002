import assert from 'node:assert/strict';
import { type Client, types } from 'cassandra-driver';
import { readableTables } from '../../../demo/dataset/columns.ts';
import { define } from '../../../demo/dataset/define.ts';
import { quoted } from '../../../demo/dataset/model.ts';

/** A keyspace that no recorded state has: what is written here is not the tests' subject. */
export const USED = 'extra_used';

/** Clients that read other tables and write to one of their own, until they are ended. */
export interface BackgroundUse {
  stop(): Promise<void>;
  /** That not one read or write failed, that there were many, and that every row written is there. */
  assertServed(): Promise<void>;
}

const consistency = types.consistencies.quorum;

/** @param own tables by `keyspace.name` that are not read: they are what is restored */
export async function backgroundUse(client: Client, own: readonly string[]): Promise<BackgroundUse> {
  await define(client, [
    `CREATE KEYSPACE IF NOT EXISTS ${USED} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}`,
    `CREATE TABLE IF NOT EXISTS ${USED}.rows (id int PRIMARY KEY, value text)`,
  ]);
  await client.execute(`TRUNCATE ${USED}.rows`);
  const others = (await readableTables(client)).filter((t) => !own.includes(`${t.keyspace}.${t.name}`));
  const failures: unknown[] = [];
  const work = { going: true, reads: 0, writes: 0 };
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
      assert(work.reads > others.length && work.writes > 10, `${work.reads} reads, ${work.writes} writes`);
      const count = await client.execute(`SELECT count(*) AS n FROM ${USED}.rows`, [], { consistency });
      assert.equal(Number(count.first().get('n')), work.writes);
    },
  };
}
