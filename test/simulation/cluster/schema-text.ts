import type { Permission } from '../../../src/domain/backup/manifest.ts';
import { type KassetteError, RefusedStatement } from '../../../src/domain/errors.ts';
import { keyOf, parseSchema, type SchemaObject } from '../../../src/domain/schema/schema.ts';
import { definitionOf, statementOf } from '../../../src/domain/schema/table-options.ts';

/** An object of the simulated cluster's schema; statements are without ids, as the product sends them. */
export interface Made extends Pick<SchemaObject, 'kind' | 'keyspace' | 'name' | 'base'> {
  readonly id?: string;
  readonly statement: string;
}

/** What is in one cluster's schema, and who may do what; whatever changes it goes through CQL text. */
export interface SchemaState {
  objects: Made[];
  permissions: Permission[];
}

/** What a statement did to tables, which the nodes have to follow on their disks. */
export interface Changed {
  readonly created: readonly Made[];
  readonly dropped: readonly Made[];
}

const CREATOR = 'cassandra';
const NAME = String.raw`"?(\w+)"?`;
const DROP = new RegExp(`^DROP (?:MATERIALIZED )?(\\w+) IF EXISTS ${NAME}(?:\\.${NAME})?$`);
const ALTER = new RegExp(`^ALTER (TABLE|MATERIALIZED VIEW) ${NAME}\\.${NAME} WITH`);
const GRANT = new RegExp(
  `^(GRANT|REVOKE) (\\w+) ON (TABLE|KEYSPACE) ${NAME}(?:\\.${NAME})? (?:TO|FROM) ${NAME}$`,
);

/** Carry out a statement that makes, alters or drops something, or gives or takes a permission. */
export function carryOut(schema: SchemaState, statement: string, newId: () => string): Changed {
  if (/^CREATE/.test(statement)) return create(schema, statement, newId);
  const [, kind, keyspace = '', name] = DROP.exec(statement) ?? [];
  if (kind !== undefined) return drop(schema, kind.toLowerCase(), keyspace, name ?? keyspace);
  if (ALTER.test(statement)) alter(schema, statement);
  else if (GRANT.test(statement)) grant(schema, statement);
  else throw refused(`cannot be understood: ${statement}`);
  return { created: [], dropped: [] };
}

/** As `DESCRIBE SCHEMA WITH INTERNALS` has it. */
export function described({ objects }: SchemaState): readonly string[] {
  return objects
    .filter((o) => !o.keyspace.startsWith('system'))
    .map(
      ({ id, statement }) =>
        `${id === undefined ? statement : statement.replace(/\bWITH /, `WITH ID = ${id}\n    AND `)};`,
    );
}

function create(schema: SchemaState, statement: string, newId: () => string): Changed {
  const [object] = parseSchema(`${statement};`);
  if (object === undefined) throw refused(`makes nothing: ${statement}`);
  const { kind, keyspace, name, base } = object;
  if (schema.objects.some((o) => keyOf(o) === keyOf(object))) throw refused(`makes ${keyOf(object)} again`);
  if (kind !== 'keyspace' && !schema.objects.some((o) => o.kind === 'keyspace' && o.name === keyspace))
    throw refused(`makes ${keyOf(object)} without its keyspace`);
  const made: Made = {
    ...{ kind, keyspace, name, statement },
    ...(base === undefined ? {} : { base }),
    ...(kind === 'table' || kind === 'view' ? { id: newId() } : {}),
  };
  schema.objects.push(made);
  // As DESCRIBE has them: a keyspace before what is in it, a table before its indexes.
  const place = (o: Made) => ['keyspace', 'table', 'index', 'view'].indexOf(o.kind);
  schema.objects.sort((a, b) =>
    a.keyspace < b.keyspace
      ? -1
      : a.keyspace > b.keyspace
        ? 1
        : place(a) - place(b) || (a.name < b.name ? -1 : 1),
  );
  if (kind !== 'index')
    schema.permissions.push({ role: CREATOR, resource: resourceOf(made), permissions: ['ALTER', 'DROP'] });
  return { created: [made], dropped: [] };
}

function resourceOf({ kind, keyspace, name }: Pick<Made, 'kind' | 'keyspace' | 'name'>): string {
  return kind === 'keyspace' ? `data/${keyspace}` : `data/${keyspace}/${name}`;
}

function drop(schema: SchemaState, kind: string, keyspace: string, name: string): Changed {
  const isMeant = (o: Made) =>
    o.keyspace === keyspace &&
    (kind === 'keyspace' || (o.kind === kind && o.name === name) || (kind === 'table' && o.base === name));
  const dropped = schema.objects.filter(isMeant);
  schema.objects = schema.objects.filter((o) => !isMeant(o));
  const gone = new Set(dropped.map(resourceOf));
  schema.permissions = schema.permissions.filter((p) => !gone.has(p.resource));
  return { created: [], dropped };
}

function alter(schema: SchemaState, statement: string): void {
  const [, what, keyspace, name] = ALTER.exec(statement) ?? [];
  const kind = what === 'TABLE' ? 'table' : 'view';
  const at = schema.objects.findIndex((o) => o.kind === kind && o.keyspace === keyspace && o.name === name);
  const table = schema.objects[at];
  if (table === undefined) throw refused(`alters a table that is not there: ${statement}`);
  const { structure, options } = definitionOf(table.statement);
  const changed = definitionOf(statement).options;
  schema.objects[at] = {
    ...table,
    statement: statementOf({ structure, options: new Map([...options, ...changed]) }),
  };
}

function grant(schema: SchemaState, statement: string): void {
  const [, verb, permission = '', on, keyspace = '', name, role = ''] = GRANT.exec(statement) ?? [];
  const kind = on === 'TABLE' ? 'table' : 'keyspace';
  const resource = resourceOf({ kind, keyspace, name: name ?? '' });
  const isMeant = (p: Permission) => p.role === role && p.resource === resource;
  const had = schema.permissions.find(isMeant)?.permissions ?? [];
  const has = verb === 'GRANT' ? [...new Set([...had, permission])] : had.filter((p) => p !== permission);
  schema.permissions = schema.permissions.filter((p) => !isMeant(p));
  if (has.length > 0) schema.permissions.push({ role, resource, permissions: has.toSorted() });
}

function refused(why: string): KassetteError {
  return new RefusedStatement(why, `Cassandra refused a statement that ${why}`, 'Nothing was changed by it.');
}
