import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTableJournal } from '../../../../src/domain/tables/table-journal.ts';
import { plan } from '../../../../src/engine/verbs/plan.ts';
import {
  OPTIONS,
  outcomeOf,
  RestorableCluster,
  SAVED_GENERATION,
  TAG,
} from '../../support/restorable-cluster.ts';

/** A restore of one table that has begun at a second after the backup and not ended, on nodes that were started at others. */
async function planned(source: string, begun: number, ...started: readonly number[]) {
  const c = new RestorableCluster();
  for (const [i, node] of Object.values(c.world.cluster.state.nodes).entries())
    node.gossipGeneration = SAVED_GENERATION + (started[i] ?? 0);
  const journal = renderTableJournal([
    {
      ...{ key: 'k', source, tag: TAG, tables: ['"shop"."orders"'], options: [] },
      startedAt: new Date((SAVED_GENERATION + begun) * 1000).toISOString(),
      ...{ autoSnapshots: [], recreated: [], ids: {}, pendingStatements: [] },
    },
  ]);
  c.put('tables.json', journal);
  const of = (tag?: string) => outcomeOf(plan(c.ports, { ...OPTIONS, tag }));
  return { unnamed: await of(), named: await of(TAG) };
}

for (const source of [`backup:${TAG}`, 'clones:x']) {
  test(`a restore of tables from ${source} that has not ended is not taken for one of all`, async () => {
    // Whether all nodes were started anew between the backup and it says nothing.
    for (const started of [
      [0, 0],
      [900, 900],
      [1100, 900],
    ]) {
      const { unnamed, named } = await planned(source, 1000, ...started);
      assert.equal(unnamed, 'RESTORE_PENDING');
      assert.notEqual(named, 'RESTORE_PENDING');
    }
  });

  test(`what is left of one from ${source} in volumes that were restored keeps nothing from being restored`, async () => {
    const { unnamed } = await planned(source, 1000, 1100, 1100);
    assert.ok(typeof unnamed !== 'string');
    assert.deepEqual(
      unnamed.plans.map((p) => p.tag),
      [TAG],
    );
  });
}
