import { tokenize } from './cql-text.ts';
import { KassetteError } from './errors.ts';
import type { PlannedStatement } from './restore-plan.ts';
import { keyOf, type Schema, type SchemaKind } from './schema.ts';
import type { SchemaSettings } from './schema-settings.ts';
import { definitionOf } from './table-options.ts';

/** What stands against one statement: a setting of `cassandra.yaml`, and what it would have to be. */
interface Obstacle {
  readonly object: string;
  readonly setting: string;
  readonly is: string;
  readonly needed: string;
}

/**
 * That the nodes, as they are configured, will carry out every statement of a plan. Asked before anything is changed: Cassandra
 * refuses such a statement when other things are dropped and emptied already.
 * @throws NOT_CREATABLE
 */
export function checkCreatable(
  statements: readonly PlannedStatement[],
  saved: Schema,
  settings: SchemaSettings,
): void {
  const kinds = new Map(saved.map((o) => [keyOf(o), o.kind]));
  const obstacles = statements.flatMap((s) => obstaclesTo(s, kinds.get(s.object), settings));
  const [first, ...others] = obstacles;
  if (first === undefined) return;
  const { object, setting, is } = first;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new KassetteError(
    'NOT_CREATABLE',
    `${object} is not there as in the backup, and the nodes would refuse to make it so: ${setting} ${is}${more}.`,
    `Nothing was changed. Set ${unique(obstacles).join(' and ')} in cassandra.yaml on all nodes (in spec.config of the datacenter), let them restart, then run the command again.`,
  );
}

function unique(obstacles: readonly Obstacle[]): readonly string[] {
  return [...new Set(obstacles.map((o) => `${o.setting} ${o.needed}`))];
}

function obstaclesTo(
  { object, statement }: PlannedStatement,
  kind: SchemaKind | undefined,
  settings: SchemaSettings,
): readonly Obstacle[] {
  const creates = /^CREATE\b/i.test(statement);
  if (kind === 'view' && creates && !settings.views) return [switchedOff(object, names(settings).views)];
  if (kind === 'function' && creates && !settings.functions) {
    return [switchedOff(object, names(settings).functions)];
  }
  if (kind === 'index' && !settings.sasi && isSasi(statement)) {
    return [switchedOff(object, names(settings).sasi)];
  }
  if (kind !== 'table' && kind !== 'view') return [];
  const key = definitionOf(statement).options.get('memtable')?.slice(1, -1);
  if (key === undefined || settings.memtables === null || settings.memtables.has(key)) return [];
  const needed = `with a configuration «${key}»`;
  return [{ object, setting: 'memtable', is: `has no configuration «${key}»`, needed }];
}

function switchedOff(object: string, setting: string): Obstacle {
  return { object, setting, is: 'is false', needed: 'to true' };
}

/** Renamed in 4.1. */
function names({ release }: SchemaSettings) {
  return release.startsWith('4.0.')
    ? {
        views: 'enable_materialized_views',
        functions: 'enable_user_defined_functions',
        sasi: 'enable_sasi_indexes',
      }
    : {
        views: 'materialized_views_enabled',
        functions: 'user_defined_functions_enabled',
        sasi: 'sasi_indexes_enabled',
      };
}

function isSasi(statement: string): boolean {
  const strings = (tokenize(statement) ?? []).filter((t) => t.kind === 'string');
  return strings.some((t) => /^'(.*\.)?SASIIndex'$/i.test(t.text));
}
