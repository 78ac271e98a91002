import { KassetteError } from '../errors.ts';
import type { Rename } from '../restore/link-plan.ts';
import { describeDifferences } from '../schema/difference-text.ts';
import { keyOf, type Schema, type SchemaObject } from '../schema/schema.ts';
import { differenceOf, sameDefinition } from '../schema/schema-compare.ts';
import { dependentsOf } from '../schema/schema-diff.ts';
import { replicationOf, whyTypeDiffers } from './bridging.ts';
import type { Selection } from './table-selection.ts';

/** The selected part of both schemas, made comparable. */
export interface Reconciled {
  /** What is to be there in the end: as saved, but for what is bridged. */
  readonly targetSchema: Schema;
  /** Objects of the live schema that may be dropped and recreated: nothing else is touched. */
  readonly replaceable: Schema;
  /** Every difference between backup and live, and what is done about it. */
  readonly differences: readonly string[];
  /** Of whole keyspaces: live tables that the backup does not have, which stay. */
  readonly kept: readonly SchemaObject[];
  /** Keyspaces whose live replication is not that of the backup and stays: other nodes own the rows now. */
  readonly replicatedOtherwise: ReadonlySet<string>;
  /** Views that are dropped once their tables have their rows, recreated, and built by Cassandra from these. */
  readonly rebuilt: Schema;
  /** Which table a saved one is loaded into. */
  readonly rename: Rename;
  /** What else should be known before. */
  readonly notes: readonly string[];
}

/**
 * Decide what becomes of each difference between the selected part of the backup and the live schema, when tables are
 * replaced: what only they use is recreated as saved; what others use as well stays where it can be bridged, and else
 * nothing is done. @throws SCHEMA_CONFLICT
 */
export function reconcile(selection: Selection, live: Schema): Reconciled {
  const replaceable = replaceableObjects(selection, live);
  refuseCollisions(selection.objects, live, replaceable);
  const toReplace = new Set(replaceable);
  const liveByKey = new Map(live.map((o) => [keyOf(o), o]));
  const kept = live.filter(
    (o) => o.kind === 'table' && selection.keyspaces.has(o.keyspace) && !toReplace.has(o),
  );
  const differences: string[] = [];
  const staysWhole = (keyspace: string) =>
    !selection.keyspaces.has(keyspace) || kept.some((o) => o.keyspace === keyspace);
  const targetSchema = selection.objects.map((saved) => {
    const now = liveByKey.get(keyOf(saved));
    if (now === undefined || sameDefinition(saved, now)) return saved;
    const stays =
      saved.kind === 'keyspace' ? staysWhole(saved.keyspace) : bridge(saved, now, live, toReplace);
    const isAltered = saved.kind === 'keyspace' || differenceOf(saved, now) === 'options';
    const replaced = isAltered ? 'is altered' : 'is recreated as saved';
    differences.push(...describeDifferences(saved, now, stays ? 'stays as it is' : replaced));
    return stays ? now : saved;
  });
  return {
    ...{ targetSchema, replaceable, differences, kept, rebuilt: [], rename: (table) => table },
    replicatedOtherwise: otherwise(selection.objects, targetSchema),
    notes: selection.byView.map((v) => `${keyOf(v)} comes back with its table, "${v.keyspace}"."${v.base}"`),
  };
}

/** Keyspaces that stay with a replication that is not the saved one. */
export function otherwise(objects: Schema, targetSchema: Schema): ReadonlySet<string> {
  const differing = objects.filter(
    (o, i) => o.kind === 'keyspace' && replicationOf(o) !== replicationOf(targetSchema[i] ?? o),
  );
  return new Set(differing.map((o) => o.keyspace));
}

/** Live objects that a restore of the selection may replace. */
function replaceableObjects({ objects, tables }: Selection, live: Schema): Schema {
  const keys = new Set(objects.map(keyOf));
  const bases = new Set(tables.map((t) => `${t.keyspace}.${t.name}`));
  return live.filter((o) =>
    o.kind === 'index' || o.kind === 'view' ? bases.has(`${o.keyspace}.${o.base}`) : keys.has(keyOf(o)),
  );
}

/** A name that something else has now cannot be recreated without touching that. */
export function refuseCollisions(objects: Schema, live: Schema, replaceable: Schema): void {
  const mine = new Set(replaceable);
  const place = ({ kind, keyspace, name }: SchemaObject) =>
    `${kind === 'view' ? 'table' : kind}\n${keyspace}\n${name}`;
  const taken = new Map(live.filter((o) => !mine.has(o)).map((o) => [place(o), o]));
  for (const object of objects) {
    const other = object.signature === undefined ? taken.get(place(object)) : undefined;
    if (other === undefined) continue;
    throw conflict(`${keyOf(object)} cannot be created: that name belongs to ${keyOf(other)} now`, other);
  }
}

/** Whether a type that others use too may stay as it is now; false where only the selected tables use it. */
function bridge(
  saved: SchemaObject,
  now: SchemaObject,
  live: Schema,
  toReplace: ReadonlySet<SchemaObject>,
): boolean {
  const others = dependentsOf(now, live).filter((o) => !toReplace.has(o));
  const [other] = others;
  if (other === undefined) return false;
  const why = saved.kind === 'type' ? whyTypeDiffers(saved, now) : 'it is defined otherwise';
  if (why === null) return true;
  throw conflict(`${keyOf(saved)} is not as in the backup (${why}), and ${keyOf(other)} uses it, too`, other);
}

export function conflict(what: string, other?: SchemaObject): KassetteError {
  const also = other === undefined ? '' : ` ${keyOf(other)} would have to change.`;
  return new KassetteError(
    'SCHEMA_CONFLICT',
    `The backup cannot be brought into the live schema: ${what}.`,
    `Nothing was changed.${also} Restore side-by-side into another keyspace with \`--as\`, or change the schema first.`,
  );
}
