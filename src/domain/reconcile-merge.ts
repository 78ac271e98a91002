import { whyTableDiffers, whyTypeDiffers } from './bridging.ts';
import { tellDifferences } from './difference-text.ts';
import { KassetteError } from './errors.ts';
import { conflict, otherwise, type Reconciled, refuseCollisions } from './reconcile.ts';
import { keyOf, type Schema, type SchemaObject, sameDefinition } from './schema.ts';
import { isCounterTable } from './table-columns.ts';
import type { Selection } from './table-selection.ts';

const WHAT_MERGE_MEANS = [
  'every cell keeps its write time, and the newer one wins: what was written since the backup stays',
  'what was deleted since stays deleted as long as its tombstone is there; older deletions may be forgotten (gc_grace_seconds), and such rows come back',
  'TRUNCATE and DROP TABLE leave no tombstones: those rows come back',
];

/**
 * The same where the backup's rows are added to those that are there: nothing of the live schema is changed, so every
 * table must be able to read them as it is now; what is missing is made. @throws MERGE_REFUSED, SCHEMA_CONFLICT
 */
export function reconcileMerge(selection: Selection, live: Schema): Reconciled {
  const liveByKey = new Map(live.map((o) => [keyOf(o), o]));
  for (const table of selection.tables) refuseUnmergeable(table, selection.objects, live);
  const isOnLiveTable = ({ kind, keyspace, base = '' }: SchemaObject) =>
    (kind === 'index' || kind === 'view') && liveByKey.has(keyOf({ kind: 'table', keyspace, name: base }));
  const objects = selection.objects.filter((o) => !isOnLiveTable(o));
  const keys = new Set(objects.map(keyOf));
  const scope = live.filter((o) => keys.has(keyOf(o)));
  refuseCollisions(objects, live, scope);
  const differences: string[] = [];
  const wanted = objects.map((saved) => {
    const now = liveByKey.get(keyOf(saved));
    if (now === undefined || sameDefinition(saved, now)) return saved;
    const why = saved.kind === 'type' ? whyTypeDiffers(saved, now) : null;
    if (why !== null) throw conflict(`${keyOf(saved)} is not as in the backup (${why})`);
    differences.push(...tellDifferences(saved, now, 'stays as it is'));
    return now;
  });
  return {
    ...{ wanted, scope, differences, kept: [], rename: (table) => table },
    replicatedOtherwise: otherwise(objects, wanted),
    notes: WHAT_MERGE_MEANS,
  };
}

function refuseUnmergeable(table: SchemaObject, saved: Schema, live: Schema): void {
  const now = live.find((o) => keyOf(o) === keyOf(table));
  const isView = (o: SchemaObject) =>
    o.kind === 'view' && o.keyspace === table.keyspace && o.base === table.name;
  const view = live.find(isView) ?? (now === undefined ? undefined : saved.find(isView));
  const why = isCounterTable(table)
    ? 'counters that were counted twice cannot be told from others'
    : view !== undefined
      ? `its view «${view.name}» would not follow rows that come from files`
      : now === undefined
        ? null
        : whyTableDiffers(table, now);
  if (why === null) return;
  throw new KassetteError(
    'MERGE_REFUSED',
    `The backup's rows cannot be added to ${keyOf(table)}: ${why}.`,
    'Nothing was changed. Restore beside it with --as and pick what is wanted, or replace the table.',
  );
}
