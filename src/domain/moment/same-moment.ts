import { qualified } from '../schema/cql-text.ts';
import { indexesWithTables } from '../schema/index-implementation.ts';
import type { Schema, SchemaObject } from '../schema/schema.ts';

/** What one node has counted and recorded of tables, right before or after all snapshots. */
export interface NodeMoment {
  /** How often it has written to each of `countedTables`, in their order, since it started. */
  readonly writes: Float64Array;
  /** When it last truncated each of `truncatableTables`, in their order, milliseconds since 1970 by its own clock; 0: never. */
  readonly truncatedAt: Float64Array;
}

/** Views, and the tables of these and of legacy indexes: what has to be of one moment. */
export function countedTables(schema: Schema): readonly SchemaObject[] {
  const followers = [...schema.filter((o) => o.kind === 'view'), ...indexesWithTables(schema)];
  const bases = new Set(followers.map((o) => `${o.keyspace}.${o.base}`));
  return schema.filter(
    (o) => o.kind === 'view' || (o.kind === 'table' && bases.has(`${o.keyspace}.${o.name}`)),
  );
}

/** A view is truncated with its table. */
export function truncatableTables(schema: Schema): readonly SchemaObject[] {
  return schema.filter((o) => o.kind === 'table');
}

/**
 * Views, quoted, some of whose rows or of whose tables' rows may be in one snapshot and not in the other: a node has written to one of
 * the two between the moments. A write is counted before the flush that brings it into a snapshot has ended, and nothing that was
 * counted before is missing from one: equal counts on all nodes say that view and table are of the same moment.
 * @param changed for each of `countedTables`, whether any node has written to it
 */
export function viewsApart(schema: Schema, changed: readonly boolean[]): readonly string[] {
  const written = writtenTo(schema, changed);
  return schema
    .filter((o) => o.kind === 'view')
    .filter((v) => written.has(`${v.keyspace}.${v.name}`) || written.has(`${v.keyspace}.${v.base}`))
    .map(({ keyspace, name }) => qualified(keyspace, name));
}

/**
 * Legacy indexes, quoted, that may differ from their tables, by the same counts. Cassandra links the files of a table first and those of its
 * indexes then: one that is flushed in between knows of changes that its table does not have, and lacks what they replaced. Streams
 * are in no count and do no harm: they add entries of rows that are not there, which a query passes over.
 */
export function indexesApart(schema: Schema, changed: readonly boolean[]): readonly string[] {
  const written = writtenTo(schema, changed);
  return indexesWithTables(schema)
    .filter((i) => written.has(`${i.keyspace}.${i.base}`))
    .map(({ keyspace, name }) => qualified(keyspace, name));
}

function writtenTo(schema: Schema, changed: readonly boolean[]): ReadonlySet<string> {
  return new Set(countedTables(schema).flatMap((o, i) => (changed[i] ? [`${o.keyspace}.${o.name}`] : [])));
}

/** For how long nodes may truncate a table one after the other: Cassandra's default `truncate_request_timeout`. */
export const TRUNCATE_MS = 60_000;

/**
 * The first table, quoted, of which some nodes' snapshots may have the rows from before a TRUNCATE and others' not; null where there is
 * none. Either a node has truncated it between the two moments, or others have, shortly before, and one has not yet.
 * @param pairs what each node said before and after
 * @param beganAt of the first snapshot, milliseconds since 1970
 */
export function truncatedBetween(
  schema: Schema,
  pairs: readonly { readonly before: NodeMoment; readonly after: NodeMoment }[],
  beganAt: number,
): string | null {
  const table = truncatableTables(schema).find((_, i) => {
    const times = pairs.map(({ after }) => after.truncatedAt[i] ?? 0);
    if (pairs.some(({ before }, n) => before.truncatedAt[i] !== times[n])) return true;
    const newest = Math.max(...times);
    return newest >= beganAt - TRUNCATE_MS && times.some((t) => t < newest - TRUNCATE_MS);
  });
  return table === undefined ? null : qualified(table.keyspace, table.name);
}

/**
 * The first table, quoted, that some nodes have truncated since a moment and others not; null where there is none.
 * @param pairs what each node said then, and what it says now
 */
export function truncatedOnSome(
  schema: Schema,
  pairs: readonly { readonly before: Float64Array; readonly now: Float64Array }[],
): string | null {
  const table = truncatableTables(schema).find((_, i) => {
    const changed = pairs.filter(({ before, now }) => before[i] !== now[i]).length;
    return changed > 0 && changed < pairs.length;
  });
  return table === undefined ? null : qualified(table.keyspace, table.name);
}

/** Milliseconds since 1970 of a record in `system.local`, hexadecimal: a position in the commit log, then the time as 64 bits. */
export function truncationTime(record: string | undefined): number {
  return record === undefined ? 0 : Number(BigInt(`0x${record.slice(-16)}`));
}
