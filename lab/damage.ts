import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, types } from 'cassandra-driver';
import { define } from './dataset/define.ts';

/*
 * What a volume that was copied in the middle of writes can be like. Only files that are newer than the backup are touched:
 * those are the ones that were being written then, and no snapshot shares them.
 */

const VALUE_BYTES = 256 * 1024;
const VALUES = 48;

/** Write several commit log segments full that no flush makes superfluous, into a keyspace of their own. */
export async function fillCommitLog(client: Client, datacenter: string, replicas = 3): Promise<void> {
  await define(client, [
    `CREATE KEYSPACE bulk WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${replicas}}`,
    'CREATE TABLE bulk.blobs (id int PRIMARY KEY, value blob)',
  ]);
  const value = Buffer.alloc(VALUE_BYTES, 7);
  for (let id = 0; id < VALUES; id++) {
    await client.execute('INSERT INTO bulk.blobs (id, value) VALUES (?, ?)', [id, value], {
      prepare: true,
      consistency: types.consistencies.all,
    });
  }
}

/** The oldest commit log segment with something in it: Cassandra forgives what is missing at the end of the newest one. */
export function oldestSegment(volume: string): string {
  const names = readdirSync(join(volume, 'commitlog'))
    .filter((n) => n.endsWith('.log'))
    .toSorted();
  assert.ok(names.length > 2, `several segments: ${names.join(', ')}`);
  return join(volume, 'commitlog', names[0] ?? '');
}

export function truncate(path: string): void {
  truncateSync(path, Math.floor(lstatSync(path).size / 2));
}

/** Flip one bit of every byte in a small range in the first third, where there are mutations. */
export function flipBits(path: string): void {
  const bytes = readFileSync(path);
  const from = Math.floor(bytes.length / 3);
  for (let i = from; i < from + 16; i++) bytes[i] = (bytes[i] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** A component of an SSTable that was written after the backup, by how its path in the data directory begins. */
export function newerComponent(volume: string, table: string, component: string): string {
  const data = join(volume, 'data');
  const found = readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter((p) => p.startsWith(`${table}-`) && p.endsWith(`-${component}`) && !p.includes('/snapshots/'))
    .map((p) => join(data, p))
    .filter((p) => lstatSync(p).nlink === 1)
    .toSorted();
  assert.ok(found.length > 0, `${table} has an SSTable that is newer than the backup`);
  return found[0] ?? '';
}

/** Cassandra saves its caches every few hours: a young node has none. Names of 4.0 to 5.0. */
const SAVED_CACHES = [
  'KeyCache-g.db',
  'KeyCache-g.crc',
  'KeyCache-g.metadata',
  'CounterCache-g.db',
  'CounterCache-g.crc',
] as const;
const CACHE_BYTES = 256;

/** Random bytes instead of a node's saved caches, whether it has saved any or not. */
export function spoilSavedCaches(directory: string): void {
  for (const name of new Set([...readdirSync(directory), ...SAVED_CACHES])) {
    const path = join(directory, name);
    writeFileSync(path, randomBytes(existsSync(path) ? lstatSync(path).size : CACHE_BYTES));
  }
}
