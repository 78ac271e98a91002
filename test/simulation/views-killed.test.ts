import { after, test } from 'node:test';
import { nothingIsLost } from './ends.ts';
import { bringBack, cleanVolumes, restore } from './history.ts';
import { againAndAgain, atEveryCall, defineFor, rowsAfter } from './points.ts';
import { FAULTS } from './process.ts';
import { backUpApart, shopWithView } from './views.ts';
import type { World } from './world.ts';

// A view is dropped, created and built from its table when that is loaded, or when the volumes were restored cold.

/** Volumes with a backup whose view may differ from its table, and with newer rows. */
async function apart(): Promise<{ readonly world: World; readonly tag: string }> {
  const world = shopWithView();
  const { tag } = await backUpApart(world);
  world.cluster.write('shop', 'orders', 'a', 'newer');
  world.cluster.restart();
  return { world, tag };
}

const { world, tag } = await apart();
const cold = world.copy();
for (const { name } of cold.cluster.datacenters) cold.cluster.state.stopped[name] = null;
await cold.run(cleanVolumes());
cold.cluster.state.stopped = {};
cold.cluster.restart();
after(() => {
  world.remove();
  cold.remove();
});

const saved = await rowsAfter(world, restore());
const tables = bringBack({ from: { kind: 'backup', tag }, names: [{ keyspace: 'shop', table: 'orders' }] });
const MAIN = { world, command: restore(), invariant: nothingIsLost(tag, saved) };

for (const fault of FAULTS) {
  defineFor(true, fault)(`after-restore, a view to build, ${fault} at every call: run again it comes to the same end`, (t) =>
    atEveryCall(t, fault, MAIN),
  );
  defineFor(false, fault)(`restored cold, a view to build, ${fault} at every call of after-restore: the same`, (t) =>
    atEveryCall(t, fault, { world: cold, command: restore() }),
  );
  defineFor(false, fault)(`restore-table, a view to build, ${fault} at every call: the same`, (t) =>
    atEveryCall(t, fault, { world, command: tables }),
  );
}
test('after-restore, a view to build, several times over', (t) => againAndAgain(t, MAIN, 20));
