import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { KassetteError } from '../../src/domain/errors.ts';
import { endOf } from './ends.ts';
import type { Command } from './history.ts';
import { canMeet, type Fault } from './process.ts';
import type { World } from './world.ts';

/** A command that is disturbed at each of its calls, and then run again. */
export interface Disturbed {
  readonly world: World;
  readonly command: Command;
  /** What people run after that; the same as a rule. */
  readonly again?: Command;
  /** Made of each world before it is disturbed; says what must not be at a moment, or null. */
  readonly invariant?: (world: World) => (call: string) => string | null;
  /** Another end that is right as well. */
  readonly accept?: (error: KassetteError, world: World) => boolean;
  readonly end?: (world: World) => unknown;
}

/** What is shown of many failures. */
const SHOWN = 3;

/**
 * For every call of the undisturbed run that the fault can come over: disturb a run of the command there, run it again, and compare the
 * end with the undisturbed one.
 */
export async function atEveryCall(
  t: TestContext,
  fault: Fault,
  disturbed: Disturbed,
  seed = 1,
): Promise<void> {
  const undisturbed = await undisturbedRun(disturbed, seed);
  const failures: string[] = [];
  let points = 0;
  for (const [i, call] of undisturbed.calls.entries()) {
    if (!canMeet(call, fault)) continue;
    points++;
    const why = await faultAt(disturbed, undisturbed, { fault, at: i + 1 }, seed);
    if (why !== null) failures.push(`${fault} at call ${i + 1} (${call}): ${why}`);
  }
  t.diagnostic(`${points} points`);
  assert.ok(points > 0, 'no call was disturbed');
  assert.equal(
    failures.length,
    0,
    `${failures.length} of ${points} points\n${failures.slice(0, SHOWN).join('\n')}`,
  );
}

interface Undisturbed {
  readonly calls: readonly string[];
  readonly end: unknown;
}

async function undisturbedRun(
  { world: given, command, again = command, invariant, end = endOf }: Disturbed,
  seed: number,
): Promise<Undisturbed> {
  const world = watched(given.copy(seed), invariant);
  try {
    const { calls, ...ending } = await world.run(command);
    assert.equal(ending.kind, 'done', textOf(ending));
    // What is run twice must end the same.
    const second = await world.run(again);
    assert.equal(second.kind, 'done', textOf(second));
    return { calls, end: end(world) };
  } finally {
    world.remove();
  }
}

async function faultAt(
  { world: given, command, again = command, invariant, accept = () => false, end = endOf }: Disturbed,
  undisturbed: Undisturbed,
  disturbance: { readonly fault: Fault; readonly at: number },
  seed: number,
): Promise<string | null> {
  const world = watched(given.copy(seed), invariant);
  try {
    const first = await world.run(command, disturbance);
    if (first.calls.length < disturbance.at) return 'the run did not come so far';
    if (first.kind === 'failed' && !(first.error instanceof KassetteError)) return textOf(first);
    const second = await world.run(again);
    if (second.kind === 'failed' && second.error instanceof KassetteError && accept(second.error, world))
      return null;
    if (second.kind !== 'done') return `first ${textOf(first)}; run again: ${textOf(second)}`;
    assert.deepEqual(end(world), undisturbed.end);
    return null;
  } catch (error) {
    if (error instanceof assert.AssertionError) return error.message;
    throw error;
  } finally {
    world.remove();
  }
}

function watched(world: World, invariant: Disturbed['invariant']): World {
  const look = invariant?.(world);
  world.check = (call) => {
    const wrong = look?.(call) ?? null;
    if (wrong !== null) world.violations.push(`${call}: ${wrong}`);
  };
  return world;
}

function textOf(ending: { readonly kind: string; readonly error?: unknown }): string {
  const { error } = ending;
  if (error instanceof KassetteError) return `${ending.kind}: ${error.code}: ${error.message}`;
  return error instanceof Error ? `${ending.kind}: ${error.stack}` : ending.kind;
}

/** The rows after an undisturbed run. */
export async function rowsAfter(given: World, command: Command): Promise<World['cluster']['rows']> {
  const world = given.copy();
  try {
    const ending = await world.run(command);
    assert.equal(ending.kind, 'done', textOf(ending));
    return world.cluster.rows;
  } finally {
    world.remove();
  }
}
