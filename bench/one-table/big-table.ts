import { createCipheriv } from 'node:crypto';
import { type Client, types } from 'cassandra-driver';
import pMap from 'p-map';
import { define } from '../../lab/dataset/define.ts';

export const BIG = { keyspace: 'large', name: 'blobs' } as const;

const ROW_BYTES = 64 * 1024;
/** Copies of each row: the table's files are as many times as large, over all nodes. */
const COPIES = 3;

/** How many rows make files of so many bytes over all nodes. */
export function rowsFor(bytes: number): number {
  return Math.ceil(bytes / COPIES / ROW_BYTES);
}

/** Fill the table with blobs that do not compress; it stays as it is written, without compactions that would be measured. */
export async function makeBigTable(client: Client, rows: number): Promise<void> {
  await define(client, [
    `CREATE KEYSPACE ${BIG.keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', 'cass-prd': ${COPIES}}`,
    `CREATE TABLE ${BIG.keyspace}.${BIG.name} (id int PRIMARY KEY, value blob) WITH compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}`,
  ]);
  const insert = `INSERT INTO ${BIG.keyspace}.${BIG.name} (id, value) VALUES (?, ?)`;
  const ids = Array.from({ length: rows }, (_, id) => id);
  const write = (id: number) =>
    client.execute(insert, [id, blobOf(id)], { prepare: true, consistency: types.consistencies.all });
  await pMap(ids, write, { concurrency: 16 });
}

/** That every row is there with its value, and no other. */
export async function checkBigTable(client: Client, rows: number): Promise<void> {
  let found = 0;
  let pageState: string | undefined;
  do {
    const page = await client.execute(`SELECT id, value FROM ${BIG.keyspace}.${BIG.name}`, [], {
      prepare: true,
      fetchSize: 64,
      consistency: types.consistencies.all,
      ...(pageState === undefined ? {} : { pageState }),
    });
    for (const row of page.rows) {
      if (!blobOf(row.get('id')).equals(row.get('value'))) throw new Error(`Row ${row.get('id')} is wrong.`);
    }
    found += page.rows.length;
    pageState = page.pageState ?? undefined;
  } while (pageState !== undefined);
  if (found !== rows) throw new Error(`The restore is wrong: ${found} of ${rows} rows are there.`);
}

/** The same for the same row, and like noise: a key stream. */
function blobOf(id: number): Buffer {
  const start = Buffer.alloc(16);
  start.writeInt32BE(id);
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), start).update(Buffer.alloc(ROW_BYTES));
}
