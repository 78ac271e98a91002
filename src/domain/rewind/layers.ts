import type { ColdPlan } from '../restore/cold-plan.ts';
import { isTruncated, type ReplayReport } from './replay-report.ts';

/** What of a backup is put in place before a replay. */
export type Layer = Pick<ColdPlan, 'links' | 'unrepaired'>;

/** Tables of `system` that say what was built of the files that are there: a replay must not make them say it of others. */
export const LEFT_OUT: readonly string[] = [
  'system.IndexInfo',
  'system.built_views',
  'system.view_builds_in_progress',
];
const INDEX_INFO = 'system.IndexInfo';

/** `data/ks/t-<id>` of a file below. */
const DIRECTORY = /^(.*?([^/]+)\/(\w+)-([0-9a-f]{32}))\//;

/** Cassandra's own tables: the node's identity and the schema of the backup, to which the first replay adds. */
export function systemLayer(plan: Layer): Layer {
  return layer(plan, (to) => isLocal(keyspaceOf(to)));
}

/**
 * All others, as the target has them: without the files of tables that were dropped or truncated since the backup. Where an
 * index is another one than in the backup, no index of its table comes with its files.
 * @param at what the first replay found at the target, and before it in the backup
 */
export function tablesLayer(plan: Layer, at: ReplayReport): Layer {
  const changed = changedIndexes(at);
  return layer(plan, (to) => {
    const [, directory = '', keyspace = '', table = '', hex = ''] = DIRECTORY.exec(to) ?? [];
    const id = dashed(hex);
    if (isLocal(keyspace)) return false;
    if (at.tables[id] === undefined || isTruncated(at, id)) return false;
    return !(changed.has(`${keyspace}.${table}`) && isOfIndex(to.slice(directory.length + 1)));
  });
}

/** Whether what calls indexes built must go: then Cassandra builds all of them when it starts. */
export function forgetsIndexes(at: ReplayReport): boolean {
  return changedIndexes(at).size > 0;
}

/** Files that call indexes built. */
export function isIndexInfo(path: string): boolean {
  const [, , keyspace, table] = DIRECTORY.exec(path) ?? [];
  return `${keyspace}.${table}` === INDEX_INFO;
}

/** `keyspace.table` of those with an index that the backup has not, or has as another one. */
function changedIndexes({ indexes, indexesBefore }: ReplayReport): ReadonlySet<string> {
  const names = Object.keys(indexes).filter((name) => indexes[name] !== indexesBefore[name]);
  return new Set(names.map((name) => name.split('.').slice(0, 2).join('.')));
}

/** In a directory of the index's name, or beside the SSTable with that of the implementation. */
const isOfIndex = (name: string) => name.startsWith('.') || /-(SAI\+|SI_)/.test(name);

const isLocal = (keyspace: string) => keyspace === 'system' || keyspace === 'system_schema';

const keyspaceOf = (path: string) => DIRECTORY.exec(path)?.[2] ?? '';

const dashed = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

function layer({ links, unrepaired }: Layer, isIn: (to: string) => boolean): Layer {
  return { links: links.filter(([, to]) => isIn(to)), unrepaired: unrepaired.filter(isIn) };
}
