import type { Client } from 'cassandra-driver';
import { define } from '../../../lab/dataset/define.ts';
import { type Dataset, quoted } from '../../../lab/dataset/model.ts';
import { testDataset } from '../../../lab/dataset/schema/schema.ts';

/** Enough of the test schema to have every kind of object; few enough tables for many restores in one run. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  Order: ['select'],
  shapes: ['static_and_reversed'],
  counted: ['counters'],
  replicated_once: ['rows'],
  deletions: ['tombstones', 'cells_with_ttl'],
  altered: ['dropped_columns', 'grown', 'recreated'],
  indexed: ['by_secondary_index', 'base_of_views', 'by_storage_attached_index'],
  functions: ['sales'],
};

const ROLES = ['waiter', '"Chef; de ""cuisine"""'];

/** The keyspaces that the tests' changes are about, with grants on objects that the changes drop and on others. */
export function smallDataset(release: string, datacenter: string): Dataset {
  const all = testDataset({ release, datacenter });
  return {
    keyspaces: all.keyspaces
      .filter((k) => TABLES[k.name] !== undefined)
      .map((k) => ({ ...k, tables: k.tables.filter((t) => TABLES[k.name]?.includes(t.name)) })),
    roles: [
      ...ROLES.map((role) => `CREATE ROLE ${role}`),
      'GRANT SELECT ON TABLE "Order"."select" TO waiter',
      'GRANT MODIFY ON TABLE altered.recreated TO waiter',
      'GRANT SELECT ON TABLE replicated_once.rows TO waiter',
      'GRANT SELECT ON KEYSPACE counted TO waiter',
      'GRANT SELECT ON TABLE counted.counters TO waiter',
      'GRANT ALTER ON KEYSPACE altered TO "Chef; de ""cuisine"""',
      'GRANT EXECUTE ON ALL FUNCTIONS IN KEYSPACE functions TO waiter',
    ],
  };
}

/** Remove whatever of the data set and of the tests' own keyspaces is there: a failed test may have left anything. */
export async function removeDataset(client: Client): Promise<void> {
  const result = await client.execute('SELECT keyspace_name FROM system_schema.keyspaces');
  const ours = result.rows
    .map((row): string => row.get('keyspace_name'))
    .filter((name) => TABLES[name] !== undefined || name.startsWith('extra_'));
  await define(client, [
    ...ours.map((name) => `DROP KEYSPACE ${quoted(name)}`),
    ...ROLES.map((role) => `DROP ROLE IF EXISTS ${role}`),
  ]);
}
