import type { IndexBuild } from '../../ports/cql.ts';

/** As `system_schema` has them, on any node. */
export const INDEXES = 'SELECT keyspace_name, table_name, index_name FROM system_schema.indexes';
/** Those that this node has built; its column `table_name` holds the keyspace. A build takes the index out until it has ended. */
export const BUILT = 'SELECT table_name, index_name FROM system."IndexInfo"';
/** What this node's compaction threads do: builds of indexes among others. */
export const TASKS = 'SELECT keyspace_name, table_name, kind, progress FROM system_views.sstable_tasks';

/** How many partitions running builds of views have read. */
export const VIEWS = 'SELECT keys_built FROM system.view_builds_in_progress';

/** As of a view whose end `system_distributed` knows, so that the node writes nothing there. */
export const COUNT_AS_BUILT =
  'INSERT INTO system.built_views (keyspace_name, view_name, status_replicated) VALUES (?, ?, true) USING TTL 600';
export const COUNT_AS_UNBUILT = 'DELETE FROM system.built_views WHERE keyspace_name = ? AND view_name = ?';

/** What running builds of views have done, from the rows of `VIEWS`, which come every thousand partitions, and of `TASKS`. */
export function viewProgressOf(builds: readonly Row[], tasks: readonly Row[]): number {
  const running = tasks.filter((r) => /view build/i.test(String(r['kind'])));
  const sum = (rows: readonly Row[], column: string) => rows.reduce((n, r) => n + Number(r[column]), 0);
  return sum(builds, 'keys_built') + sum(running, 'progress');
}

type Row = Readonly<Record<string, unknown>>;

/** Tables whose indexes are not built or are being built, from the rows of these three queries. */
export function buildsOf(
  indexes: readonly Row[],
  built: readonly Row[],
  tasks: readonly Row[],
): ReadonlyMap<string, IndexBuild> {
  const done = new Set(built.map((r) => `${r['table_name']}.${r['index_name']}`));
  const builds = new Map<string, IndexBuild>();
  const add = (r: Row, more: Partial<IndexBuild>) => {
    const table = `${r['keyspace_name']}.${r['table_name']}`;
    builds.set(table, { unbuilt: [], progress: null, ...builds.get(table), ...more });
  };
  const before = (r: Row) => builds.get(`${r['keyspace_name']}.${r['table_name']}`);
  for (const r of indexes) {
    if (done.has(`${r['keyspace_name']}.${r['index_name']}`)) continue;
    add(r, { unbuilt: [...(before(r)?.unbuilt ?? []), String(r['index_name'])] });
  }
  for (const r of tasks) {
    if (!/index build/i.test(String(r['kind']))) continue;
    add(r, { progress: (before(r)?.progress ?? 0) + Number(r['progress']) });
  }
  return builds;
}
