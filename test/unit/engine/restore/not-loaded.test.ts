import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KassetteError } from '../../../../src/domain/errors.ts';
import { afterRestore } from '../../../../src/engine/verbs/after-restore.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { backUp, restore } from '../../../simulation/runs/history.ts';
import { OPTIONS } from '../../support/restorable-cluster.ts';
import { worldWithTable } from '../../support/world-with-table.ts';

// A node answers that it has loaded a table, as one does that leaves out an SSTable which it cannot read.

test('a node that loads nothing and says that it has fails the restore, and a run that loads all ends it', async () => {
  const world = worldWithTable('of the backup');
  const { cluster } = world;
  assert.equal((await world.run(backUp())).kind, 'done');
  cluster.write('ks', 't', 'a', 'newer');
  const { control, ...ports } = world.ports();
  const [, last] = cluster.nodes;
  const refresh: Ports['control']['refresh'] = async (node, ...table) =>
    node.name === last?.name ? 'done' : control.refresh(node, ...table);
  await assert.rejects(
    afterRestore({ ...ports, control: { ...control, refresh } }, OPTIONS),
    (error: KassetteError) => {
      assert.equal(error.code, 'VERIFY_FAILED');
      assert.match(error.message, new RegExp(`${last?.name} did not load all files of .*ks/t-`));
      return true;
    },
  );
  assert.equal((await world.run(restore())).kind, 'done');
  for (const node of cluster.nodes)
    assert.deepEqual([...cluster.at(node).rows(cluster.table('ks', 't')).values()], ['of the backup']);
});
