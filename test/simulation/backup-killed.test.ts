import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { World } from './cluster/world.ts';
import { isWhole, markersAreTrue } from './runs/ends.ts';
import { backedUp, backUp, endBackup, livingCluster } from './runs/history.ts';
import { againAndAgain, atEveryCall, defineFor } from './runs/points.ts';
import { FAULTS } from './runs/process.ts';

const living = livingCluster();
const open = await backedUp({ run: 'r1', hook: true });
after(() => {
  living.remove();
  open.remove();
});
const old = living.cluster.rows;

/** A backup never changes a row, and where any node says that it is complete it is, on all of them. */
const harmless = (world: World) => (call: string) =>
  isDeepStrictEqual(world.cluster.rows, old) ? markersAreTrue(world, call) : 'a backup has changed rows';

const BACKUPS = {
  'before-backup of a policy': { world: living, command: backUp({ run: 'r1', hook: true }) },
  'before-backup of a person': { world: living, command: backUp(), doneAs: 'BACKUP_OPEN' },
} as const;

for (const [name, backup] of Object.entries(BACKUPS)) {
  const disturbed = { ...backup, invariant: harmless };
  for (const fault of FAULTS) {
    defineFor(name === 'before-backup of a policy', fault)(
      `${name}, ${fault} at every call: run again it makes the same backup`,
      (t) => atEveryCall(t, fault, disturbed),
    );
  }
  test(`${name}, several times over`, (t) => againAndAgain(t, disturbed, 30));
}

/** As long as not every node says that the backup was whole when it was closed, it is whole. */
const closedOrWhole = (world: World) => () => {
  const closed = world.cluster.nodes.every((n) => world.cluster.hasFile(n, 'kassette/closed.json'));
  return closed || isWhole(world, open.tag) ? null : 'the backup is not whole any more';
};

for (const fault of FAULTS) {
  test(`after-backup, ${fault} at every call: run again it closes the backup, which was whole until then`, (t) =>
    atEveryCall(t, fault, {
      world: open,
      command: endBackup({ run: 'r1', hook: true }),
      invariant: closedOrWhole,
    }));
}
