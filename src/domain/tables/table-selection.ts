import { isSystemKeyspace } from '../cluster/system-keyspaces.ts';
import { KassetteError } from '../errors.ts';
import { type Hint, hint, kassette } from '../hint.ts';
import type { Schema, SchemaObject } from '../schema/schema.ts';
import { showName, type TableName } from './table-name.ts';

/** What is to come back, as objects of the saved schema. */
export interface Selection {
  /** Keyspaces that come back whole, as far as the backup has them. */
  readonly keyspaces: ReadonlySet<string>;
  /** All selected tables, those of whole keyspaces, too; without views. */
  readonly tables: readonly SchemaObject[];
  /** The selected objects in the order in which they can be made, with all that they need. */
  readonly objects: Schema;
  /** Views that were named and stand for their tables. */
  readonly byView: readonly SchemaObject[];
}

/** Find the named keyspaces and tables in the saved schema. @throws NO_SUCH_TABLE */
export function select(saved: Schema, names: readonly TableName[]): Selection {
  const found = names.map((name) => find(saved, name));
  const keyspaces = new Set(found.flatMap((o) => (o.kind === 'keyspace' ? [o.keyspace] : [])));
  const byView = found.filter((o) => o.kind === 'view');
  const named = new Set(found.map((o) => `${o.keyspace}.${o.kind === 'view' ? o.base : o.name}`));
  const isSelected = (keyspace: string, table: string | undefined) =>
    keyspaces.has(keyspace) || named.has(`${keyspace}.${table}`);
  const tables = saved.filter((o) => o.kind === 'table' && isSelected(o.keyspace, o.name));
  const involved = new Set([...keyspaces, ...tables.map((t) => t.keyspace)]);
  const needed = neededBy(saved, tables);
  const objects = saved.filter((o) => {
    if (keyspaces.has(o.keyspace)) return true;
    if (o.kind === 'keyspace') return involved.has(o.name);
    if (o.kind === 'table') return isSelected(o.keyspace, o.name);
    if (o.kind === 'index' || o.kind === 'view') return isSelected(o.keyspace, o.base);
    return needed.has(o);
  });
  return { keyspaces, tables, objects, byView };
}

/** The same where no view is loaded from the backup. */
export function withoutViews(selection: Selection): Selection {
  return { ...selection, objects: selection.objects.filter((o) => o.kind !== 'view') };
}

function find(saved: Schema, name: TableName): SchemaObject {
  const { keyspace, table } = name;
  const matches = (o: SchemaObject, equal: (a: string, b: string) => boolean) =>
    equal(o.keyspace, keyspace) &&
    (table === null
      ? o.kind === 'keyspace'
      : (o.kind === 'table' || o.kind === 'view') && equal(o.name, table));
  const exact = saved.find((o) => matches(o, (a, b) => a === b));
  if (exact !== undefined) return exact;
  const near = saved.find((o) => matches(o, (a, b) => a.toLowerCase() === b.toLowerCase()));
  const what = table === null ? 'keyspace' : 'table';
  throw new KassetteError(
    'NO_SUCH_TABLE',
    `The backup has no ${what} ${showName(name)}.`,
    hint`Nothing was changed. ${wayOut(name, near)}`,
  );
}

function wayOut({ keyspace, table }: TableName, near: SchemaObject | undefined): Hint {
  if (near !== undefined) {
    const meant = showName({ keyspace: near.keyspace, table: table === null ? null : near.name });
    return `Perhaps you mean ${meant}: quote it as '${meant}'.`;
  }
  if (isSystemKeyspace(keyspace)) return "Cassandra's own keyspaces are not restored one by one.";
  return hint`Put names with capital letters in double quotes inside the argument, as in CQL. ${kassette('plan', '--tag', 'TAG')} lists all tables.`;
}

/** The types that tables use, with those that these use, and the functions of their columns' masks. */
function neededBy(saved: Schema, tables: readonly SchemaObject[]): ReadonlySet<SchemaObject> {
  const needed = new Set<SchemaObject>();
  const users = [...tables];
  for (let user = users.pop(); user !== undefined; user = users.pop()) {
    for (const object of saved) {
      if (needed.has(object) || !mayUse(user, object)) continue;
      needed.add(object);
      users.push(object);
    }
  }
  return needed;
}

function mayUse(user: SchemaObject, object: SchemaObject): boolean {
  if (user === object || user.keyspace !== object.keyspace || !user.mentions.has(object.name)) return false;
  return object.kind === 'type' || (object.kind === 'function' && user.mentions.has('masked'));
}
