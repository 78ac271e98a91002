import type { World } from '../../simulation/cluster/world.ts';
import type { PlannedSchema } from '../plan.ts';

const REPLICATION = "WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '3'}";

/** The round's keyspace. */
export const OWN = 'oracle';
/** The keyspace of what clients write while a backup is made. */
export const LIVE = 'live';
export const INDEX = `CREATE INDEX by_value ON ${OWN}.rows (value) USING 'legacy_local_table'`;

export function tableStatement(keyspace: string, name: string, comment = ''): string {
  return `CREATE TABLE ${keyspace}.${name} (\n    key text PRIMARY KEY,\n    value text\n) WITH comment = '${comment}'`;
}

/** Every table is of keys and values; those of the test data set are by their names alone. */
export function createSchema({ cluster }: World, { parts, index }: PlannedSchema): void {
  const keyspaces = new Set(parts.map((part) => keyspaceOf(part)));
  for (const keyspace of [OWN, LIVE, ...keyspaces])
    cluster.change(`CREATE KEYSPACE ${keyspace} ${REPLICATION}`);
  for (const name of ['rows', 'typed', 'registers', 'counts']) cluster.change(tableStatement(OWN, name));
  cluster.change(tableStatement(LIVE, 'events'));
  if (index !== 'none') cluster.change(INDEX);
  for (const part of parts) {
    cluster.change(tableStatement(keyspaceOf(part), nameOf(part)));
    for (let i = 0; i < 5; i++) cluster.write(keyspaceOf(part), nameOf(part), `k${i}`, 'of the data set');
  }
}

/** Names that the simulation can write without quotes; `SELECT` is not `select`. */
export const keyspaceOf = (part: string) => `part_${plain(part.split('.')[0] ?? '')}`;
export const nameOf = (part: string) => plain(part.split('.')[1] ?? '');
const plain = (name: string) => name.replaceAll(/[^a-z0-9]/g, (c) => `_${c.charCodeAt(0)}`);
