import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { checkAllCovered } from '../../../../src/domain/restore/cold-cover.ts';
import { afterRestore } from '../../../../src/engine/verbs/after-restore.ts';
import { plan } from '../../../../src/engine/verbs/plan.ts';
import { recover } from '../../../../src/engine/verbs/recover.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { OPTIONS, outcomeOf, RestorableCluster, TAG } from '../../support/restorable-cluster.ts';

const OTHER = 'kassette-20200101T000000Z-0000';

// What a cold restore decides; that it restores is for the tests with Cassandra.

test('all datacenters of a cluster are stopped, restored and started, and the backup then goes', async () => {
  const c = new RestorableCluster();
  const { clusters } = await recover(c.ports, OPTIONS);
  assert.deepEqual([clusters[0]?.outcome, clusters[0]?.tag], ['restored', TAG]);
  assert.deepEqual(c.done, [
    ...['stop dc1', 'stop dc2', 'mark dc1', 'mark dc2', 'clean n-dc1', 'clean n-dc2'],
    ...['start dc1', 'start dc2', 'finish n-dc1', 'finish n-dc2'],
  ]);
});

test('run again after its end, it stops nothing, and says that it is done; so does what was asked for by name', async () => {
  const c = new RestorableCluster();
  await recover(c.ports, OPTIONS);
  for (const tag of [undefined, TAG]) {
    c.done.length = 0;
    const options = { ...OPTIONS, tag, method: 'cold' as const };
    const planned = await plan(c.ports, options);
    assert.deepEqual([planned.recover, planned.clusters.map((p) => p.next)], [null, ['nothing']]);
    const { clusters } = await afterRestore(c.ports, options);
    assert.deepEqual(
      clusters.map((r) => [r.outcome, r.tag]),
      [['unchanged', TAG]],
    );
    assert.deepEqual(c.done, []);
  }
  assert.equal(
    await outcomeOf(afterRestore(c.ports, { ...OPTIONS, tag: OTHER, method: 'cold' })),
    'NO_BACKUP',
  );
});

test('one datacenter of two is refused before it is stopped', async () => {
  const c = new RestorableCluster();
  const options = { ...OPTIONS, datacenters: ['dc1'], method: 'cold' as const };
  assert.equal(await outcomeOf(recover(c.ports, options)), 'PARTIAL_CLUSTER');
  assert.equal(await outcomeOf(afterRestore(c.ports, options)), 'PARTIAL_CLUSTER');
  assert.deepEqual(c.done, []);
});

test('one whose other one is not known here is started again, with no volume changed', async () => {
  const c = new RestorableCluster();
  const ports = { ...c.ports };
  const datacenters = { ...ports.datacenters, find: async () => await c.ports.datacenters.find(['dc1']) };
  assert.equal(await outcomeOf(recover({ ...ports, datacenters }, OPTIONS)), 'PARTIAL_CLUSTER');
  assert.deepEqual(c.done, ['stop dc1', 'start dc1']);
});

test('nothing is stopped where the Jobs could not run; one that is stopped already is not tried again', async () => {
  const c = new RestorableCluster();
  const tried: string[] = [];
  c.before = (what) => {
    if (what.startsWith('try')) tried.push(what);
    if (what === 'try dc2') throw new KassetteError('JOB_FAILED', 'exceeded quota', 'Raise it.');
  };
  assert.equal(await outcomeOf(recover(c.ports, OPTIONS)), 'JOB_FAILED');
  assert.deepEqual([c.done, tried], [[], ['try dc1', 'try dc2']]);
  assert.match(c.told.join(), /^RestoreRefused: This run changed no volume: exceeded quota$/);
  c.stop('dc2', 'stopped');
  tried.length = 0;
  await recover(c.ports, OPTIONS);
  assert.deepEqual(tried, ['try dc1']);
});

test('what makes a backup whole is told by cluster and node', () => {
  const backup = { cluster: 'c', tag: TAG, nodes: ['a', 'b'] };
  const covering =
    (...nodes: readonly [string | null, string | null][]) =>
    () =>
      checkAllCovered(
        [backup],
        nodes.map(([cluster, node]) => ({ cluster, node })),
      );
  assert.doesNotThrow(covering(['c', 'a'], ['c', 'b']));
  assert.doesNotThrow(covering(['c', 'a'], [null, 'b']));
  for (const short of [
    covering(['c', 'a']),
    covering(['c', 'a'], ['other', 'b']),
    covering(['c', 'a'], ['c', null]),
  ]) {
    assert.throws(short, { code: 'PARTIAL_CLUSTER' });
  }
});

test('a datacenter that was restored cold is not done with while the other one is not looked at', async () => {
  const c = new RestorableCluster();
  await c.restoreCold('n-dc1');
  const options = { ...OPTIONS, datacenters: ['dc1'] };
  assert.equal(await outcomeOf(afterRestore(c.ports, options)), 'PARTIAL_CLUSTER');
  assert.deepEqual(c.done, []);
});

/** A run that fails when it comes to this call, as it would if it were killed there: nothing is put right any more. */
async function killedAt(c: RestorableCluster, call: string, run: typeof recover = recover): Promise<void> {
  let dead = false;
  c.before = (what) => {
    dead ||= what === call;
    if (dead) throw new Error('killed');
  };
  await assert.rejects(run(c.ports, OPTIONS), /killed/);
  c.before = () => {};
  c.done.length = 0;
}

async function failsAt(c: RestorableCluster, call: string, why: unknown, options = OPTIONS) {
  c.before = (what) => {
    if (what === call) throw why;
  };
  await assert.rejects(recover(c.ports, options), (e) => e === why);
  c.before = () => {};
}

const REASON = new Error('no space');

test('what fails before a volume is changed leaves the datacenters as they were found', async () => {
  const c = new RestorableCluster();
  await failsAt(c, 'look n-dc2', REASON);
  assert.deepEqual(c.done, ['stop dc1', 'stop dc2', 'start dc1', 'start dc2']);
  c.stop('dc2');
  c.done.length = 0;
  await failsAt(c, 'look n-dc2', REASON);
  assert.deepEqual(c.done, ['stop dc1', 'start dc1'], 'the other one was stopped by somebody');
});

test('once a volume may be changed nothing is started on a mixture, by no later run that gives up, either', async () => {
  const c = new RestorableCluster();
  await failsAt(c, 'clean n-dc2', REASON);
  assert.deepEqual(
    [...c.stopped],
    [
      ['dc1', 'changing'],
      ['dc2', 'changing'],
    ],
  );
  assert.match(c.warnings.join(), /dc1, dc2 stays stopped.*Run `kassette recover` again/);
  await failsAt(c, 'look n-dc1', REASON);
  assert.equal(c.stopped.size, 2);
  const { clusters } = await recover(c.ports, OPTIONS);
  assert.equal(clusters[0]?.outcome, 'restored');
  assert.equal(c.stopped.size, 0);
});

for (const call of ['look n-dc1', 'mark dc1', 'mark dc2', 'clean n-dc2', 'start dc1', 'start dc2']) {
  test(`killed at \`${call}\`, after-restore goes on`, async () => {
    const c = new RestorableCluster();
    await killedAt(c, call);
    const { method, clusters } = await afterRestore(c.ports, OPTIONS);
    // What the killed run restored is not told as this one's work; what has been started among others is restored once more.
    const byThisRun = { 'clean n-dc2': 1, 'start dc1': 0, 'start dc2': 1 }[call] ?? 2;
    const outcome = byThisRun === 0 ? 'finished' : 'restored';
    assert.deepEqual([method, clusters[0]?.outcome, c.stopped.size], ['cold', outcome, 0]);
    const { restoredAt, ...by } = clusters[0]?.cold ?? { restoredAt: '' };
    assert.deepEqual(by, { volumes: 2, byThisRun });
    assert.match(restoredAt, /^2026-03-01T02:/);
  });
}

test('it does not where it was told never to, where nobody agrees, or where somebody stopped the datacenter', async () => {
  const c = new RestorableCluster();
  await killedAt(c, 'clean n-dc2');
  for (const options of [
    { ...OPTIONS, recover: 'never' as const },
    { ...OPTIONS, recover: 'ask' as const },
    { ...OPTIONS, method: 'warm' as const },
  ])
    await assert.rejects(afterRestore(c.ports, options), { code: 'NOT_READY', hint: /kassette recover/ });
  const theirs = new RestorableCluster();
  theirs.stop('dc1');
  assert.equal(await outcomeOf(afterRestore(theirs.ports, OPTIONS)), 'NOT_READY');
  assert.deepEqual([c.done, theirs.done], [[], []]);
});

const LOST = new KassetteError('LEASE_LOST', 'The lease was taken.', 'Look who else runs kassette.');

for (const call of ['look n-dc2', 'clean n-dc2']) {
  test(`a run that loses its lease at \`${call}\` starts nothing any more: another one may be at work`, async () => {
    const c = new RestorableCluster();
    c.before = (what) => {
      if (what !== call) return;
      c.lost.abort(LOST);
      throw new Error('aborted');
    };
    await assert.rejects(recover(c.ports, OPTIONS), /aborted/);
    assert.ok(!c.done.some((what) => what.startsWith('start')), c.done.join());
    assert.match(c.warnings.join(), /Run `kassette recover`/);
  });
}

test('nor does one that was stopped itself for a while, and looks before it starts anything', async () => {
  const c = new RestorableCluster();
  c.before = (what) => {
    if (what === 'clean n-dc2') c.taken = LOST;
  };
  assert.equal(await outcomeOf(recover(c.ports, OPTIONS)), 'LEASE_LOST');
  assert.deepEqual(
    c.done.filter((what) => what.startsWith('start')),
    [],
  );
});

test('nodes that stop one after the other are waited for as long as that takes', async () => {
  const c = new RestorableCluster();
  const clock = fakeClock();
  const now = () => clock.now().getTime();
  const stopping = (until: number) => ({
    ...c.ports,
    clock,
    recovery: {
      ...c.ports.recovery,
      users: async ({ name }: { name: string }) =>
        ['a', 'b', 'c'].filter((_, i) => name === 'dc1' && now() < Math.min(until, 40_000 * (i + 1))),
    },
  });
  await recover(stopping(120_000), { ...OPTIONS, timeoutMs: 60_000 });
  assert.equal(now(), 120_000);
});
