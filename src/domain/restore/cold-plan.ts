import type { Manifest } from '../backup/manifest.ts';
import { isSystemKeyspace } from '../cluster/system-keyspaces.ts';
import { filesOf } from '../sstables/file-list.ts';
import { mayDisagree, saysRepaired } from '../sstables/repairs.ts';
import { tableKey } from './restore-plan.ts';

/** What Cassandra would read at its next start. */
export interface LiveVolume {
  /** Of every table directory, the paths of its live files and those of its secondary indexes; no snapshots, no backups. */
  readonly tables: readonly LiveTable[];
  /** Paths in the directories of `TRANSIENT`, and what is derived from system tables. */
  readonly transient: readonly string[];
  /** Directories of tables without an id: `data/ks/t`. */
  readonly bare: readonly string[];
}

export interface LiveTable {
  /** Relative to the volume: `data/shop/orders-62eb9c60c7b111f08f0c000000000000`. */
  readonly directory: string;
  readonly files: readonly string[];
}

/** Emptied, because what is in them is newer than the backup or belongs to files that are gone. */
export const TRANSIENT = ['hints', 'saved_caches', 'cdc_raw'] as const;

/** Moved as a whole: a replay would bring dirty writes back. */
export const COMMITLOG = 'commitlog';

/** Exactly what a cold restore of one volume does. Paths are relative to the volume. */
export interface ColdPlan {
  readonly tag: string;
  readonly cluster: string;
  readonly node: string;
  /** Live files of tables, which are moved aside. */
  readonly moves: readonly string[];
  /** Files in hints, saved caches, raw change data and Paxos' repair state, which are moved aside, too. */
  readonly empties: readonly string[];
  /** [file of the snapshot, live file] */
  readonly links: readonly (readonly [from: string, to: string])[];
  /** Live files that are no links but copies which call no row repaired: see `mayDisagree`. */
  readonly unrepaired: readonly string[];
  /** Tables and views that the backup does not have, as `keyspace.name`. */
  readonly drops: readonly string[];
  /** System tables that are left empty: they would make the node talk to the original's, or call indexes built. */
  readonly forgets: readonly string[];
  readonly tables: number;
  readonly bytes: number;
}

/** What a node remembers of the others, whom it would greet; of an unfinished repair it asks them how far they are. */
const PEERS: ReadonlySet<string> = new Set([
  'system.peers',
  'system.peers_v2',
  'system.peer_events',
  'system.peer_events_v2',
  'system.repairs',
]);

/** What calls indexes built; the others than legacy ones do not need it. A start builds each index that it does not name. */
const BUILT_INDEXES = 'system.IndexInfo';

/** Below its table's directory, in one of its name. */
const isOfLegacyIndex = ({ name }: { readonly name: string }) => name.includes('/');

/** Whether any legacy index may differ from its table; one backup names them, an older one does not say. */
function mayDiffer({ indexesToRebuild: named, tables }: Manifest): boolean {
  const hasIndex = () =>
    tables.some((t) => t.parts.some(({ files }) => Array.from(files).some(isOfLegacyIndex)));
  return named === undefined ? hasIndex() : named.length > 0;
}

function withoutIndexes<T extends Manifest['tables'][number]>(table: T): T {
  const parts = table.parts.map(({ directory, files }) => ({
    directory,
    files: Array.from(files).filter((f) => !isOfLegacyIndex(f)),
  }));
  return { ...table, parts };
}

/**
 * Pure: the same facts give the same plan. Links have the snapshot's own names: nothing else is in the directories by
 * then, no Cassandra runs that could delete an obsolete file of that name, and system tables that speak of SSTables by
 * their generations stay right. Secondary indexes come back with their files, because the system table that calls them
 * built does, too; where one of them may differ from its table neither comes, and Cassandra builds all of them when it starts.
 */
export function planColdRestore(
  manifest: Manifest,
  live: LiveVolume,
  options: { readonly elsewhere: boolean },
): ColdPlan {
  const builds = mayDiffer(manifest);
  const forgotten = manifest.tables.filter(
    (t) => (options.elsewhere && PEERS.has(tableKey(t))) || (builds && tableKey(t) === BUILT_INDEXES),
  );
  const kept = manifest.tables.filter((t) => !forgotten.includes(t));
  const linked = builds ? kept.map(withoutIndexes) : kept;
  const parts = linked.flatMap((t) => t.parts);
  const names = new Set(manifest.tables.map((t) => directoryName(t.parts[0]?.directory ?? '')));
  const users = linked.filter((t) => !isSystemKeyspace(t.keyspace));
  return {
    tag: manifest.tag,
    cluster: manifest.cluster,
    node: manifest.node.name,
    moves: live.tables.flatMap((t) => t.files),
    empties: live.transient,
    links: parts.flatMap(({ directory, files }) =>
      Array.from(
        files,
        (f) => [`${directory}/snapshots/${manifest.tag}/${f.name}`, `${directory}/${f.name}`] as const,
      ),
    ),
    unrepaired: linked.filter(mayDisagree).flatMap((t) =>
      t.parts.flatMap(({ directory, files }) =>
        Array.from(files, (f) => f.name)
          .filter(saysRepaired)
          .map((name) => `${directory}/${name}`),
      ),
    ),
    drops: [
      ...new Set(
        live.tables
          .filter((t) => t.files.length > 0 && !names.has(directoryName(t.directory)))
          .map((t) => nameOf(t.directory)),
      ),
    ],
    forgets: forgotten.map(tableKey),
    tables: users.length,
    bytes: bytesOf(linked),
  };
}

function bytesOf(tables: Manifest['tables']): number {
  let bytes = 0;
  for (const file of filesOf(tables)) bytes += file.bytes;
  return bytes;
}

/** `<table>-<id>`: the same in every data directory. */
function directoryName(directory: string): string {
  return directory.slice(directory.lastIndexOf('/') + 1);
}

function nameOf(directory: string): string {
  const [keyspace = '', table = ''] = directory.split('/').slice(-2);
  return `${keyspace}.${table.slice(0, table.lastIndexOf('-'))}`;
}
