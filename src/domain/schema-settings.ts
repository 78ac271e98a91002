import { canonical } from './cql-text.ts';
import { withImplementation } from './index-implementation.ts';
import { keyOf, type Schema, type SchemaObject } from './schema.ts';
import { definitionOf, statementOf } from './table-options.ts';

/** What a node's release and configuration let it make and keep of a schema. */
export interface SchemaSettings {
  /** Such as `5.0.6`. */
  readonly release: string;
  /** `cdc_enabled`. Where it is off, a node does not store a table's `cdc`: it reads false from its next start on. */
  readonly cdc: boolean;
  /** `materialized_views_enabled`: whether views can be made; those that are there serve in any case. */
  readonly views: boolean;
  /** `user_defined_functions_enabled` */
  readonly functions: boolean;
  /** `sasi_indexes_enabled` */
  readonly sasi: boolean;
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
    if ((kind !== 'table' && kind !== 'view') || settings.cdc) return object;
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
    if (options.get('cdc') === 'true' && !settings.cdc) {
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
