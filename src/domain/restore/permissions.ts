import type { Permission } from '../backup/manifest.ts';
import { qualified, quote } from '../schema/cql-text.ts';
import { classOfCqlType, classOfMarshalType } from '../schema/marshal-types.ts';
import type { Schema, SchemaObject } from '../schema/schema.ts';

/** A statement that brings one role's permissions on one object to what the backup has. */
export interface PermissionChange {
  readonly role: string;
  readonly statement: string;
}

export interface PermissionChanges {
  readonly changes: readonly PermissionChange[];
  /** Permissions whose object is not certain: `role on resource`. */
  readonly unclear: readonly string[];
}

/**
 * GRANT and REVOKE statements for the objects that a restore recreated: Cassandra revokes all permissions on what is
 * dropped, and grants all of them to who creates it. Those on other objects stay as they are. Resources are named as in
 * `system_auth.role_permissions`: `data/ks/table`, `data/ks`, `data/ks/*`, `functions/ks/name[types]`.
 */
export function permissionChanges(
  saved: Schema,
  expected: readonly Permission[],
  live: readonly Permission[],
  isRecreated: (object: SchemaObject) => boolean,
): PermissionChanges {
  const changes: PermissionChange[] = [];
  const unclear: string[] = [];
  for (const [verb, word, ours, theirs] of [
    ['GRANT', 'TO', expected, live],
    ['REVOKE', 'FROM', live, expected],
  ] as const) {
    for (const { role, resource, names } of missingFrom(ours, theirs)) {
      const target = targetOf(saved, resource, isRecreated);
      if (target === 'unclear') unclear.push(`${role} on ${resource}`);
      else if (target !== null) {
        const statements = names.map((name) => `${verb} ${name} ON ${target} ${word} ${quote(role)}`);
        changes.push(...statements.map((statement) => ({ role, statement })));
      }
    }
  }
  return { changes, unclear };
}

/** Of each of `ours` the permissions that `theirs` lacks. */
function missingFrom(ours: readonly Permission[], theirs: readonly Permission[]) {
  const has = new Set(
    theirs.flatMap((p) => p.permissions.map((name) => `${p.role}\n${p.resource}\n${name}`)),
  );
  return ours
    .map(({ role, resource, permissions }) => ({
      role,
      resource,
      names: permissions.filter((name) => !has.has(`${role}\n${resource}\n${name}`)),
    }))
    .filter(({ names }) => names.length > 0);
}

function targetOf(
  saved: Schema,
  resource: string,
  isRecreated: (o: SchemaObject) => boolean,
): string | 'unclear' | null {
  const [root, keyspace, rest] = resource.split('/');
  if (keyspace === undefined) return null;
  const keyspaceRecreated = saved.some(
    (o) => o.kind === 'keyspace' && o.keyspace === keyspace && isRecreated(o),
  );
  if (root === 'data' && rest === '*')
    return keyspaceRecreated ? `ALL TABLES IN KEYSPACE ${quote(keyspace)}` : null;
  if (rest === undefined) {
    if (!keyspaceRecreated) return null;
    return root === 'data' ? `KEYSPACE ${quote(keyspace)}` : `ALL FUNCTIONS IN KEYSPACE ${quote(keyspace)}`;
  }
  if (root === 'data') {
    const named = (o: SchemaObject) =>
      (o.kind === 'table' || o.kind === 'view') && o.keyspace === keyspace && o.name === rest;
    return saved.some((o) => named(o) && isRecreated(o)) ? `TABLE ${qualified(keyspace, rest)}` : null;
  }
  return functionTarget(saved, keyspace, rest, isRecreated);
}

/** `name[type^type]`. Overloads are distinguished by the classes of their argument types, without those types' parameters. */
function functionTarget(
  saved: Schema,
  keyspace: string,
  rest: string,
  isRecreated: (o: SchemaObject) => boolean,
) {
  const [, name = '', types = ''] = /^(.+)\[(.*)\]$/s.exec(rest) ?? [];
  const expected = types === '' ? '' : types.split('^').map(classOfMarshalType).join();
  const same = saved.filter(
    (o) =>
      (o.kind === 'function' || o.kind === 'aggregate') &&
      o.keyspace === keyspace &&
      o.name === name &&
      argumentTypes(o.signature ?? '')
        .map(classOfCqlType)
        .join() === expected,
  );
  if (!same.some(isRecreated)) return null;
  const [only, ...more] = same;
  if (only === undefined || more.length > 0) return 'unclear';
  return `FUNCTION ${qualified(keyspace, name)}(${only.signature ?? ''})`;
}

/** `int, map<int, text>` → `int`, `map<int, text>`. */
function argumentTypes(signature: string): readonly string[] {
  const types: string[] = [];
  let depth = 0;
  let from = 0;
  [...signature, ','].forEach((c, i) => {
    if (c === '<') depth++;
    else if (c === '>') depth--;
    else if (c === ',' && depth === 0) {
      types.push(signature.slice(from, i).trim());
      from = i + 1;
    }
  });
  return types.filter((t) => t !== '');
}
