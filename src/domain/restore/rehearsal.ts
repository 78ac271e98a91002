import { KassetteError } from '../errors.ts';
import { quote } from '../schema/cql-text.ts';
import { keyOf, type Schema, type SchemaObject } from '../schema/schema.ts';
import { definitionOf } from '../schema/table-options.ts';
import { inKeyspace } from '../tables/renaming.ts';
import type { PlannedStatement } from './restore-plan.ts';

const NAME = /^kassette_rehearsal_[0-9a-f]{16}$/;

/** Whether a restore may have rehearsed in a keyspace of that name; it has if there are no rows in it. */
export function isRehearsalName(keyspace: string): boolean {
  return NAME.test(keyspace);
}

/** @param random 16 hexadecimal digits, others for each rehearsal: a late DROP of one must not meet the next */
export function rehearsalName(random: string): string {
  return `kassette_rehearsal_${random}`;
}

/** Keyspaces that a killed run may have left: so named, and unknown to the backup. */
export function leftRehearsals(live: Schema, saved: Schema = []): readonly string[] {
  const known = new Set(saved.map((o) => o.keyspace));
  const names = live.filter((o) => o.kind === 'keyspace').map((o) => o.name);
  return names.filter((name) => isRehearsalName(name) && !known.has(name));
}

/** What a restore creates in one keyspace, as it is tried in another one. */
export interface Rehearsal {
  readonly keyspace: string;
  /** The keyspace that is made for it and dropped again. */
  readonly name: string;
  readonly steps: readonly RehearsalStep[];
}

export interface RehearsalStep {
  /** Key of the object as the backup calls it. */
  readonly object: string;
  readonly statement: string;
  /** A plainer form of the object, made where Cassandra refuses it, so that what needs it is tried as well. */
  readonly instead: string | null;
  /** Keys of what must be there: without it a refusal says nothing of this object. */
  readonly needs: readonly string[];
  /** Whether the restore runs this statement. What it finds there is made only for what needs it. */
  readonly planned: boolean;
}

interface RehearsalFacts {
  /** In order. */
  readonly creates: readonly PlannedStatement[];
  /** The target schema. */
  readonly saved: Schema;
  readonly live: Schema;
}

/** One rehearsal for each keyspace in which something is created or altered; pure but for the names that it is given. */
export function planRehearsals(facts: RehearsalFacts, newName: () => string): readonly Rehearsal[] {
  const saved = new Map(facts.saved.map((o) => [keyOf(o), o]));
  const known = facts.creates.flatMap((planned) => {
    const object = saved.get(planned.object);
    return object === undefined ? [] : [{ ...planned, saved: object }];
  });
  return [...Map.groupBy(known, (p) => p.saved.keyspace)].map(([keyspace, planned]) => {
    const name = newName();
    const steps = [keyspaceStep(keyspace, name, planned, facts), ...stepsOf(planned, facts.live)];
    return { keyspace, name, steps: steps.map((s) => moved(s, keyspace, name)) };
  });
}

interface Planned extends PlannedStatement {
  readonly saved: SchemaObject;
}

function moved(step: RehearsalStep, from: string, to: string): RehearsalStep {
  const move = (statement: string) => {
    const other = inKeyspace(statement, from, to);
    // It would run in the keyspace itself, before all checks have ended.
    if (!other.includes(quote(to)))
      throw new KassetteError('INTERNAL', `No keyspace was found in: ${statement}`, 'Report this.');
    return other;
  };
  return {
    ...step,
    instead: step.instead === null ? null : move(step.instead),
    statement: move(step.statement),
  };
}

/** With the replication of the keyspace itself: that its class and datacenters are accepted is part of what is tried. */
function keyspaceStep(
  keyspace: string,
  name: string,
  planned: readonly Planned[],
  { saved, live }: RehearsalFacts,
): RehearsalStep {
  const isIt = (o: SchemaObject) => o.kind === 'keyspace' && o.name === keyspace;
  const own = planned.find((p) => isIt(p.saved));
  const definition = (own?.saved ?? live.find(isIt) ?? saved.find(isIt))?.statements[0];
  const simple = `CREATE KEYSPACE ${quote(name)} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'}`;
  return {
    object: keyOf({ kind: 'keyspace', keyspace, name: keyspace }),
    statement: definition ?? simple,
    instead: simple,
    needs: [],
    planned: own !== undefined,
  };
}

/** First what is there and is needed, which needs nothing that is yet to be created; then the plan's own statements. */
function stepsOf(planned: readonly Planned[], live: Schema): readonly RehearsalStep[] {
  const objects = planned.filter((p) => p.saved.kind !== 'keyspace');
  const created = new Map(objects.filter(isCreate).map((p) => [p.object, p.saved]));
  // What is altered is there: an ALTER of its options is tried on it as it is now.
  const altered = new Set(objects.filter((p) => !created.has(p.object)).map((p) => p.object));
  // A function gives way to an aggregate of its name and arguments, and the other way round.
  const taken = new Set([...created.values()].flatMap(callOf));
  const there = live.filter(
    (o) => o.kind !== 'keyspace' && !created.has(keyOf(o)) && !callOf(o).some((c) => taken.has(c)),
  );
  const needed = closure(
    there,
    there.filter((o) => altered.has(keyOf(o))),
    [...created.values()],
  );
  const all = [...needed, ...created.values()];
  return [
    // All its statements: columns that were dropped stand in the first one.
    ...needed.flatMap((o) => {
      const [first = '', ...alterations] = o.statements;
      return [plain(o) ?? first, ...alterations].map((text) => stepOf(o, text, all, null, false));
    }),
    ...objects.map((p) => {
      const first = isCreate(p);
      const step = stepOf(p.saved, p.statement, all, first ? plain(p.saved) : null, true);
      return first ? step : { ...step, needs: [...step.needs, p.object] };
    }),
  ];
}

function callOf({ keyspace, name, signature }: SchemaObject): readonly string[] {
  return signature === undefined ? [] : [`${keyspace}.${name}(${signature})`];
}

function isCreate({ statement }: PlannedStatement): boolean {
  return /^CREATE\b/i.test(statement);
}

/** Objects that these need, directly or not, in their own order. */
function closure(
  there: Schema,
  wanted: readonly SchemaObject[],
  by: readonly SchemaObject[],
): readonly SchemaObject[] {
  const found = new Set(wanted);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const o of there) if ([...found, ...by].some((user) => needs(user, o))) found.add(o);
  }
  return there.filter((o) => found.has(o));
}

/** Judged by names, as for drops: what is made without need costs a statement, and its refusal refuses nothing. */
function needs(user: SchemaObject, other: SchemaObject): boolean {
  if (user.keyspace !== other.keyspace || user === other) return false;
  if (other.kind === 'table') return user.base === other.name;
  return (other.kind === 'type' || other.kind === 'function') && user.mentions.has(other.name);
}

/** A table or view without its options, which may be what is refused. */
function plain({ kind, statements: [text = ''] }: SchemaObject): string | null {
  return kind === 'table' || kind === 'view' ? definitionOf(text).structure : null;
}

function stepOf(
  object: SchemaObject,
  statement: string,
  all: readonly SchemaObject[],
  instead: string | null,
  planned: boolean,
): RehearsalStep {
  const keyspace = keyOf({ kind: 'keyspace', keyspace: object.keyspace, name: object.keyspace });
  const needed = all.filter((o) => needs(object, o)).map(keyOf);
  return { object: keyOf(object), statement, instead, needs: [keyspace, ...needed], planned };
}
