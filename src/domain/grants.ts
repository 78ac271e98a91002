import { qualified, quote } from './cql-text.ts';
import type { Permission } from './manifest.ts';
import type { Schema, SchemaObject } from './schema.ts';

/** A permission that went away with an object that was made again. */
export interface Grant {
  readonly role: string;
  readonly statement: string;
}

/**
 * GRANT statements for the objects that a restore made again: Cassandra revokes all permissions on what is dropped. Those
 * on other objects stay as they are. Resources are named as in `system_auth.role_permissions`: `data/ks/table`,
 * `data/ks`, `functions/ks/name|types`.
 */
export function grantsFor(
  saved: Schema,
  permissions: readonly Permission[],
  isMade: (object: SchemaObject) => boolean,
): { readonly grants: readonly Grant[]; readonly unclear: readonly string[] } {
  const grants: Grant[] = [];
  const unclear: string[] = [];
  for (const { role, resource, permissions: names } of permissions) {
    const target = targetOf(saved, resource, isMade);
    if (target === 'unclear') unclear.push(`${role} on ${resource}`);
    else if (target !== null) {
      for (const name of names) {
        grants.push({ role, statement: `GRANT ${name} ON ${target} TO ${quote(role)}` });
      }
    }
  }
  return { grants, unclear };
}

function targetOf(
  saved: Schema,
  resource: string,
  isMade: (o: SchemaObject) => boolean,
): string | 'unclear' | null {
  const [root, keyspace, rest] = resource.split('/');
  if (keyspace === undefined) return null;
  const keyspaceMade = saved.some((o) => o.kind === 'keyspace' && o.keyspace === keyspace && isMade(o));
  if (rest === undefined) {
    if (!keyspaceMade) return null;
    return root === 'data' ? `KEYSPACE ${quote(keyspace)}` : `ALL FUNCTIONS IN KEYSPACE ${quote(keyspace)}`;
  }
  if (root === 'data') {
    const named = (o: SchemaObject) =>
      (o.kind === 'table' || o.kind === 'view') && o.keyspace === keyspace && o.name === rest;
    return saved.some((o) => named(o) && isMade(o)) ? `TABLE ${qualified(keyspace, rest)}` : null;
  }
  return functionTarget(saved, keyspace, rest, isMade);
}

/** Of overloaded functions only the number of arguments is compared: the resource has Java class names for the types. */
function functionTarget(saved: Schema, keyspace: string, rest: string, isMade: (o: SchemaObject) => boolean) {
  const [name = '', types = ''] = rest.split('|');
  const count = types === '' ? 0 : types.split('^').length;
  const same = saved.filter(
    (o) =>
      (o.kind === 'function' || o.kind === 'aggregate') &&
      o.keyspace === keyspace &&
      o.name === name &&
      argumentCount(o.signature ?? '') === count,
  );
  if (!same.some(isMade)) return null;
  const [only, ...more] = same;
  if (only === undefined || more.length > 0) return 'unclear';
  return `FUNCTION ${qualified(keyspace, name)}(${only.signature ?? ''})`;
}

function argumentCount(signature: string): number {
  if (signature === '') return 0;
  let depth = 0;
  let count = 1;
  for (const c of signature) {
    if (c === '<' || c === '(') depth++;
    else if (c === '>' || c === ')') depth--;
    else if (c === ',' && depth === 0) count++;
  }
  return count;
}
