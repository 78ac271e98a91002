import { resolve } from 'node:path/posix';
import type { Log } from '../backup/manifest.ts';
import { KassetteError } from '../errors.ts';
import type { Node } from './topology.ts';

/** Where a node has its files, by its own settings. */
export interface DataSettings {
  /** `data_file_directories`, absolute; null where the release does not say. */
  readonly data: readonly string[] | null;
  /** `local_system_data_file_directory`: where it keeps its system tables apart; null where it does not. */
  readonly system: string | null;
}

/** Where a node keeps what a cold restore has to clear, by its own settings. */
export interface KeptApart {
  /** Where its system tables are apart from its data; null where they are not. */
  readonly system: string | null;
  /** Logs that lie outside its volume. */
  readonly outside: readonly Log[];
}

/**
 * That kassette knows all directories in which a node has data: what it does not look into would be missing in a backup.
 * @throws DATA_DIRECTORY
 */
export function checkDataSettings(node: Node, { data }: DataSettings): void {
  const known = new Set(node.dataDirectories.map((d) => resolve(d)));
  const unknown = (data ?? []).map((d) => resolve(d)).find((d) => !known.has(d));
  if (unknown === undefined) return;
  throw new KassetteError(
    'DATA_DIRECTORY',
    `${node.name} has data in ${unknown}, which the configuration that kassette sees does not name (it names ${[...known].join(', ')}).`,
    'No backup was made. Set `data_file_directories` in spec.config of the datacenter to what the nodes use.',
  );
}

/** What Cassandra 4.1 and later make of `system.paxos`, below a data directory. It is no table. */
export const PAXOS_STATE = 'system/_paxos_repair_state';

/** Whether a path ends with `<keyspace>/<table>`, as Cassandra made directories of tables before 2.1. */
export function isTableWithoutId(path: string): boolean {
  return /\/\w+\/\w+$/.test(`/${path}`) && !`/${path}`.endsWith(`/${PAXOS_STATE}`);
}

/**
 * That no table lies in a directory without an id. Cassandra made such ones before 2.1 and uses one as long as it is there, for any table
 * of that name: what is put into the directory with the table's id would stay unseen.
 * @param bare such directories: `data/ks/t`
 * @param tables `keyspace.name`, that are to be backed up or restored; null where any may be meant
 * @throws DATA_DIRECTORY
 */
export function checkTableDirectories(
  name: string,
  bare: readonly string[],
  tables: ReadonlySet<string> | null,
): void {
  const tableOf = (path: string) => path.split('/').slice(-2).join('.');
  const found = bare.find((path) => tables === null || tables.has(tableOf(path)));
  if (found === undefined) return;
  throw new KassetteError(
    'DATA_DIRECTORY',
    `${name} has table ${tableOf(found)} in ${found}, a directory without the table's id, as Cassandra made it before 2.1.`,
    "Nothing was changed. With Cassandra stopped on that node (`nodetool drain` first), rename the directory to what newer releases call it: the table's name, `-`, and its id from system_schema.tables without hyphens. One that is empty can be removed.",
  );
}
