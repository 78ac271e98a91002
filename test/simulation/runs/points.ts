import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ErrorCode, KassetteError } from '../../../src/domain/errors.ts';
import { allTest, type DefineCase } from '../../tiers.ts';
import type { World } from '../cluster/world.ts';
import { endOf } from './ends.ts';
import type { Command } from './history.ts';
import { canMeet, type Disturbance, FAULTS, type Fault } from './process.ts';
import { seeded } from './schedule.ts';

/** A command that is disturbed at each of its calls, and then run again. */
export interface Disturbed {
  readonly world: World;
  readonly command: Command;
  /** What people run after that; the same as a rule. */
  readonly again?: Command;
  /** Made of each world before it is disturbed; says what must not be at a moment, or null. */
  readonly invariant?: (world: World) => (call: string) => string | null;
  /** Code of the error by which a run says that there is nothing left to do. */
  readonly doneAs?: ErrorCode;
  readonly end?: (world: World) => unknown;
}

/**
 * Before one call is after another: of variants both, and what SIGTERM and a repetition do, teach nothing that those of the main job do
 * not.
 */
export function defineFor(isMainJob: boolean, fault: Fault): DefineCase {
  const isVariant = ['killed before', 'stop', 'twice'].includes(fault);
  return isMainJob || !isVariant ? test : allTest;
}

const WATCHED: ReadonlySet<Fault> = new Set([
  ...(['killed after', 'late', 'halfway', 'cut', 'started by others', 'started and stopped'] as const),
]);

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
  // What the faults differ in is the end of the first run: to look at every call of the second one of some is enough.
  const { invariant: _, ...unwatched } = disturbed;
  const looked = WATCHED.has(fault) ? disturbed : unwatched;
  const failures: string[] = [];
  let points = 0;
  for (const [i, call] of undisturbed.calls.entries()) {
    if (!canMeet(call, fault)) continue;
    points++;
    const why = await faultsAt(looked, undisturbed, [{ fault, at: i + 1 }], seed);
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

/**
 * A run is killed at a call that nodes go on with by themselves, slower and slower: what is left comes at each moment of the next run.
 * That one may see that it was disturbed, and say so; the one after that comes to the end.
 */
export async function cutAndSlow(
  t: TestContext,
  disturbed: Disturbed,
  call: string,
  { seenAs, pausesMs }: { readonly seenAs: ErrorCode; readonly pausesMs: readonly number[] },
): Promise<void> {
  const undisturbed = await undisturbedRun(disturbed, 1);
  const at = undisturbed.calls.indexOf(call) + 1;
  const failures: string[] = [];
  let seen = 0;
  for (const pauseMs of pausesMs) {
    const first = await faultsAt(disturbed, undisturbed, [{ fault: 'cut', at, pauseMs }], 1);
    if (first === null) continue;
    const isSeen = first.includes(`run again: failed: ${seenAs}`);
    if (isSeen) seen++;
    const why = isSeen
      ? await faultsAt(
          disturbed,
          undisturbed,
          [
            { fault: 'cut', at, pauseMs },
            { fault: 'twice', at: 1 },
          ],
          1,
        )
      : first;
    if (why !== null) failures.push(`${pauseMs} ms: ${why}`);
  }
  t.diagnostic(`${pausesMs.length} points, in ${seen} of them the next run saw it`);
  assert.equal(failures.length, 0, `${failures.length} points\n${failures.slice(0, SHOWN).join('\n')}`);
  assert.ok(seen > 0, 'it never came in the midst of the next run');
}

/** Two or three runs, each disturbed somewhere; then one that is not. */
export async function againAndAgain(t: TestContext, disturbed: Disturbed, points: number): Promise<void> {
  const random = seeded(points);
  const below = (n: number) => Math.floor(random() * n);
  const failures: string[] = [];
  const undisturbed = await undisturbedRun(disturbed, 1);
  for (let point = 1; point <= points; point++) {
    const faults = Array.from({ length: 2 + below(2) }, () => FAULTS[below(FAULTS.length)] ?? 'fail');
    const disturbances = faults.map((fault) => ({ fault, at: 1 + below(undisturbed.calls.length) }));
    const why = await faultsAt(disturbed, undisturbed, disturbances, point);
    if (why !== null) failures.push(`${JSON.stringify({ seed: point, disturbances })}: ${why}`);
  }
  t.diagnostic(`${points} points`);
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

async function undisturbedRun(disturbed: Disturbed, seed: number): Promise<Undisturbed> {
  const world = watched(disturbed.world.copy(seed), disturbed.invariant);
  try {
    const { calls, ...ending } = await world.run(disturbed.command);
    assert.equal(ending.kind, 'done', textOf(ending));
    const why = await runAgain(world, disturbed);
    assert.equal(why, null);
    assert.deepEqual(world.violations, []);
    return { calls, end: (disturbed.end ?? endOf)(world) };
  } finally {
    world.remove();
  }
}

/** A run that is not disturbed has to come to its end. Answers why it has not. */
async function runAgain(
  world: World,
  { command, again = command, doneAs }: Disturbed,
): Promise<string | null> {
  const ending = await world.run(again);
  if (ending.kind === 'done') return null;
  const isDone =
    ending.kind === 'failed' && ending.error instanceof KassetteError && ending.error.code === doneAs;
  return isDone ? null : `run again: ${textOf(ending)}`;
}

async function faultsAt(
  disturbed: Disturbed,
  undisturbed: Undisturbed,
  disturbances: readonly Disturbance[],
  seed: number,
): Promise<string | null> {
  const world = watched(disturbed.world.copy(seed), disturbed.invariant);
  const told: string[] = [];
  try {
    for (const disturbance of disturbances) {
      const run = await world.run(disturbed.command, disturbance);
      told.push(textOf(run));
      if (disturbance.fault === 'restarted') world.cluster.restart();
      if (run.kind === 'failed' && !(run.error instanceof KassetteError)) return told.join('; ');
    }
    const why = await runAgain(world, disturbed);
    if (why !== null) return [...told, why].join('; ');
    assert.deepEqual((disturbed.end ?? endOf)(world), undisturbed.end);
    return null;
  } catch (error) {
    if (error instanceof assert.AssertionError) return [...told, error.message].join('; ');
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
