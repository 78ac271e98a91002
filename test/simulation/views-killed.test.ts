import { after, test } from 'node:test';
import { allTest } from '../tiers.ts';
import type { World } from './cluster/world.ts';
import { nothingIsLost } from './runs/ends.ts';
import { bringBack, cleanVolumes, restore, whileStopped } from './runs/history.ts';
import { againAndAgain, atEveryCall, rowsAfter } from './runs/points.ts';
import { FAULTS } from './runs/process.ts';
import { backUpApart, shopWithView } from './runs/views.ts';

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
await whileStopped(cold, () => cold.run(cleanVolumes()));
after(() => {
  world.remove();
  cold.remove();
});

const saved = await rowsAfter(world, restore());
const tables = bringBack({ from: { kind: 'backup', tag }, names: [{ keyspace: 'shop', table: 'orders' }] });
const MAIN = { world, command: restore(), invariant: nothingIsLost(tag, saved) };

const CASES = {
  'after-restore': MAIN,
  'after-restore of volumes that were restored cold': { world: cold, command: restore() },
  'restore-table': { world, command: tables },
};

for (const [name, disturbed] of Object.entries(CASES)) {
  for (const fault of FAULTS) {
    // What is not about views the other suites show.
    const define = fault === 'killed after' ? test : allTest;
    define(`${name}, with a view to build, ${fault} at every call: run again it comes to the same end`, (t) =>
      atEveryCall(t, fault, disturbed),
    );
  }
}
allTest('after-restore, with a view to build, several times over', (t) => againAndAgain(t, MAIN, 20));
