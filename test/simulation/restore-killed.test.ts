import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import type { World } from './cluster/world.ts';
import { nothingIsLost } from './runs/ends.ts';
import { cleanVolumes, restore, restoredVolumes, whileStopped } from './runs/history.ts';
import { againAndAgain, atEveryCall, cutAndSlow, rowsAfter } from './runs/points.ts';
import { FAULTS } from './runs/process.ts';

// Tables that stay, have other options, another structure, are gone or too much: all in one schema.
const world = await restoredVolumes();
after(() => world.remove());
const command = restore();
const invariant = nothingIsLost(world.tag, await rowsAfter(world, command));

for (const fault of FAULTS) {
  test(`after-restore, ${fault} at every call: run again it comes to the same end, and nothing is lost meanwhile`, (t) =>
    atEveryCall(t, fault, { world, command, invariant }));
}
test('after-restore, killed at every call with all nodes: run again it comes to the same end', (t) =>
  atEveryCall(t, 'restarted', { world, command, invariant, doneAs: 'NO_BACKUP' }));
test('after-restore, several times over', (t) => againAndAgain(t, { world, command, invariant }, 60));

// The next run takes the lease after 30 s, and comes to its verification some 70 calls later. What came after that nobody would see.
const MOMENTS = Array.from({ length: 55 }, (_, i) => 30_010 + i);

test('after-restore: a TRUNCATE of a run that was killed comes at each moment of the next one until that verifies, and is seen where it does harm', (t) =>
  cutAndSlow(t, { world, command, invariant }, 'cql truncate', {
    seenAs: 'VERIFY_FAILED',
    pausesMs: MOMENTS,
  }));

test('after-restore, killed when all was loaded: the run that tidies up leaves the snapshots that a user has caused since', async () => {
  const [whole, killed] = [world.copy(), world.copy()];
  try {
    const { calls } = await whole.run(command);
    const loaded = calls.lastIndexOf('volumes writeJournal') + 1;
    assert.equal((await killed.run(command, { fault: 'killed after', at: loaded })).kind, 'killed');
    killed.cluster.change('DROP TABLE IF EXISTS "shop"."stays"');
    const ending = await killed.run(command);
    assert.equal(ending.kind, 'done');
    for (const node of killed.cluster.nodes) {
      const left = readdirSync(node.volume, { recursive: true, encoding: 'utf8' });
      const snapshots = left.filter((path) => /\/shop\/stays-[^/]*\/snapshots\/[^/]*$/.test(path));
      assert.deepEqual(snapshots.map((path) => path.replace(/.*\/|\d{3,}/g, '')).toSorted(), [
        'dropped--stays',
        'truncated-1-stays',
      ]);
    }
  } finally {
    whole.remove();
    killed.remove();
  }
});

/** For each node the names of automatic snapshots of a table, without the times in them. */
function automaticOf({ cluster }: World, table: string): readonly (readonly string[])[] {
  return cluster.nodes.map(({ volume }) =>
    readdirSync(volume, { recursive: true, encoding: 'utf8' })
      .filter((path) => new RegExp(`/${table}-[^/]*/snapshots/(dropped|truncated)-[^/]*$`).test(path))
      .map((path) => path.replace(/.*\/|\d{3,}/g, ''))
      .toSorted(),
  );
}

test('after-restore --keep-extra: automatic snapshots that a user causes of a table that is kept stay', async () => {
  const kept = world.copy();
  try {
    // By mistake, while other tables are being loaded.
    kept.check = (call) => {
      if (call === 'volumes link') kept.cluster.change('DROP TABLE IF EXISTS "other"."extra"');
    };
    assert.equal((await kept.run(restore({ keepExtra: true }))).kind, 'done');
    assert.deepEqual(
      automaticOf(kept, 'other/extra'),
      kept.cluster.nodes.map(() => ['dropped--extra']),
    );
    // Its own of a table that it recreates goes.
    assert.deepEqual(automaticOf(kept, 'shop/restructured'), automaticOf(world, 'shop/restructured'));
  } finally {
    kept.remove();
  }
});

test('after-restore of volumes that were restored cold: automatic snapshots that a user causes meanwhile stay', async () => {
  const cold = world.copy();
  try {
    await whileStopped(cold, () => cold.run(cleanVolumes()));
    const ahead = cold.copy();
    const { calls } = await ahead.run(restore());
    ahead.remove();
    let made = 0;
    cold.check = () => {
      if (made++ === calls.lastIndexOf('cql gossipGeneration'))
        cold.cluster.change('DROP TABLE IF EXISTS "shop"."gone"');
    };
    assert.equal((await cold.run(restore())).kind, 'done');
    assert.deepEqual(
      automaticOf(cold, 'shop/gone'),
      cold.cluster.nodes.map(() => ['dropped--gone']),
    );
  } finally {
    cold.remove();
  }
});
