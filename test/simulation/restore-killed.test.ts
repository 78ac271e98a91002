import { after, test } from 'node:test';
import { nothingIsLost } from './ends.ts';
import { restore, restoredVolumes } from './history.ts';
import { atEveryCall, rowsAfter } from './points.ts';
import type { Fault } from './process.ts';

const FAULTS: readonly Fault[] = [
  'killed before',
  'killed after',
  'stop',
  'fail',
  'late',
  'twice',
  'halfway',
  'cut',
];
const world = await restoredVolumes();
after(() => world.remove());
const command = restore();
const invariant = nothingIsLost(world.tag, await rowsAfter(world, command));

for (const fault of FAULTS) {
  test(`after-restore, ${fault} at every call: run again it comes to the same end, and nothing is lost meanwhile`, (t) =>
    atEveryCall(t, fault, { world, command, invariant }));
}
