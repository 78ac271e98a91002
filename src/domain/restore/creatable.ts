import { KassetteError } from '../errors.ts';
import { tokenize } from '../schema/cql-text.ts';
import { namesImplementations } from '../schema/index-implementation.ts';
import { keyOf, type Schema, type SchemaKind } from '../schema/schema.ts';
import { type SchemaSettings, SWITCHES, type Switch } from '../schema/schema-settings.ts';
import { definitionOf } from '../schema/table-options.ts';
import type { PlannedStatement } from './restore-plan.ts';

/** What stands against one statement. */
export interface Obstacle {
  readonly object: string;
  readonly why: string;
  /** What to set in `cassandra.yaml`; null where that is not known. */
  readonly way: string | null;
}

/**
 * What is known of the nodes' settings to stand against statements of a plan. Others are found by rehearsing the statements, which a
 * plan that changes nothing cannot do.
 * @throws NOT_CREATABLE
 */
export function checkCreatable(...of: Parameters<typeof knownObstacles>): void {
  refuseFor(knownObstacles(...of));
}

export function knownObstacles(
  statements: readonly PlannedStatement[],
  saved: Schema,
  settings: SchemaSettings,
): readonly Obstacle[] {
  const kinds = new Map(saved.map((o) => [keyOf(o), o.kind]));
  return statements.flatMap(({ object, statement }) => {
    const kind = kinds.get(object);
    return kind === undefined ? [] : obstaclesTo({ object, kind, statement }, settings);
  });
}

/**
 * Asked before anything is changed: Cassandra would refuse such a statement when other things are dropped and truncated already.
 * @throws NOT_CREATABLE where there is an obstacle, with all of them
 */
export function refuseFor(obstacles: readonly Obstacle[]): void {
  if (obstacles.length === 0) return;
  const many = obstacles.length === 1 ? 'one statement' : `${obstacles.length} statements`;
  throw new KassetteError(
    'NOT_CREATABLE',
    `The nodes refuse ${many} of the restore. ${obstacles.map(({ object, why }) => `${object}: ${why}`).join('; ')}.`,
    `Nothing was changed. ${wayOut(obstacles)}`,
  );
}

function wayOut(obstacles: readonly Obstacle[]): string {
  const ways = new Set(obstacles.flatMap(({ way }) => way ?? []));
  if (ways.size === 0) return 'Restore with the release and the configuration of the backup.';
  const others = obstacles.some(({ way }) => way === null) ? ', allow what else is named' : '';
  return `Set ${[...ways].join(' and ')} in cassandra.yaml on all nodes (spec.config of the datacenter)${others}, let them restart, then run the command again.`;
}

interface Made extends PlannedStatement {
  readonly kind: SchemaKind;
}

function obstaclesTo(made: Made, settings: SchemaSettings): readonly Obstacle[] {
  const { object, kind, statement } = made;
  const off = NEEDED.find(([key, needs]) => settings.off.has(key) && needs(made));
  if (off !== undefined) {
    const name = nameOf(off[0], settings.release);
    return [{ object, why: `${name} is false`, way: `${name} to true` }];
  }
  if (isScript(made) && namesImplementations(settings.release)) {
    return [{ object, why: `Cassandra ${settings.release} has functions only in Java`, way: null }];
  }
  if (kind !== 'table' && kind !== 'view') return [];
  const key = definitionOf(statement).options.get('memtable')?.slice(1, -1);
  if (key === undefined || settings.memtables === null || settings.memtables.has(key)) return [];
  const why = `memtable has no configuration \`${key}\``;
  return [{ object, why, way: `memtable with a configuration \`${key}\`` }];
}

/** Which statements each switch is for. */
const NEEDED: readonly (readonly [Switch, (made: Made) => boolean])[] = [
  ['views', ({ kind, statement }) => kind === 'view' && creates(statement)],
  ['functions', ({ kind, statement }) => kind === 'function' && creates(statement)],
  ['scripts', isScript],
  ['sasi', ({ kind, statement }) => kind === 'index' && /SASIIndex\b/i.test(strings(statement))],
  ['masks', ({ kind, statement }) => kind === 'table' && hasWords(statement, 'masked', 'with')],
  [
    'transientReplicas',
    ({ kind, statement }) => kind === 'keyspace' && /'\d+\/\d+'/.test(strings(statement)),
  ],
];

/** Renamed in 4.1. */
function nameOf(key: Switch, release: string): string {
  const names: { readonly name: string; readonly in40?: string } = SWITCHES[key];
  return release.startsWith('4.0.') ? (names.in40 ?? names.name) : names.name;
}

function creates(statement: string): boolean {
  return /^CREATE\b/i.test(statement);
}

function isScript({ kind, statement }: Made): boolean {
  return kind === 'function' && creates(statement) && !hasWords(statement, 'language', 'java');
}

function hasWords(statement: string, first: string, second: string): boolean {
  const words = (tokenize(statement) ?? []).map((t) => (t.kind === 'word' ? t.text : ''));
  return words.some((word, i) => word === first && words[i + 1] === second);
}

function strings(statement: string): string {
  return (tokenize(statement) ?? [])
    .filter((t) => t.kind === 'string')
    .map((t) => t.text)
    .join(' ');
}
