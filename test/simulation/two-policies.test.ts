import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { World } from './cluster/world.ts';
import {
  assertNextBackupIsKept,
  interleave,
  type Kill,
  orders,
  PolicyRun,
  policyCluster,
} from './runs/policy-run.ts';

/*
 * Two policies with hooks on one namespace, step by step in every order: preHook, a copy of each volume, and onSuccess or
 * onFailure. Whatever Kasten keeps can be restored to the backup that its own run has made.
 */
const given = policyCluster();
after(() => given.remove());
/** A world of its own for each play, gone when that is over. */
async function inCopy<T>(work: (world: World) => Promise<T>): Promise<T> {
  const world = given.copy();
  try {
    return await work(world);
  } finally {
    world.remove();
  }
}

/** before, two copies, end. */
const STEPS = 4;

interface Case {
  readonly order: readonly number[];
  readonly named: boolean;
  readonly fails: readonly [boolean, boolean];
  readonly kill?: Kill;
  readonly copiesAtOnce?: boolean;
}

async function play(world: World, { order, named, fails, kill, copiesAtOnce = false }: Case) {
  const runs = fails.map(
    (copyFails, i) =>
      new PolicyRun(world, {
        run: named ? `run-${i}` : null,
        copyFails,
        copiesAtOnce,
        kill: i === 0 ? kill : undefined,
      }),
  );
  await interleave(runs, order);
  const told = `${JSON.stringify({ order, named, fails, kill })} ${runs.map((r) => `${r.tag} kept ${r.kept} restores to ${r.restoresTo} ${r.failures}`).join('; ')}\n${world.events.join('\n')}`;
  for (const run of runs) if (run.kept) assert.equal(run.restoresTo, run.tag, told);
  return { runs, told };
}

const OUTCOMES = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

for (const named of [true, false]) {
  const who = named ? 'whose runs have identities' : 'of whose runs nothing is known';
  test(`two policies ${who}, all orders: what is kept can be restored, and whoever was first is kept`, async () => {
    for (const order of orders(STEPS, STEPS))
      for (const fails of OUTCOMES) await inCopy((world) => inOrder(world, { order, named, fails }));
  });
}

async function inOrder(world: World, one: Case): Promise<void> {
  const { order, named, fails } = one;
  const { runs, told } = await play(world, one);
  const first = order[0] === 1 ? 1 : 0;
  assert.equal(runs[first]?.kept, !fails[first], told);
  // The other one has its turn only once the first has ended: its retry comes at once.
  const second = first === 0 ? 1 : 0;
  const refused = order.indexOf(second) < order.lastIndexOf(first);
  if (refused)
    assert.deepEqual(runs[second]?.failures.slice(0, 2), ['before BACKUP_OPEN', 'before BACKUP_OPEN'], told);
  assert.equal(runs[second]?.kept, !refused && !fails[second], told);
  if (named) await assertNextBackupIsKept(world, told);
}

/** before, copies, end, and one of them once more. */
const KILLED_ORDERS = orders(4, 3);

test('a hook is killed at any of its calls and tried again, while the other policy does anything: what is made is kept and can be restored', async () => {
  const killed = new Set<string>();
  for (const hook of ['before', 'end'] as const) {
    for (const [i, order] of KILLED_ORDERS.entries()) {
      const fails = [false, false] as const;
      const rest = { order, named: true, fails, copiesAtOnce: true };
      const { runs } = await inCopy((world) => play(world, rest));
      const calls = runs[0]?.calls[hook].length ?? 0;
      // Every call in every third order: they differ in what comes before and after.
      for (let at = 1 + (i % 3); at <= calls + 1; at += 3) {
        await inCopy(async (world) => {
          const { runs: both, told } = await play(world, { ...rest, kill: { hook, at } });
          // Nor does a hook that comes late, or twice, take anything away from the other run.
          for (const run of both) assert.equal(run.kept, run.tag !== null, told);
          if (i % 5 === 0) await assertNextBackupIsKept(world, told);
        });
        killed.add(`${hook} ${at} of ${calls}`);
      }
    }
  }
  assert.ok(killed.size > 60, `${killed.size}`);
});

test('a policy alone, whatever call its hooks are killed at, is kept after one more try', async () => {
  for (const run of ['run-0', null]) {
    for (const hook of ['before', 'end'] as const) {
      const calls = await inCopy(async (world) => {
        const whole = new PolicyRun(world, { run });
        await interleave([whole], []);
        return whole.calls[hook];
      });
      for (let at = 1; at <= calls.length; at++)
        await inCopy((world) => killedAlone(world, run, { hook, at }, calls));
    }
  }
});

async function killedAlone(world: World, run: string | null, kill: Kill, calls: readonly string[]) {
  const one = new PolicyRun(world, { run, kill });
  await interleave([one], []);
  const told = `${run} ${kill.hook} ${kill.at} of ${calls.length} ${one.failures}`;
  // Killed with a backup but before it could say so, and known to nobody: only that waits to be abandoned.
  const unknown = run === null && kill.hook === 'before' && one.failures.includes('before BACKUP_OPEN');
  if (unknown) assert.ok(kill.at > calls.lastIndexOf('volumes complete') + 1, told);
  else assert.ok(one.kept && one.restoresTo === one.tag, told);
  await assertNextBackupIsKept(world, told);
}
