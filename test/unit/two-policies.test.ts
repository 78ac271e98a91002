import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterBackup } from '../../src/engine/verbs/after-backup.ts';
import { beforeBackup } from '../../src/engine/verbs/before-backup.ts';
import { BackupSimulation, restorable } from './backup-simulation.ts';
import { interleave, type Kill, orders, PolicyRun, rest } from './policy-run.ts';

/*
 * Two policies with hooks on one namespace, step by step in every order: preHook, a copy of each volume, and onSuccess or
 * onFailure. Whatever Kasten keeps can be restored to the backup that its own run has made.
 */
const OPTIONS = {
  ...{ datacenters: [], timeoutMs: 1000, concurrency: 2, tag: undefined },
  signal: new AbortController().signal,
};
/** before, two copies, end. */
const STEPS = 4;
const HOUR = 3_600_000;

interface Case {
  readonly order: readonly number[];
  readonly named: boolean;
  readonly fails: readonly [boolean, boolean];
  readonly kill?: Kill;
  readonly copiesAtOnce?: boolean;
}

async function play({ order, named, fails, kill, copiesAtOnce = false }: Case) {
  const simulation = new BackupSimulation();
  const runs = fails.map(
    (copyFails, i) =>
      new PolicyRun(simulation, {
        run: named ? `run-${i}` : null,
        copyFails,
        copiesAtOnce,
        kill: i === 0 ? kill : undefined,
      }),
  );
  await interleave(runs, order);
  const told = `${JSON.stringify({ order, named, fails, kill })} ${runs.map((r) => `${r.tag} kept ${r.kept} restores to ${r.restoresTo} ${r.failures}`).join('; ')}\n${simulation.events.join('\n')}`;
  for (const run of runs) if (run.kept) assert.equal(run.restoresTo, run.tag, told);
  return { simulation, runs, told };
}

/** A day later whatever was left is abandoned, and a policy alone has what it needs. */
async function assertNextBackupIsKept(simulation: BackupSimulation, told: string): Promise<void> {
  simulation.nowMs += 25 * HOUR;
  const next = new PolicyRun(simulation, { run: 'next' });
  await interleave([next], []);
  assert.ok(next.kept && next.restoresTo === next.tag, `${told}\nnext: ${next.failures}`);
  for (const [node, disk] of simulation.disks)
    assert.deepEqual([[...disk.backups.keys()], [...disk.snapshots.keys()]], [[], []], `${node} ${told}`);
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
    for (const order of orders(STEPS, STEPS)) {
      for (const fails of OUTCOMES) {
        const { simulation, runs, told } = await play({ order, named, fails });
        const first = order[0] ?? 0;
        assert.equal(runs[first]?.kept, !fails[first], told);
        // The other one has its turn only once the first has ended: its retry comes at once.
        const second = 1 - first;
        const refused = order.indexOf(second) < order.lastIndexOf(first);
        if (refused)
          assert.deepEqual(
            runs[second]?.failures.slice(0, 2),
            ['before BACKUP_OPEN', 'before BACKUP_OPEN'],
            told,
          );
        assert.equal(runs[second]?.kept, !refused && !fails[second], told);
        if (named) await assertNextBackupIsKept(simulation, told);
      }
    }
  });
}

/** before, copies, end, and one of them once more. */
const KILLED_ORDERS = orders(4, 3);

test('a hook is killed at any of its calls and tried again, while the other policy does anything: what is made is kept and can be restored', async () => {
  const killed = new Set<string>();
  for (const hook of ['before', 'end'] as const) {
    for (const [i, order] of KILLED_ORDERS.entries()) {
      const fails = [false, false] as const;
      const rest = { order, named: true, fails, copiesAtOnce: true };
      const { runs } = await play(rest);
      const calls = runs[0]?.calls[hook] ?? 0;
      // Every call in every third order: they differ in what comes before and after.
      for (let at = 1 + (i % 3); at <= calls + 1; at += 3) {
        const { simulation, runs: both, told } = await play({ ...rest, kill: { hook, at } });
        // Nor does a hook that comes late, or twice, take anything away from the other run.
        for (const run of both) assert.equal(run.kept, run.tag !== null, told);
        if (i % 5 === 0) await assertNextBackupIsKept(simulation, told);
        killed.add(`${hook} ${at} of ${calls}`);
      }
    }
  }
  assert.ok(killed.size > 60, `${killed.size}`);
});

test('a policy alone, whatever call its hooks are killed at, is kept after one more try', async () => {
  for (const run of ['run-0', null]) {
    for (const hook of ['before', 'end'] as const) {
      const whole = new PolicyRun(new BackupSimulation(), { run });
      await interleave([whole], []);
      for (let at = 1; at <= whole.calls[hook]; at++) {
        const simulation = new BackupSimulation();
        const one = new PolicyRun(simulation, { run, kill: { hook, at } });
        await interleave([one], []);
        // Killed with a backup but before it could say so, and known to nobody: only that waits to be abandoned.
        const unknown = run === null && hook === 'before' && one.failures.includes('before BACKUP_OPEN');
        if (unknown) assert.ok(at >= whole.calls.before - 2, `${at} of ${whole.calls.before}`);
        else assert.ok(one.kept && one.restoresTo === one.tag, `${run} ${hook} ${at} ${one.failures}`);
        await assertNextBackupIsKept(simulation, `${run} ${hook} ${at}`);
      }
    }
  }
});

test('one policy is refused as BUSY while the other one makes its backup: its failure hook leaves that alone', async () => {
  for (const run of ['run-1', null]) {
    const simulation = new BackupSimulation();
    const [p1, p2] = [new PolicyRun(simulation, { run: run && 'run-0' }), new PolicyRun(simulation, { run })];
    const second = p2.parts();
    let begun = false;
    simulation.before = async (call) => {
      if (call !== 'takeSnapshot' || begun) return;
      begun = true;
      await second.next();
    };
    const first = p1.parts();
    await first.next();
    assert.deepEqual(p2.failures, ['before BUSY', 'before BUSY']);
    await rest(second);
    for (const event of [/^BackupRefused: .* run works on/m, /^BackupLeft: Backup kassette-/m])
      assert.match(simulation.events.join('\n'), event);
    await rest(first);
    assert.ok(p1.kept && p1.restoresTo === p1.tag && !p2.kept);
  }
});

test('what was removed by hand during the copies fails the success hook, and so does what is damaged', async () => {
  const harms: readonly [string, (s: BackupSimulation) => unknown][] = [
    [
      'NO_BACKUP',
      (s) => afterBackup(s.ports().ports, { ...OPTIONS, tag: [...s.disk('n1').backups.keys()][0] ?? '' }),
    ],
    ['NO_BACKUP', (s) => afterBackup(s.ports().ports, OPTIONS)],
    ['FILES_DAMAGED', (s) => void s.disk('n2').snapshots.values().next().value?.delete('nb-1-big-Data.db')],
    ['FILES_DAMAGED', (s) => void s.disk('n2').snapshots.values().next().value?.set('nb-1-big-Index.db', 3)],
    ['BACKUP_INCOMPLETE', (s) => s.disk('n2').backups.clear()],
    [
      'MANIFEST_DAMAGED',
      (s) => {
        for (const b of s.disk('n1').backups.values()) b.manifest = b.manifest.slice(9);
      },
    ],
  ];
  for (const [code, harm] of harms) {
    for (const run of ['run-0', null]) {
      const simulation = new BackupSimulation();
      const one = new PolicyRun(simulation, { run });
      const parts = one.parts();
      await parts.next();
      await harm(simulation);
      await rest(parts);
      assert.deepEqual([one.kept, one.failures[0]], [false, `end ${code}`]);
      assert.match(simulation.events.join('\n'), /^BackupCloseFailed: /m);
      await assertNextBackupIsKept(simulation, code);
    }
  }
});

test('run again after success the hook says that the backup was closed before', async () => {
  const simulation = new BackupSimulation();
  const hook = { ...OPTIONS, run: 'a', hook: true };
  const { tag } = await beforeBackup(simulation.ports().ports, hook);
  const { removed, closed } = await afterBackup(simulation.ports().ports, hook);
  assert.deepEqual([removed, closed], [[tag], tag]);
  const again = await afterBackup(simulation.ports().ports, hook);
  assert.deepEqual([again.removed, again.closed, again.left], [[], tag, []]);
  // Not by the hook of another run: what that one has copied is not there.
  await assert.rejects(afterBackup(simulation.ports().ports, { ...hook, run: 'b' }), { code: 'NO_BACKUP' });
  // A late repetition leaves what another run has made since.
  const next = await beforeBackup(simulation.ports().ports, { ...hook, run: 'b' });
  const late = await afterBackup(simulation.ports().ports, hook);
  assert.deepEqual([late.removed, late.closed, late.left.map((l) => l.tag)], [[], tag, [next.tag]]);
  assert.equal(restorable([...simulation.disks.values()]), next.tag);
});

test('an open backup is refused with when it is abandoned and what to do; abandoned it is removed, and its run is told', async () => {
  const simulation = new BackupSimulation();
  const started = simulation.nowMs;
  const { tag, abandonedAt } = await beforeBackup(simulation.ports().ports, {
    ...OPTIONS,
    run: 'a',
    hook: true,
    abandonAfterMs: 2 * HOUR,
  });
  assert.ok(Math.abs(Date.parse(abandonedAt) - started - 2 * HOUR) < 1000);
  const next = { ...OPTIONS, run: 'b', hook: true };
  await assert.rejects(beforeBackup(simulation.ports().ports, next), {
    code: 'BACKUP_OPEN',
    exit: 43,
    message: new RegExp(
      `^Backup ${tag} of c, made by run a at 2026-\\S+, is open: .* abandoned from ${abandonedAt}\\.$`,
    ),
    hint: new RegExp(`«kassette after-backup --tag ${tag}»`),
  });
  assert.equal(restorable([...simulation.disks.values()]), tag);
  simulation.nowMs += 2 * HOUR;
  const second = await beforeBackup(simulation.ports().ports, next);
  assert.deepEqual(second.removed, [tag]);
  assert.match(
    simulation.events.join('\n'),
    new RegExp(`^BackupGivenUp: Backup ${tag} counts as abandoned since`, 'm'),
  );
  const message = new RegExp(
    `^Backup ${tag} was removed before the hook of its own run came, and backup ${second.tag} has been made by run b since`,
  );
  await assert.rejects(afterBackup(simulation.ports().ports, { ...OPTIONS, run: 'a', hook: true }), {
    code: 'NO_BACKUP',
    message,
  });
  assert.equal(restorable([...simulation.disks.values()]), second.tag);
});

test('a hook’s run that starts over, or names the tag again, makes its own backup anew', async () => {
  const simulation = new BackupSimulation();
  const hook = { ...OPTIONS, run: 'a', hook: true };
  const first = await beforeBackup(simulation.ports().ports, hook);
  simulation.nowMs += HOUR;
  const second = await beforeBackup(simulation.ports().ports, hook);
  assert.deepEqual(second.removed, [first.tag]);
  const named = { ...OPTIONS, tag: second.tag };
  assert.equal((await beforeBackup(simulation.ports().ports, named)).tag, second.tag);
});

test('with a tag the failure hook removes that backup alone, and --close closes that one alone', async () => {
  const simulation = new BackupSimulation();
  const { tag } = await beforeBackup(simulation.ports().ports, OPTIONS);
  const other = 'kassette-20200101T000000Z-0001';
  const failed = { ...OPTIONS, hook: true, failed: true };
  const { removed, left } = await afterBackup(simulation.ports().ports, { ...failed, tag: other });
  assert.deepEqual([removed, left.map((l) => l.tag)], [[], [tag]]);
  await assert.rejects(afterBackup(simulation.ports().ports, { ...OPTIONS, close: true, tag: other }), {
    code: 'NO_BACKUP',
  });
  assert.equal((await afterBackup(simulation.ports().ports, { ...OPTIONS, close: true, tag })).closed, tag);
  const again = await beforeBackup(simulation.ports().ports, OPTIONS);
  assert.deepEqual((await afterBackup(simulation.ports().ports, { ...failed, tag: again.tag })).removed, [
    again.tag,
  ]);
});
