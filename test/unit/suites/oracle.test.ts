import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawPlan, NODES } from '../../oracle/draw.ts';
import type { Ended, Ground } from '../../oracle/ground.ts';
import { describePlan, type Plan } from '../../oracle/plan.ts';
import { failureText, play } from '../../oracle/play.ts';
import { shortened } from '../../oracle/shorten.ts';

/* The oracle's own parts: what is drawn, judged and shortened. What it finds is in test/oracle. */

const PARTS = ['altered.grown', 'deletions.tombstones'];
const plans = Array.from({ length: 600 }, (_, seed) => drawPlan(seed, PARTS));
const share = (of: (plan: Plan) => boolean) => plans.filter(of).length / plans.length;
const missesOne = (plan: Plan) =>
  plan.harm.some((a) => a.do === 'compare and set' && a.without !== null) && plan.restore.method === 'warm';
const forbids = (plan: Plan) => plan.harm.some((a) => a.do === 'forbid');
const hasStray = (plan: Plan) => plan.harm.some((a) => a.do === 'stray');

test('a seed draws the same plan again, and another one another', () => {
  assert.deepEqual(drawPlan(17, PARTS), drawPlan(17, PARTS));
  assert.equal(new Set(plans.map((plan) => describePlan(plan))).size, plans.length);
});

test('what has brought wrong rows back is in many plans', () => {
  assert.ok(share(missesOne) > 0.1, 'a node that has missed lightweight transactions');
  assert.ok(share((p) => p.logsOutside && p.restore.method !== 'warm') > 0.08, 'commit logs outside');
  assert.ok(share(hasStray) > 0.15, 'stray SSTables');
  assert.ok(share(forbids) > 0.1, 'a configuration that forbids');
  assert.ok(share((p) => p.copying !== null) > 0.3, 'volumes that come back');
  assert.ok(share((p) => p.restore.kills.length > 0) > 0.3, 'killed restores');
});

test('no plan asks for what cannot be', () => {
  for (const { harm, copying, restore } of plans) {
    assert.ok(copying === null || copying.after.length === NODES);
    assert.ok(copying?.after.every((n, i, all) => n <= harm.length && n >= (all[i - 1] ?? 0)) ?? true);
    assert.ok(copying !== null || restore.method !== 'volumes');
    // Cassandra would not start on it.
    assert.ok(copying === null || !harm.some((a) => a.do === 'stray' && a.how === 'unreadable'));
  }
});

const DONE: Ended = { kind: 'done', code: null, text: '', point: null };
const refused = (code: string): Ended => ({ kind: 'refused', code, text: code, point: null });
const QUIET_PLAN: Plan = {
  ...drawPlan(1, PARTS),
  ...{ logsOutside: false, copying: null, harm: [], backup: { kills: [], closing: [] } },
  restore: { method: 'warm', damage: null, kills: [] },
};
const DAMAGED: Plan = {
  ...QUIET_PLAN,
  restore: { ...QUIET_PLAN.restore, damage: { how: 'missing', node: 0 } },
};

/** A ground on which nothing happens; `ends`: how runs of `after-restore` end. */
function ground(ends: readonly Ended[], replaced: Partial<Ground> = {}): Ground {
  const left = [...ends];
  const nothing = async () => {};
  const none = async () => [];
  return {
    ...{ begin: nothing, perform: nothing, remember: nothing, mark: nothing, startWriter: nothing },
    ...{ stopWriter: nothing, copy: nothing, putBack: nothing, start: nothing, allow: nothing },
    ...{ damage: nothing, mend: nothing, differences: none, changes: none, leftovers: none, cells: 0 },
    run: async (command) => (command === 'after-restore' ? (left.shift() ?? DONE) : DONE),
    ...replaced,
  };
}

async function failures(plan: Plan, of: Ground): Promise<readonly string[]> {
  return (await play(of, [plan], { isQuiet: true })).failures.map((f) => f.what);
}

test('a refusal for a reason that the plan gives is mended, any other is a failure', async () => {
  assert.deepEqual(await failures(DAMAGED, ground([refused('FILES_DAMAGED')])), []);
  const again = await failures(DAMAGED, ground([refused('FILES_DAMAGED'), refused('FILES_DAMAGED')]));
  assert.deepEqual(again, ['after-restore ended with FILES_DAMAGED: FILES_DAMAGED']);
  const without = await failures(QUIET_PLAN, ground([refused('FILES_DAMAGED')]));
  assert.deepEqual(without, ['after-restore ended with FILES_DAMAGED: FILES_DAMAGED']);
});

test('a refused restore that has changed something is a failure', async () => {
  const changed = ground([refused('FILES_DAMAGED')], { changes: async () => ['a row'] });
  assert.deepEqual(await failures(DAMAGED, changed), [
    'the restore was refused (FILES_DAMAGED), and changed:\n  a row',
  ]);
});

test('what differs after the restore, or only after use, is a failure that says how to repeat it', async () => {
  let asked = 0;
  const later = ground([], { differences: async () => (++asked === 2 ? ['a newer row'] : []) });
  const { failures: found } = await play(later, [QUIET_PLAN], { isQuiet: true });
  assert.equal(asked, 2);
  const text = found.map((f) => failureText(f, 'FILE')).join('\n');
  assert.match(text, /not that of the backup after use:\n {2}a newer row/);
  assert.match(text, /ORACLE_SEED=1 node --test --test-force-exit FILE/);
});

test('a plan is shortened to what its failure needs', async () => {
  const plan = plans.find((p) => missesOne(p) && p.harm.length > 3 && p.copying !== null);
  assert.ok(plan !== undefined);
  const short = await shortened(plan, async (p) => missesOne(p));
  assert.deepEqual([short.harm.length, short.workload.length, short.use.length], [1, 0, 0]);
  assert.deepEqual([short.backup.kills, short.restore.kills, short.restore.damage], [[], [], null]);
});
