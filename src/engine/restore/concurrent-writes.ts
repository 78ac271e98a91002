import type { Node } from '../../domain/cluster/topology.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { qualified } from '../../domain/schema/cql-text.ts';
import { firstFew } from '../../domain/sentence.ts';
import type { GranularTable } from '../../domain/tables/table-plan.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

type Loaded = Pick<GranularTable, 'keyspace' | 'name' | 'kind' | 'action'>;

/** How often each node has written to tables that are about to be replaced: whatever raises that later was no part of it. */
export interface Writes extends Written {
  readonly tables: readonly Loaded[];
  /** By node name, in the order of `tables`: those of all nodes are held at a time. */
  readonly counts: ReadonlyMap<string, Float64Array>;
}

interface Written {
  readonly session: CqlSession;
  readonly nodes: readonly Node[];
}

/**
 * To be called before the first table is truncated or dropped. One that is recreated begins with none; a view that is recreated is
 * left out, since Cassandra builds it from its table, which shows the same.
 */
export async function countWrites(
  { session, nodes }: Written,
  loaded: readonly Loaded[],
  options: CommonOptions,
): Promise<Writes> {
  const tables = loaded.filter((t) => t.kind === 'table' || t.action === 'reload');
  const countOn = async (node: Node) => {
    const counts = await session.writes(node);
    const before = tables.map((t) => (t.action === 'recreate' ? 0 : (counts.get(tableKey(t)) ?? 0)));
    return [node.name, Float64Array.from(before)] as const;
  };
  return { session, nodes, tables, counts: new Map(await each(nodes, countOn, options)) };
}

/**
 * Tables that have been written to since, quoted; people are warned of them. It was by clients, or by a read that repaired one
 * replica with rows of another which was not truncated yet. What was loaded is whole, but newer rows may be there, too.
 */
export async function findConcurrentWrites(
  ports: Ports,
  { session, nodes, tables, counts }: Writes,
  options: CommonOptions,
): Promise<readonly string[]> {
  const changed = new Set<string>();
  await each(
    nodes,
    async (node) => {
      const [before, now] = [counts.get(node.name), await session.writes(node)];
      for (const [i, t] of tables.entries()) {
        if ((now.get(tableKey(t)) ?? 0) !== before?.[i]) changed.add(qualified(t.keyspace, t.name));
      }
    },
    options,
  );
  const names = [...changed].toSorted();
  if (names.length > 0) ports.progress.warn(concurrentWritesWarning(names));
  return names;
}

/** What a sentence about the restore ends with: a warning of such tables behind the separator, or nothing where there are none. */
export function withConcurrentWrites(separator: string, tables: readonly string[]): string {
  return tables.length === 0 ? '' : `${separator}${concurrentWritesWarning(tables)}`;
}

/** What users are warned of. */
export function concurrentWritesWarning(tables: readonly string[]): string {
  return `${firstFew(tables)}: written to while being restored. Rows that are newer than the backup may be there.`;
}
