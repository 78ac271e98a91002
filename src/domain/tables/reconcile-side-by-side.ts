import { isSystemKeyspace } from '../cluster/system-keyspaces.ts';
import { KassetteError } from '../errors.ts';
import type { Rename } from '../restore/link-plan.ts';
import { describeDifferences } from '../schema/difference-text.ts';
import { keyOf, type Schema, type SchemaObject } from '../schema/schema.ts';
import { sameDefinition } from '../schema/schema-compare.ts';
import { replicationOf, whyTypeDiffers } from './bridging.ts';
import { conflict, type Reconciled } from './reconcile.ts';
import { renamed, requoted } from './renaming.ts';
import { showName, type TableName } from './table-name.ts';
import type { Selection } from './table-selection.ts';

/**
 * What is created where the selection is restored side by side with the live objects, under another name: keyspace, types and functions
 * as far as the other keyspace lacks them, tables and their indexes; no views, which would cost every later write.
 * @param own keys of objects that an interrupted run of the same restore made
 * @throws USAGE, TARGET_EXISTS, SCHEMA_CONFLICT
 */
export function reconcileSideBySide(
  selection: Selection,
  names: readonly TableName[],
  as: TableName,
  live: Schema,
  own: ReadonlySet<string>,
): Reconciled {
  const rename = renameTo(selection, names, as);
  const replaceable = live.filter((o) => own.has(keyOf(o)));
  const foreign = live.filter((o) => !own.has(keyOf(o)));
  const differences: string[] = [];
  const views = selection.objects.filter((o) => o.kind === 'view');
  const targetSchema = selection.objects
    .filter((o) => o.kind !== 'view')
    .flatMap((saved) => {
      const target = renamed(saved, newNames(saved, rename, as, foreign));
      const now = foreign.find((o) => keyOf(o) === keyOf(target));
      if (now === undefined) return [target];
      if (saved.kind === 'table') throw exists(target);
      differences.push(...fit(saved, target, now));
      return [];
    });
  return {
    ...{ targetSchema, replaceable, differences, kept: [], rebuilt: [], rename },
    replicatedOtherwise: replicatedOtherwise(selection, as, foreign),
    notes: views.map((v) => `${keyOf(v)} is not created: a view costs every write to its table`),
  };
}

/** One table may get any name, a whole keyspace only that of another keyspace. */
function renameTo({ tables, keyspaces }: Selection, names: readonly TableName[], as: TableName): Rename {
  const whole = names.length === 1 && keyspaces.size === 1;
  const single = keyspaces.size === 0 && tables.length === 1;
  if (as.table === null ? !whole && !single : !single) {
    throw new KassetteError(
      'USAGE',
      `--as ${showName(as)} cannot take ${names.map(showName).join(', ')}: it is one name for one table, or one keyspace for one keyspace.`,
      'Nothing was changed. Restore one table at a time with `--as KEYSPACE.TABLE`, or one keyspace with `--as KEYSPACE`.',
    );
  }
  // Refused by Cassandra as well, but only when some of it is made.
  const bad = [as.keyspace, as.table ?? 'x'].find((name) => !/^\w{1,48}$/.test(name));
  if (bad !== undefined || isSystemKeyspace(as.keyspace)) {
    throw new KassetteError(
      'USAGE',
      `--as ${showName(as)} is not a valid name of a table: ${bad === undefined ? "the keyspace is Cassandra's own" : 'letters, digits and _, at most 48'}.`,
      'Nothing was changed. Give another name.',
    );
  }
  return ({ name }) => ({ keyspace: as.keyspace, name: as.table ?? name });
}

function newNames(saved: SchemaObject, rename: Rename, as: TableName, foreign: Schema) {
  const { keyspace } = as;
  if (saved.kind === 'keyspace') return { keyspace, name: keyspace };
  if (saved.kind === 'table') return rename(saved);
  if (saved.kind !== 'index') return { keyspace, name: saved.name };
  const base = rename({ keyspace: saved.keyspace, name: saved.base ?? '' }).name;
  const taken = new Set(
    foreign.filter((o) => o.kind === 'index' && o.keyspace === keyspace).map((o) => o.name),
  );
  // An index's name belongs to its keyspace, not to its table.
  let name = saved.name;
  for (let n = 1; taken.has(name); n++) name = `${base}_${saved.name}${n === 1 ? '' : n}`;
  return { keyspace, name, base };
}

/** What the other keyspace has already serves if the backup's values can be read with it. */
function fit(saved: SchemaObject, target: SchemaObject, now: SchemaObject): readonly string[] {
  if (saved.kind === 'keyspace' || sameDefinition(target, requoted(now))) return [];
  const why = saved.kind === 'type' ? whyTypeDiffers(target, now) : 'it is defined otherwise';
  if (why !== null) throw conflict(`${keyOf(now)} is there and is not that of the backup (${why})`);
  return describeDifferences(target, now, 'stays as it is');
}

function replicatedOtherwise({ objects }: Selection, as: TableName, foreign: Schema): ReadonlySet<string> {
  const there = foreign.find((o) => o.kind === 'keyspace' && o.name === as.keyspace);
  const saved = objects.find((o) => o.kind === 'keyspace');
  const differs = there !== undefined && saved !== undefined && replicationOf(there) !== replicationOf(saved);
  return new Set(differs ? [as.keyspace] : []);
}

function exists(target: SchemaObject): KassetteError {
  return new KassetteError(
    'TARGET_EXISTS',
    `${keyOf(target)} exists already.`,
    'Nothing was changed. Drop it if you do not need it, or give another name with `--as`.',
  );
}
