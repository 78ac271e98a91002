import { type Dataset, type DatasetKeyspace, networkTopology, table, target, times } from '../model.ts';
import { featuresOf } from '../release.ts';
import { altered } from './schema-altered.ts';
import { deletions } from './schema-deletions.ts';
import { functions } from './schema-functions.ts';
import { indexed } from './schema-indexed.ts';
import { quotedNames, restaurants, systemAtTheStart, systemInTheMiddle } from './schema-names.ts';
import { counters, shapes, single } from './schema-shapes.ts';
import { storage } from './schema-storage.ts';
import { everyType } from './schema-values.ts';

export interface DatasetPlace {
  /** Cassandra's release, such as `5.0.6`. */
  readonly release: string;
  readonly datacenter: string;
}

/** The test schema with its data; what the release cannot hold is left out. */
export function testDataset(place: DatasetPlace): Dataset {
  const features = featuresOf(place.release);
  const { datacenter } = place;
  return {
    keyspaces: [
      restaurants(),
      quotedNames(datacenter, features),
      systemInTheMiddle(),
      systemAtTheStart(datacenter),
      shapes(datacenter),
      single(datacenter),
      counters(),
      everyType(datacenter, features),
      deletions(datacenter),
      altered(datacenter),
      indexed(datacenter, features),
      functions(datacenter),
      storage(datacenter, features),
    ],
    roles: rolesAndGrants(),
  };
}

/** Dropping an object takes its grants with it, so a restore that drops and creates loses them silently. */
function rolesAndGrants(): readonly string[] {
  return [
    'CREATE ROLE waiter',
    'CREATE ROLE "Chef; de ""cuisine"""',
    'GRANT SELECT ON KEYSPACE restaurants TO waiter',
    'GRANT MODIFY ON TABLE restaurants.guests TO waiter',
    'GRANT SELECT ON TABLE "Order"."select" TO waiter',
    'GRANT waiter TO "Chef; de ""cuisine"""',
    'GRANT ALTER ON KEYSPACE altered TO "Chef; de ""cuisine"""',
    'GRANT EXECUTE ON FUNCTION functions.twice(int) TO "Chef; de ""cuisine"""',
  ];
}

export interface GeneratedOptions {
  readonly datacenter: string;
  readonly keyspace?: string;
  readonly rowsPerTable?: number;
  /** 3 without it. */
  readonly replication?: number;
}

/** `count` plain tables of a few rows in one keyspace, for measuring how time grows with the number of tables. */
export function generatedTables(count: number, options: GeneratedOptions): Dataset {
  const name = options.keyspace ?? 'generated';
  const keyspace: DatasetKeyspace = {
    name,
    proves: 'the time for each table',
    replication: networkTopology(options.datacenter, options.replication ?? 3),
    definition: [],
    tables: times(count, (index) => {
      const rows = target(name, `table_${String(index).padStart(3, '0')}`);
      return table(rows, {
        proves: 'one of many',
        columns: 'id int PRIMARY KEY, value text',
        steps: [
          {
            writes: times(options.rowsPerTable ?? 5, (id) =>
              rows.insert({ id, value: `row ${id} of ${index}` }),
            ),
          },
        ],
      });
    }),
  };
  return { keyspaces: [keyspace], roles: [] };
}
