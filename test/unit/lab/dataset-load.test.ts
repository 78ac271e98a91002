import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from 'cassandra-driver';
import { writeLate } from '../../../lab/dataset/load.ts';
import type { Dataset } from '../../../lab/dataset/model.ts';

const CREATE = "INSERT INTO shop.visits (id) VALUES ('a')";
const COUNT = "UPDATE shop.visits SET n = n + 1 WHERE id = 'a'";

test('a write that a busy node did not acknowledge is sent again, and the table read at ALL', async () => {
  const { client, sent } = failingAt(1);
  await writeLate(client, datasetWith(COUNT));
  assert.deepEqual(sent, [COUNT, COUNT, 'SELECT * FROM "shop"."visits"']);
});

test('what was acknowledged at once is not read', async () => {
  const { client, sent } = failingAt(0);
  await writeLate(client, datasetWith(CREATE));
  assert.deepEqual(sent, [CREATE]);
});

/** A client whose first answers are time-outs. */
function failingAt(failures: number): { readonly client: Client; readonly sent: string[] } {
  const sent: string[] = [];
  const execute = async (cql: string) => {
    sent.push(cql);
    if (sent.length <= failures) throw new Error('Operation timed out');
  };
  return { client: { execute } as unknown as Client, sent };
}

/** One table whose late writes are this one. */
function datasetWith(cql: string): Dataset {
  const steps = [{ writes: [] }, { writes: [] }, { writes: [{ cql, params: [] }] }];
  const table = { keyspace: 'shop', name: 'visits', definition: [], steps, questions: [] };
  const tables = [{ ...table, proves: '', flushed: false, compacted: false }];
  return { keyspaces: [{ name: 'shop', proves: '', replication: '', definition: [], tables }], roles: [] };
}
