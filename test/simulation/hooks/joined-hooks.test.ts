import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { KassetteError } from '../../../src/domain/errors.ts';
import type { AfterRestoreResult } from '../../../src/engine/verbs/after-restore.ts';
import { allTest } from '../../tiers.ts';
import { World } from '../cluster/world.ts';
import { wholeOn } from '../runs/ends.ts';
import { backUp, endBackup, livingCluster, restore, restoredVolumes } from '../runs/history.ts';
import {
  assertNextIsKept,
  inTurns,
  JoinedRun,
  joinedCluster,
  NAMESPACES,
  restoresTo,
} from '../runs/joined-run.ts';
import { type Kill, orders } from '../runs/policy-run.ts';

/*
 * One policy on the two namespaces of a ring: Kasten calls its hooks for each of them, in any order. Both restore points are kept, and their copies
 * can be restored to the one backup; or none is.
 */
const given = joinedCluster();
after(() => given.remove());

async function inCopy<T>(work: (world: World) => Promise<T>): Promise<T> {
  const world = given.copy();
  try {
    return await work(world);
  } finally {
    world.remove();
  }
}

/** before, copy, end. */
const STEPS = 3;
const OUTCOMES = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

interface Case {
  readonly order: readonly number[];
  readonly named: boolean;
  readonly fails: readonly [boolean, boolean];
  readonly kill?: Kill;
}

async function play(world: World, { order, named, fails, kill }: Case) {
  const runs = fails.map(
    (copyFails, i) =>
      new JoinedRun(world, {
        namespace: i === 0 ? 'a' : 'b',
        // They differ: nothing but the open backup says that they belong together.
        run: named ? `run-${i}` : null,
        copyFails,
        kill: i === 0 ? kill : undefined,
      }),
  );
  await inTurns(runs, order);
  const told = `${JSON.stringify({ order, named, fails, kill })} ${runs.map((r) => `${r.tag} kept ${r.kept} ${r.failures}`).join('; ')}, restores to ${restoresTo(runs)}\n${[...world.events, ...world.warnings].join('\n')}`;
  return { runs, told };
}

test('each hook looks into the volumes once, whether it makes the backup or joins it', () =>
  inCopy(async (world) => {
    for (const forNamespace of ['a', 'b']) {
      const { kind, calls } = await world.run(backUp({ run: forNamespace, hook: true, forNamespace }));
      const surveys = calls.filter((call) => call === 'volumes survey');
      assert.deepEqual([kind, surveys.length], ['done', world.cluster.nodes.length], forNamespace);
    }
  }));

for (const named of [true, false]) {
  const who = named ? 'whose runs have identities' : 'of whose runs nothing is known';
  test(`hooks of two namespaces ${who}, in every order: both are kept with one backup, or none where one has failed`, async () => {
    for (const [i, order] of orders(STEPS, STEPS).entries())
      for (const [j, fails] of OUTCOMES.entries())
        await inCopy(async (world) => {
          const { runs, told } = await play(world, { order, named, fails });
          const all = !fails.some((failed) => failed);
          for (const run of runs) {
            assert.equal(run.kept, all, told);
            if (all) assert.ok(run.tag !== null && run.tag === restoresTo(runs), told);
          }
          assert.equal(
            all,
            world.events.some((e) => e.startsWith('BackupClosed')),
            told,
          );
          assert.deepEqual(world.cluster.state.leaseHolders, {});
          if ((i + j) % 4 === 0) await assertNextIsKept(world, told);
        });
  });
}

/** before, copy, end, and one of them once more. */
const KILLED_ORDERS = orders(STEPS + 1, STEPS);

/** At which calls each hook of the first namespace can be killed in this order. */
async function killsIn(order: readonly number[]): Promise<readonly Kill[]> {
  const { runs } = await inCopy((world) => play(world, { order, named: true, fails: [false, false] }));
  return (['before', 'end'] as const).flatMap((hook) =>
    (runs[0]?.calls[hook] ?? []).map((_, i) => ({ hook, at: i + 1 })),
  );
}

/** Killed and tried again it comes to the same end, whatever the other namespace does meanwhile. */
async function killed(world: World, order: readonly number[], kill: Kill, next: boolean): Promise<void> {
  const { runs, told } = await play(world, { order, named: true, fails: [false, false], kill });
  for (const run of runs) assert.ok(run.kept && run.tag === restoresTo(runs), told);
  if (next) await assertNextIsKept(world, told);
}

test('a hook is killed at any of its calls and tried again, while the other namespace does anything: both are kept', async () => {
  const seen = new Set<string>();
  for (const [i, order] of KILLED_ORDERS.entries()) {
    const kills = await killsIn(order);
    // Every call in some orders: they differ in what comes before and after.
    for (const kill of kills.filter((_, n) => n % 18 === i % 18)) {
      await inCopy((world) => killed(world, order, kill, i % 5 === 0));
      seen.add(`${kill.hook} ${kill.at}`);
    }
  }
  assert.ok(seen.size > 60, `${seen.size}`);
});

allTest('the same at every fourth call in every order', async () => {
  for (const [i, order] of KILLED_ORDERS.entries())
    for (const kill of (await killsIn(order)).filter((_, n) => n % 4 === i % 4))
      await inCopy((world) => killed(world, order, kill, true));
});

allTest(
  'a hook of one namespace is killed while either fails: never both kept without one backup, and never one without a warning',
  async () => {
    for (const order of KILLED_ORDERS) {
      const kills = await killsIn(order);
      for (const fails of OUTCOMES.slice(1))
        for (const kill of kills.filter(
          (_, n) => n % 20 === (order.indexOf(1) * 7 + order.lastIndexOf(1) * 3) % 20,
        ))
          await inCopy(async (world) => {
            const { runs, told } = await play(world, { order, named: true, fails, kill });
            assert.ok(!runs.every((r) => r.kept), told);
            if (runs.some((r) => r.kept))
              assert.ok(
                world.warnings.some((w) => w.includes('has not ended within')),
                told,
              );
            await assertNextIsKept(world, told);
          });
    }
  },
);

test('hooks of both namespaces at the same moment take turns: one makes the backup, the other joins it, and the last one closes it', async () => {
  const made = new Set<boolean | undefined>();
  for (let seed = 1; seed <= 8; seed++) {
    const world = given.copy(seed);
    const both = ['a', 'b'].map((forNamespace) => ({ forNamespace, hook: true, run: `run ${forNamespace}` }));
    const before = await Promise.all(both.map((flags) => world.run(backUp(flags))));
    const results = before.map((b) => {
      assert.ok(b.kind === 'done', JSON.stringify(b));
      return b.result;
    });
    assert.equal(new Set(results.map((r) => r.tag)).size, 1);
    assert.deepEqual(results.map((r) => r.joined).toSorted(), [false, true]);
    made.add(results[0]?.joined);
    const ends = await Promise.all(both.map((flags) => world.run(endBackup(flags))));
    for (const end of ends) assert.equal(end.kind, 'done', JSON.stringify(end));
    for (const node of world.cluster.nodes)
      assert.ok(!world.cluster.hasFile(node, `kassette/${results[0]?.tag}`));
    world.remove();
  }
  assert.ok(made.size > 0);
});

test('a hook that has joined for another run is refused, and its failure hook leaves the backup alone', async () =>
  inCopy(async (world) => {
    const flags = (run: string, forNamespace = 'a') => ({ run, hook: true, forNamespace });
    const first = await world.run(backUp(flags('one')));
    assert.ok(first.kind === 'done');
    const again = await world.run(backUp(flags('one')));
    assert.ok(again.kind === 'done' && again.result.tag === first.result.tag && again.result.joined);
    const other = await world.run(backUp(flags('two')));
    assert.ok(other.kind === 'failed' && other.error instanceof KassetteError);
    assert.equal(other.error.code, 'BACKUP_OPEN');
    const left = await world.run(endBackup({ ...flags('two'), failed: true }));
    assert.equal(left.kind, 'done');
    const joined = await world.run(backUp(flags('three', 'b')));
    assert.ok(joined.kind === 'done' && joined.result.tag === first.result.tag);
  }));

test('a namespace that does not come: the hook that waits for it succeeds with a warning, and the backup stays open', async () =>
  inCopy(async (world) => {
    const flags = { run: 'one', hook: true, forNamespace: 'a' };
    assert.equal((await world.run(backUp(flags))).kind, 'done');
    const end = await world.run(endBackup(flags));
    assert.ok(end.kind === 'done', JSON.stringify(end));
    assert.match(world.warnings.join('\n'), /Namespace b has not ended within 120 s/);
    const next = await world.run(backUp({ ...flags, run: 'two' }));
    assert.ok(next.kind === 'failed' && next.error instanceof KassetteError);
    assert.equal(next.error.code, 'BACKUP_OPEN');
    await assertNextIsKept(world, '');
  }));

test('one namespace after the other: the first waits in vain and is kept with a warning, the second joins the same backup and closes it', async () =>
  inCopy(async (world) => {
    const tags: (string | null)[] = [];
    for (const forNamespace of ['a', 'b']) {
      const flags = { run: forNamespace, hook: true, forNamespace };
      const made = await world.run(backUp(flags));
      assert.ok(made.kind === 'done', JSON.stringify(made));
      tags.push(made.result.tag);
      assert.deepEqual(world.cluster.nodes.map(wholeOn), [[tags[0]], [tags[0]]]);
      assert.equal((await world.run(endBackup(flags))).kind, 'done');
    }
    assert.equal(tags[0], tags[1]);
    assert.match(world.warnings.join('\n'), /^Namespace b has not ended within 120 s\.[^\n]*$/);
    assert.ok(world.cluster.nodes.every((n) => world.cluster.hasFile(n, 'kassette/closed.json')));
    await assertNextIsKept(world, '');
  }));

test('restore hooks of both namespaces at the same moment: one restores all, the other finds it done', async () => {
  const world = await restoredVolumes(
    livingCluster(World.make({ dc1: 1, dc2: 1 }, { namespaces: NAMESPACES })),
  );
  // The datacenter of the other namespace comes later.
  let missing = 2;
  const found = restore({ forNamespace: 'a' });
  const first = world.run((ports, process) => {
    const find: typeof ports.datacenters.find = async (names) => {
      if (missing-- > 0) throw new KassetteError('NOT_FOUND', 'dc2 is not there.', 'Wait.');
      return ports.datacenters.find(names);
    };
    return found({ ...ports, datacenters: { ...ports.datacenters, find } }, process);
  });
  const ends = await Promise.all([first, world.run(restore({ forNamespace: 'b' }))]);
  const outcomes = ends.flatMap((end) => {
    assert.ok(end.kind === 'done', JSON.stringify(end));
    return (end.result as AfterRestoreResult).clusters.map((c) => `${c.outcome} ${c.tag}`);
  });
  assert.deepEqual(outcomes.toSorted(), [`restored ${world.tag}`, `unchanged ${world.tag}`]);
  const [one, two] = world.cluster.nodes.map((n) => world.cluster.rows[n.name]);
  assert.deepEqual(one, two);
  assert.ok(one?.['shop.stays']?.['a'] !== undefined && one['shop.stays']['d'] === undefined);
  world.remove();
});

test('a namespace without a datacenter is refused, and a hook names no backup', async () =>
  inCopy(async (world) => {
    const codeOf = async (command: ReturnType<typeof endBackup>) => {
      const end = await world.run(command);
      return end.kind === 'failed' && end.error instanceof KassetteError ? end.error.code : end.kind;
    };
    assert.equal(await codeOf(backUp({ forNamespace: 'c', hook: true })), 'NOT_FOUND');
    assert.equal(await codeOf(endBackup({ forNamespace: 'c', hook: true })), 'NOT_FOUND');
    assert.equal(await codeOf(endBackup({ forNamespace: 'c', hook: true, failed: true })), 'NOT_FOUND');
    assert.equal(await codeOf(endBackup({ forNamespace: 'a', incomplete: true })), 'USAGE');
  }));
