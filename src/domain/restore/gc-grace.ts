import { qualified } from '../schema/cql-text.ts';
import type { Schema } from '../schema/schema.ts';
import { definitionOf } from '../schema/table-options.ts';

/**
 * Tables, quoted, whose `gc_grace_seconds` are shorter than the age of their backup. Their deletions are all old enough to be purged:
 * one that had not reached every replica when the backup was made is forgotten by those that have it, and the row comes back.
 * A table with a grace of 0 is not among them: it is for data that nobody deletes, or that its owner takes care of.
 * @param age of the backup, in seconds
 */
export function outlivedGrace(schema: Schema, age: number): readonly string[] {
  return schema.flatMap((object) => {
    if (object.kind !== 'table') return [];
    const grace = Number(definitionOf(object.statements[0] ?? '').options.get('gc_grace_seconds'));
    return grace > 0 && age > grace ? [qualified(object.keyspace, object.name)] : [];
  });
}
