import { canonical } from './cql-text.ts';
import { withImplementation } from './index-implementation.ts';
import { keyOf, type Schema, type SchemaObject } from './schema.ts';
import { definitionOf, statementOf } from './table-options.ts';

/**
 * What `cassandra.yaml` allows or forbids of a schema, superusers included: the setting, and its name in 4.0 where that is another.
 * Source: `Config`, and what the statements of `cql3.statements.schema` ask before they do anything.
 */
export const SWITCHES = {
  /** Where it is off, a node does not store a table's `cdc`: it reads false from its next start on. */
  cdc: { name: 'cdc_enabled' },
  /** Whether views can be made; those that are there serve in any case, as do functions and indexes. */
  views: { name: 'materialized_views_enabled', in40: 'enable_materialized_views' },
  functions: { name: 'user_defined_functions_enabled', in40: 'enable_user_defined_functions' },
  scripts: {
    name: 'scripted_user_defined_functions_enabled',
    in40: 'enable_scripted_user_defined_functions',
  },
  sasi: { name: 'sasi_indexes_enabled', in40: 'enable_sasi_indexes' },
  masks: { name: 'dynamic_data_masking_enabled' },
  transientReplicas: { name: 'transient_replication_enabled', in40: 'enable_transient_replication' },
} as const satisfies Readonly<Record<string, { readonly name: string; readonly in40?: string }>>;

export type Switch = keyof typeof SWITCHES;

/** What a node's release and configuration let it make and keep of a schema. */
export interface SchemaSettings {
  /** Such as `5.0.6`. */
  readonly release: string;
  readonly off: ReadonlySet<Switch>;
  /** Names under `memtable` that a table may have; null where they are not known. */
  readonly memtables: ReadonlySet<string> | null;
}

/**
 * A schema, saved or live, as such nodes keep it: nothing is left to a default, and nothing is in it that they forget. Both are
 * compared, and the saved one is made, in this form.
 */
export function asKept(schema: Schema, settings: SchemaSettings): Schema {
  return schema.map((object) => {
    const { kind, statements } = object;
    if (kind === 'index') {
      return { ...object, statements: statements.map((s) => withImplementation(s, settings.release)) };
    }
    if ((kind !== 'table' && kind !== 'view') || !settings.off.has('cdc')) return object;
    const [first = '', ...alterations] = statements;
    return { ...object, statements: [withoutOption(first, 'cdc'), ...alterations] };
  });
}

function withoutOption(statement: string, name: string): string {
  if (!statement.includes(name)) return statement;
  const { structure, options } = definitionOf(statement);
  if (!options.has(name)) return statement;
  return statementOf({ structure, options: new Map([...options].filter(([other]) => other !== name)) });
}

/** A part of the backup that such nodes cannot keep, or that no statement makes. */
export interface Unkept {
  /** Such as `table "shop"."orders"`. */
  readonly object: string;
  readonly option: string;
  readonly why: string;
}

/** What of a saved schema, as it was read, does not come back; all else does. */
export function unkept(saved: Schema, live: Schema, settings: SchemaSettings): readonly Unkept[] {
  const now = new Map(live.map((o) => [keyOf(o), o]));
  return saved.flatMap((o) => {
    if (o.kind !== 'table' && o.kind !== 'view') return [];
    const object = keyOf(o);
    const options = optionsOf(o);
    const extensions = options.get('extensions') ?? NO_EXTENSIONS;
    const there = optionsOf(now.get(object)).get('extensions') ?? NO_EXTENSIONS;
    const lost: Unkept[] = [];
    if (options.get('cdc') === 'true' && settings.off.has('cdc')) {
      lost.push({ object, option: 'cdc = true', why: 'cdc_enabled is false, and the nodes do not store it' });
    }
    if (canonical(extensions) !== canonical(there)) {
      lost.push({ object, option: `extensions = ${extensions}`, why: 'no CQL statement sets them' });
    }
    return lost;
  });
}

const NO_EXTENSIONS = '{}';

function optionsOf(object: SchemaObject | undefined): ReadonlyMap<string, string> {
  return definitionOf(object?.statements[0] ?? '').options;
}
