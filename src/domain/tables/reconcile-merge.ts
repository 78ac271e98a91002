import { KassetteError } from '../errors.ts';
import { describeDifferences } from '../schema/difference-text.ts';
import { keyOf, type Schema, type SchemaObject } from '../schema/schema.ts';
import { sameDefinition } from '../schema/schema-compare.ts';
import { isCounterTable } from '../schema/table-columns.ts';
import { whyTableDiffers, whyTypeDiffers } from './bridging.ts';
import { conflict, otherwise, type Reconciled, refuseCollisions } from './reconcile.ts';
import type { Selection } from './table-selection.ts';

const WHAT_MERGE_MEANS = [
  'every cell keeps its write time, and the newer one wins: what was written since the backup stays',
  'what was deleted since stays deleted as long as its tombstone is there; older deletions may be forgotten (gc_grace_seconds), and such rows come back',
  'TRUNCATE and DROP TABLE leave no tombstones: those rows come back',
  'the rows of the backup are added as not repaired: the next incremental repair compares all of them',
];

/**
 * The same where the backup's rows are added to those that are there: nothing of the live schema is changed, so every
 * table must be able to read them as it is now; what is missing is made. Views do not follow rows that come from files, and
 * those in the backup know nothing of newer rows: they are rebuilt.
 * @param pending indexes and views that a killed run of the same restore may not have come to make
 * @throws MERGE_REFUSED, SCHEMA_CONFLICT
 */
export function reconcileMerge(selection: Selection, live: Schema, pending: Schema): Reconciled {
  const liveByKey = new Map(live.map((o) => [keyOf(o), o]));
  for (const table of selection.tables) refuseUnmergeable(table, live);
  const isThere = ({ keyspace, base = '' }: SchemaObject) =>
    liveByKey.has(keyOf({ kind: 'table', keyspace, name: base }));
  const rebuilt = byKey([
    ...live.filter((o) => o.kind === 'view' && selection.tables.some((t) => isOn(o, t))),
    ...pending.filter((o) => o.kind === 'view'),
    ...selection.objects.filter((o) => o.kind === 'view' && !isThere(o)),
  ]);
  const objects = byKey([
    ...selection.objects.filter((o) => o.kind !== 'view' && !(o.kind === 'index' && isThere(o))),
    ...pending.filter((o) => o.kind === 'index'),
  ]);
  const keys = new Set(objects.map(keyOf));
  const replaceable = live.filter((o) => keys.has(keyOf(o)));
  refuseCollisions([...objects, ...rebuilt], live, [...replaceable, ...rebuilt]);
  const differences: string[] = [];
  const targetSchema = objects.map((saved) => {
    const now = liveByKey.get(keyOf(saved));
    if (now === undefined || sameDefinition(saved, now)) return saved;
    const why = saved.kind === 'type' ? whyTypeDiffers(saved, now) : null;
    if (why !== null) throw conflict(`${keyOf(saved)} is not as in the backup (${why})`);
    differences.push(...describeDifferences(saved, now, 'stays as it is'));
    return now;
  });
  return {
    ...{ targetSchema, replaceable, differences, kept: [], rebuilt, rename: (table) => table },
    replicatedOtherwise: otherwise(objects, targetSchema),
    notes: [...WHAT_MERGE_MEANS, ...rebuilt.map(whatRebuildingMeans)],
  };
}

function isOn({ keyspace, base }: SchemaObject, table: SchemaObject): boolean {
  return keyspace === table.keyspace && base === table.name;
}

function byKey(objects: Schema): Schema {
  return objects.filter((o, i) => objects.findIndex((other) => keyOf(other) === keyOf(o)) === i);
}

function whatRebuildingMeans(view: SchemaObject): string {
  return `${keyOf(view)} does not follow rows that come from files: once they are loaded it is dropped, recreated and built from its table; reads of it fail for a moment and then miss rows until that has ended`;
}

function refuseUnmergeable(table: SchemaObject, live: Schema): void {
  const now = live.find((o) => keyOf(o) === keyOf(table));
  const why = isCounterTable(table)
    ? 'counters that were counted twice cannot be recognized'
    : now === undefined
      ? null
      : whyTableDiffers(table, now);
  if (why !== null) throw mergeRefused(table, why);
}

export function mergeRefused(table: Pick<SchemaObject, 'kind' | 'keyspace' | 'name'>, why: string) {
  return new KassetteError(
    'MERGE_REFUSED',
    `The backup's rows cannot be added to ${keyOf(table)}: ${why}.`,
    'Nothing was changed. Restore side-by-side with `--as` and copy the rows that you need, or replace the table.',
  );
}
