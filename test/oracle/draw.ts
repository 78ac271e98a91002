import { Dice } from './dice.ts';
import type { Action, Copying, Damage, Kill, OwnTable, Plan, PlannedSchema } from './plan.ts';

/** Nodes of a round's cluster. */
export const NODES = 3;
/** Rows and registers that there are; some plans write beyond. */
const ROWS = 40;
/** Starts of nodes take most of a round's time on real clusters. */
const MOST_STARTS = 3;

/** The plan of a seed. `parts`: tables of the test data set that can be chosen, `keyspace.name`. */
export function drawPlan(seed: number, parts: readonly string[]): Plan {
  const dice = new Dice(seed);
  const starts = { left: MOST_STARTS };
  const schema = drawSchema(dice, parts);
  const copying = dice.chance(0.4) && spend(starts, 1);
  const method = dice.chance(0.35) && spend(starts, 1) ? (copying ? 'volumes' : 'cold') : 'warm';
  const logsOutside = dice.chance(method === 'warm' ? 0.1 : 0.35) && spend(starts, 1);
  const use = drawUse(dice, starts);
  const workload = drawWorkload(dice, schema);
  const harm = drawHarm(dice, schema, starts, { isCold: method !== 'warm', copying });
  return {
    ...{ seed, schema, logsOutside, workload },
    backup: { kills: drawKills(dice, 0.3), closing: copying ? drawKills(dice, 0.2) : [] },
    copying: copying ? drawCopying(dice, harm.length) : null,
    harm,
    restore: { method, damage: drawDamage(dice), kills: drawKills(dice, 0.5) },
    use,
  };
}

function spend(starts: { left: number }, count: number): boolean {
  if (starts.left < count) return false;
  starts.left -= count;
  return true;
}

function drawSchema(dice: Dice, parts: readonly string[]): PlannedSchema {
  return {
    factor: dice.chance(0.8) ? 3 : 2,
    compaction: dice.pick(['size', 'leveled', 'window', 'unified']),
    index: dice.pick(['none', 'legacy', 'attached', 'legacy']),
    view: dice.chance(0.5),
    functions: dice.chance(0.5),
    parts: dice.shuffled(parts).slice(0, dice.between(0, 2)),
  };
}

function drawKills(dice: Dice, probability: number): readonly Kill[] {
  if (!dice.chance(probability)) return [];
  const kill = (): Kill => ({
    at: dice.part(),
    how: dice.pick(['kill', 'kill', 'kill', 'term', 'fail', 'late', 'cut']),
  });
  return dice.times(dice.chance(0.25) ? 2 : 1, kill);
}

function drawCopying(dice: Dice, actions: number): Copying {
  const order = dice.shuffled(Array.from({ length: NODES }, (_, i) => i));
  const after = dice.times(NODES, () => dice.below(actions + 1)).toSorted((a, b) => a - b);
  return { how: dice.pick(['snapshot', 'cp']), order, after };
}

function drawDamage(dice: Dice): Damage | null {
  return dice.chance(0.15) ? { how: dice.pick(['missing', 'altered']), node: dice.below(NODES) } : null;
}

const range = (dice: Dice, beyond = 0) => ({
  from: dice.below(ROWS + beyond),
  count: dice.between(1, 15),
});

/** What clients write; `version` tells one action's rows from another's. */
function drawWrite(dice: Dice, version: number): Action {
  const later = { ...range(dice, 20), version };
  switch (dice.pick(['put', 'put', 'put', 'remove', 'batch', 'compare and set', 'add'])) {
    case 'put': {
      const days = dice.chance(0.25) ? dice.between(2, 40) : null;
      return { do: 'put', table: dice.pick(['rows', 'typed', 'rows']), ...later, days };
    }
    case 'remove':
      return { do: 'remove', what: dice.pick(['row', 'cells', 'partition', 'range']), ...range(dice) };
    case 'batch':
      return { do: 'batch', ...later, logged: dice.chance(0.7) };
    case 'compare and set':
      return { do: 'compare and set', from: 0, count: dice.between(5, 15), version, without: null };
    case 'add':
      return { do: 'add', ...range(dice), by: dice.between(-3, 9) };
  }
}

function drawWorkload(dice: Dice, { parts }: PlannedSchema): readonly Action[] {
  const first: readonly Action[] = [
    { do: 'put', table: 'rows', from: 0, count: ROWS, version: 1, days: null },
    { do: 'put', table: 'typed', from: 0, count: ROWS, version: 1, days: null },
    { do: 'add', from: 0, count: ROWS, by: 1 },
    { do: 'compare and set', from: 0, count: 15, version: 1, without: null },
  ];
  const others = dice.times(dice.between(2, 8), () => {
    if (dice.chance(0.3)) return { do: dice.pick(['flush', 'compact']) } as const;
    if (dice.chance(0.1)) return { do: 'alter', table: 'rows' } as const;
    if (parts.length > 0 && dice.chance(0.1))
      return { do: 'part', part: dice.pick(parts), how: 'delete' } as const;
    return drawWrite(dice, dice.between(2, 9));
  });
  return [...first, ...others];
}

const OWN: readonly OwnTable[] = ['rows', 'typed', 'registers', 'counts'];

function drawHarm(
  dice: Dice,
  schema: PlannedSchema,
  starts: { left: number },
  { isCold, copying }: { readonly isCold: boolean; readonly copying: boolean },
): readonly Action[] {
  const harm: Action[] = [];
  const forbidding = dice.chance(0.3) ? forbid(dice, schema) : [];
  const isForbidding = forbidding.length > 0 && spend(starts, 1);
  if (dice.chance(0.35) && spend(starts, 1)) {
    const without = dice.below(NODES);
    harm.push({ do: 'compare and set', from: 0, count: dice.between(5, 15), version: 20, without });
  }
  harm.push(...dice.times(dice.between(1, 6), () => drawOneHarm(dice, schema)));
  if (dice.chance(0.3) && spend(starts, 1)) harm.push(drawRestart(dice));
  if (isForbidding) harm.push(...forbidding);
  // After every start: what a start finds in a directory, Cassandra knows.
  if (!isCold && dice.chance(0.35))
    harm.push({
      do: 'stray',
      table: dice.pick(['rows', 'typed']),
      node: dice.below(NODES),
      // On one that it cannot read, Cassandra would not start.
      how: copying ? 'newer' : dice.pick(['newer', 'newer', 'unreadable']),
    });
  // What is in commit logs alone.
  harm.push({ do: 'put', table: 'typed', ...range(dice), version: 30, days: null });
  return harm;
}

function drawOneHarm(dice: Dice, { parts, index, view, functions }: PlannedSchema): Action {
  const kinds = [
    ...(['write', 'write', 'write', 'files', 'table', 'table', 'add table'] as const),
    ...(parts.length > 0 ? (['part'] as const) : []),
    ...(index !== 'none' ? (['drop index'] as const) : []),
    ...(view ? (['drop view'] as const) : []),
    ...(functions ? (['drop function'] as const) : []),
  ];
  const kind = dice.pick(kinds);
  switch (kind) {
    case 'write':
      return drawWrite(dice, dice.between(10, 19));
    case 'files':
      return { do: dice.pick(['flush', 'flush', 'compact', 'repair']) };
    case 'table':
      return { do: dice.pick(['truncate', 'drop', 'recreate', 'alter']), table: dice.pick(OWN) };
    case 'part':
      return { do: 'part', part: dice.pick(parts), how: dice.pick(['delete', 'truncate', 'drop', 'alter']) };
    default:
      return { do: kind };
  }
}

/** What is no longer allowed is gone, so that a restore would have to create it. */
function forbid(dice: Dice, { index, view, functions }: PlannedSchema): readonly Action[] {
  const options: readonly (readonly Action[])[] = [
    ...(functions ? [[{ do: 'drop function' }, { do: 'forbid', what: 'functions' }] as const] : []),
    ...(view ? [[{ do: 'drop view' }, { do: 'forbid', what: 'views' }] as const] : []),
    ...(index !== 'none' ? [[{ do: 'drop index' }, { do: 'forbid', what: 'indexes' }] as const] : []),
  ];
  return options.length === 0 ? [] : dice.pick(options);
}

function drawRestart(dice: Dice): Action {
  const all = Array.from({ length: NODES }, (_, i) => i);
  const nodes = dice.chance(0.6) ? all : [dice.below(NODES)];
  return { do: 'restart', how: dice.pick(['kill', 'kill', 'drain']), nodes };
}

/** Reads at SERIAL always: they are what brings back newer outcomes. */
function drawUse(dice: Dice, starts: { left: number }): readonly Action[] {
  const restart = dice.chance(0.35) && spend(starts, 1) ? [drawRestart(dice)] : [];
  const others: Action[] = [
    { do: 'serial reads' },
    ...(dice.chance(0.3) ? [{ do: 'repair' } as const] : []),
    ...(dice.chance(0.5) ? [{ do: 'flush' } as const] : []),
    ...(dice.chance(0.5) ? [{ do: 'compact' } as const] : []),
    ...restart,
  ];
  return dice.shuffled(others);
}
