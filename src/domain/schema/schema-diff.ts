import { qualified, quote } from './cql-text.ts';
import { keyOf, type Schema, type SchemaObject } from './schema.ts';
import { differenceOf } from './schema-compare.ts';
import { definitionOf, differingOptions } from './table-options.ts';

/** How to turn the live schema into the saved one, and what that does to each table. */
export interface SchemaDiff {
  /** Objects to drop, in the order in which they can be dropped. */
  readonly drops: readonly SchemaObject[];
  /** Objects of the saved schema to make, in order. */
  readonly creates: readonly SchemaObject[];
  /** Keyspaces, tables and views that are there with other options. */
  readonly alters: readonly Alteration[];
  /** Live keyspaces and tables that the backup does not have and that are kept. */
  readonly kept: readonly SchemaObject[];
}

export interface Alteration {
  readonly saved: SchemaObject;
  readonly live: SchemaObject;
}

export interface DiffOptions {
  /** Keep keyspaces and tables that the backup does not have, as far as nothing they use must go. */
  readonly keepExtra: boolean;
  /** Tables and views, `keyspace.name`, that are to have a new id although nothing of them differs. */
  readonly renewed?: ReadonlySet<string>;
}

/**
 * Compare two schemas. What differs in its options is altered: it keeps its id and its permissions, and nothing is dropped for
 * a comment. What differs otherwise is dropped and recreated, together with all that may depend on it. Dependence is
 * judged by names: an object that mentions a dropped type's or function's name counts as depending on it, which can make
 * a table be recreated without need, but never leaves one behind that cannot be.
 */
export function diffSchemas(saved: Schema, live: Schema, options: DiffOptions): SchemaDiff {
  const savedByKey = new Map(saved.map((o) => [keyOf(o), o]));
  const liveByKey = new Map(live.map((o) => [keyOf(o), o]));
  const savedKeyspaces = new Set(saved.map((o) => o.keyspace));
  const fates = live.map((object) => {
    const extraKeyspace = !savedKeyspaces.has(object.keyspace);
    const renewed = isRenewed(object, options) && savedByKey.has(keyOf(object));
    return { object, fate: renewed ? 'drop' : fateOf(object, extraKeyspace, savedByKey, options) };
  });
  const doomed = new Map(fates.filter((f) => f.fate === 'drop').map(({ object }) => [keyOf(object), object]));
  addDependents(doomed, live);
  const alters = saved.flatMap((o) => {
    const counterpart = liveByKey.get(keyOf(o));
    if (counterpart === undefined || doomed.has(keyOf(o)) || differenceOf(o, counterpart) === 'none')
      return [];
    return [{ saved: o, live: counterpart }];
  });
  return {
    drops: inDropOrder(doomed, live),
    creates: inCreateOrder(saved.filter((o) => !liveByKey.has(keyOf(o)) || doomed.has(keyOf(o)))),
    alters,
    kept: fates.filter((f) => f.fate === 'keep' && !doomed.has(keyOf(f.object))).map((f) => f.object),
  };
}

function isRenewed({ kind, keyspace, name }: SchemaObject, { renewed }: DiffOptions): boolean {
  return (kind === 'table' || kind === 'view') && renewed?.has(`${keyspace}.${name}`) === true;
}

/** `keep`: shown as kept. `stay`: nothing to say of it, it is as saved or goes along with something kept. */
function fateOf(
  object: SchemaObject,
  extraKeyspace: boolean,
  saved: ReadonlyMap<string, SchemaObject>,
  { keepExtra }: DiffOptions,
): 'drop' | 'keep' | 'stay' {
  const counterpart = saved.get(keyOf(object));
  if (counterpart !== undefined) {
    return object.kind === 'keyspace' || differenceOf(counterpart, object) !== 'definition' ? 'stay' : 'drop';
  }
  if (!keepExtra || !keepable(object, saved)) return 'drop';
  return object.kind === (extraKeyspace ? 'keyspace' : 'table') ? 'keep' : 'stay';
}

/** An extra table is kept with what belongs to it and what it may need; an extra index or view on a saved table is not. */
function keepable(object: SchemaObject, saved: ReadonlyMap<string, SchemaObject>): boolean {
  if (object.kind !== 'index' && object.kind !== 'view') return true;
  return !saved.has(keyOf({ kind: 'table', keyspace: object.keyspace, name: object.base ?? '' }));
}

function addDependents(doomed: Map<string, SchemaObject>, live: Schema): void {
  for (let before = -1; before !== doomed.size; ) {
    before = doomed.size;
    for (const object of live) {
      if (object.kind === 'keyspace' || doomed.has(keyOf(object))) continue;
      if ([...doomed.values()].some((gone) => dependsOn(object, gone))) doomed.set(keyOf(object), object);
    }
  }
}

/** Live objects that would have to go with this one, or be recreated. */
export function dependentsOf(object: SchemaObject, live: Schema): readonly SchemaObject[] {
  const doomed = new Map([[keyOf(object), object]]);
  addDependents(doomed, live);
  return [...doomed.values()].filter((o) => keyOf(o) !== keyOf(object));
}

function dependsOn(object: SchemaObject, gone: SchemaObject): boolean {
  if (object.keyspace !== gone.keyspace) return false;
  if (gone.kind === 'table') return object.base === gone.name;
  if (gone.kind === 'type') return object.mentions.has(gone.name) && object.kind !== 'index';
  return gone.kind === 'function' && object.kind === 'aggregate' && object.mentions.has(gone.name);
}

const DROP_ORDER = ['view', 'index', 'table', 'aggregate', 'function', 'type', 'keyspace'] as const;
const CREATE_ORDER = ['keyspace', 'type', 'function', 'aggregate', 'table', 'index', 'view'] as const;

function inDropOrder(doomed: ReadonlyMap<string, SchemaObject>, live: Schema): readonly SchemaObject[] {
  const wholeKeyspaces = new Set(
    [...doomed.values()].filter((o) => o.kind === 'keyspace').map((o) => o.keyspace),
  );
  const needed = [...doomed.values()].filter((o) => {
    if (wholeKeyspaces.has(o.keyspace)) return o.kind === 'keyspace';
    const table = keyOf({ kind: 'table', keyspace: o.keyspace, name: o.base ?? '' });
    return !(o.kind === 'index' && doomed.has(table));
  });
  // Types come in order of dependence: drop the users of a type before it.
  const place = new Map(live.map((o, i) => [keyOf(o), i]));
  return needed.toSorted(
    (a, b) =>
      DROP_ORDER.indexOf(a.kind) - DROP_ORDER.indexOf(b.kind) ||
      (place.get(keyOf(b)) ?? 0) - (place.get(keyOf(a)) ?? 0),
  );
}

function inCreateOrder(objects: readonly SchemaObject[]): readonly SchemaObject[] {
  return objects.toSorted((a, b) => CREATE_ORDER.indexOf(a.kind) - CREATE_ORDER.indexOf(b.kind));
}

const DROPPED_AS = {
  keyspace: 'KEYSPACE',
  type: 'TYPE',
  function: 'FUNCTION',
  aggregate: 'AGGREGATE',
  table: 'TABLE',
  index: 'INDEX',
  view: 'MATERIALIZED VIEW',
} as const;

/** `DROP … IF EXISTS`: harmless when repeated. */
export function dropStatement(object: SchemaObject): string {
  const name = object.kind === 'keyspace' ? quote(object.name) : qualified(object.keyspace, object.name);
  const signature = object.signature === undefined ? '' : `(${object.signature})`;
  return `DROP ${DROPPED_AS[object.kind]} IF EXISTS ${name}${signature}`;
}

const ALTERED_AS = { table: 'TABLE', view: 'MATERIALIZED VIEW' } as const;

/** `ALTER … WITH` that gives the live object the saved one's options: all of a keyspace's, of a table or view those that differ. */
export function alterStatement({ saved, live }: Alteration): string {
  const [text = ''] = saved.statements;
  if (saved.kind !== 'table' && saved.kind !== 'view') return text.replace(/^CREATE/i, 'ALTER');
  const now = definitionOf(live.statements[0] ?? '').options;
  const options = differingOptions(definitionOf(text).options, now).map((o) => `${o.name} = ${o.saved}`);
  return `ALTER ${ALTERED_AS[saved.kind]} ${qualified(saved.keyspace, saved.name)} WITH ${options.join(' AND ')}`;
}
