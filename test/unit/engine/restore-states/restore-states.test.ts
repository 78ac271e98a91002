import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPlan } from '../../../../src/cli/render/restore.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { healthyClusters } from '../../../../src/engine/cluster/clusters.ts';
import { withSessions } from '../../../../src/engine/cluster/sessions.ts';
import { type AfterRestoreResult, afterRestore } from '../../../../src/engine/verbs/after-restore.ts';
import { type PlanResult, plan } from '../../../../src/engine/verbs/plan.ts';
import { status } from '../../../../src/engine/verbs/status.ts';
import { refuseIfAwaitingRestore } from '../../../../src/engine/volumes/leftovers.ts';
import { surveyAll } from '../../../../src/engine/volumes/surveys.ts';
import { clusterWith } from '../../support/kept-cluster.ts';
import { cold, KeptVolumes, OPTIONS, TAG } from '../../support/kept-volumes.ts';
import { outcomeOf, type RestorableCluster } from '../../support/restorable-cluster.ts';
import { COLD } from './cases/cold.ts';
import { CONTRADICTORY } from './cases/contradictory.ts';
import { TABLES } from './cases/tables.ts';
import { WARM } from './cases/warm.ts';

const WARM_ONLY = { ...OPTIONS, recover: 'never' } as const;

/** What of a cluster's result can be told beforehand. */
const foretold = ({ clusters }: AfterRestoreResult) =>
  clusters.map((c) => ({
    ...{ cluster: c.cluster, tag: c.tag, outcome: c.outcome },
    method: c.cold !== null || c.why?.endsWith(', cold') ? 'cold' : 'warm',
    ...{ tables: c.tables, files: c.files, bytes: c.bytesLinked, plan: c.plan },
  }));

const OUTCOMES = { nothing: 'unchanged', tidy: 'finished', replace: 'restored' } as const;

/** The same as `plan` has it. */
function asPlanned({ clusters, plans }: PlanResult): ReturnType<typeof foretold> {
  return clusters.map(({ cluster, next, tag, method, tables, files, bytes }) => ({
    ...{ cluster, tag, outcome: OUTCOMES[next], method, tables, files, bytes },
    plan: next === 'replace' ? (plans.find((p) => p.cluster === cluster) ?? null) : null,
  }));
}

const inWords = (told: ReturnType<typeof foretold> | string) =>
  typeof told === 'string' ? told : told.map((t) => `${t.outcome} ${t.tag} ${t.method}`).join();

async function hook({ ports }: RestorableCluster): Promise<string | null> {
  try {
    await withSessions(ports, await healthyClusters(ports, WARM_ONLY), async ([connected]) => {
      assert.ok(connected);
      const surveys = await surveyAll(ports, connected.cluster.nodes, 2);
      await refuseIfAwaitingRestore(ports, connected, surveys, WARM_ONLY);
    });
    return null;
  } catch (error) {
    assert.ok(error instanceof KassetteError && error.code === 'RESTORE_PENDING', String(error));
    return error.message;
  }
}

/** What `plan` prints of it begins with this. */
const PRINTED = {
  unchanged: /^cluster c: nothing is to do; backup \S+: it was restored before, at /,
  finished: /^cluster c: the data are those of backup \S+: .*\nremove the backup .*; no table is changed$/,
  restored: /^cluster c, backup \S+\nload\ntotal: 0 tables/,
} as const;

const CASES = [...WARM, ...COLD, ...TABLES, ...CONTRADICTORY];

test('a cold restore that is gone on with while it tidies up records the sums of all nodes, not of those that are left', async () => {
  const volumes = new KeptVolumes();
  volumes.tidied('one', TAG, { method: 'cold' }).backup('other', { cold: cold('restored') });
  const { clusters } = await afterRestore(clusterWith(volumes).ports, WARM_ONLY);
  assert.deepEqual(
    [clusters[0]?.outcome, clusters[0]?.files, clusters[0]?.bytesLinked],
    ['finished', 16, 100],
  );
});

for (const { name, volumes, options, after, did, hook: refused = null, restoring = [], warns } of CASES) {
  const given = { ...WARM_ONLY, ...options };

  test(`${name}: after-restore does what plan prints, and does it without plan`, async () => {
    const found = clusterWith(volumes());
    const printed = await outcomeOf(plan(found.ports, given));
    const planned = typeof printed === 'string' ? printed : asPlanned(printed);
    assert.equal(inWords(planned), after);
    assert.deepEqual(found.done, [], 'plan changes nothing');
    if (typeof printed !== 'string' && typeof planned !== 'string' && planned[0] !== undefined)
      assert.match(renderPlan(printed).text, PRINTED[planned[0].outcome]);
    for (const run of [found, clusterWith(volumes())]) {
      const done = await outcomeOf(afterRestore(run.ports, given).then(foretold));
      assert.deepEqual(done, planned);
      assert.deepEqual(run.done, did);
      if (warns?.flags === 'm') assert.match(run.warnings.join('\n'), warns);
    }
  });

  test(`${name}: run again it has nothing to do`, async () => {
    const found = clusterWith(volumes());
    const done = await outcomeOf(afterRestore(found.ports, given).then(foretold));
    if (typeof done === 'string') return;
    const again = { ...given, tag: done[0]?.tag };
    const twice = await outcomeOf(afterRestore(found.ports, again).then(foretold));
    assert.equal(inWords(twice), `unchanged ${again.tag} ${done[0]?.method}`);
  });

  test(`${name}: a hook and status`, async () => {
    const found = clusterWith(volumes());
    const { clusters } = await status(found.ports, WARM_ONLY);
    const begun = clusters.flatMap((c) => c.backups.filter((b) => b.restoring).map((b) => b.tag));
    assert.deepEqual(begun, restoring);
    const why = await hook(found);
    if (refused === null) assert.equal(why, null);
    else assert.match(why ?? 'not refused', refused);
    if (warns?.flags === '') assert.match(found.warnings.join('\n'), warns);
    assert.deepEqual(found.done, []);
  });
}
