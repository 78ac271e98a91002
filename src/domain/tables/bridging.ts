import type { SchemaObject } from '../schema/schema.ts';
import { firstDifference } from '../schema/schema-compare.ts';
import { columnsOf } from '../schema/table-columns.ts';

/**
 * Why files written with one definition of a type are read wrongly with another; null where they are read rightly: Cassandra
 * reads a value with fewer fields as having nulls in those that were added behind.
 */
export function whyTypeDiffers(saved: SchemaObject, live: SchemaObject): string | null {
  const before = [...columnsOf(saved).columns];
  const now = [...columnsOf(live).columns];
  const at = before.findIndex(([name, type], i) => now[i]?.[0] !== name || now[i]?.[1] !== type);
  if (at < 0) return null;
  const [name, type] = before[at] ?? ['', ''];
  return `its field ${at + 1} was \`${name} ${type}\`, is \`${(now[at] ?? ['nothing']).join(' ')}\``;
}

/**
 * Why files of the one table cannot be added to the other as it is now; null where they can: the same key, and every
 * column of then is there with its type.
 */
export function whyTableDiffers(saved: SchemaObject, live: SchemaObject): string | null {
  const [before, now] = [columnsOf(saved), columnsOf(live)];
  if (before.key !== now.key) return `its key was \`${before.key}\`, is \`${now.key}\``;
  for (const [name, type] of before.columns) {
    const other = now.columns.get(name);
    if (other === undefined) return `column \`${name}\` is gone`;
    if (other !== type) return `column \`${name}\` was \`${type}\`, is \`${other}\``;
  }
  // Columns that were dropped, with the time of that: it says which cells still count.
  const alterations = (o: SchemaObject) => ({ ...o, statements: ['', ...o.statements.slice(1)] });
  const difference = firstDifference(alterations(saved), alterations(live));
  return difference === '' ? clusteringDiffers(saved, live) : `columns were dropped: \`${difference}\``;
}

function clusteringDiffers(saved: SchemaObject, live: SchemaObject): string | null {
  const order = ({ statements }: SchemaObject) =>
    /CLUSTERING ORDER BY \([^)]*\)/i.exec(statements[0] ?? '')?.[0];
  const compact = ({ statements }: SchemaObject) => /\bCOMPACT STORAGE\b/i.test(statements[0] ?? '');
  if (order(saved) !== order(live)) return `its order was \`${order(saved)}\`, is \`${order(live)}\``;
  return compact(saved) === compact(live) ? null : 'only one of both has COMPACT STORAGE';
}

/** The replication of a keyspace, as its statement has it. */
export function replicationOf({ statements }: SchemaObject): string {
  return /replication\s*=\s*(\{[^}]*\})/i.exec(statements[0] ?? '')?.[1] ?? '';
}
