import { after, test } from 'node:test';
import { backUp, livingCluster } from './history.ts';
import { atEveryCall } from './points.ts';
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
const world = livingCluster();
after(() => world.remove());

for (const fault of FAULTS) {
  test(`before-backup, ${fault} at every call: run again it makes the same backup`, (t) =>
    atEveryCall(t, fault, { world, command: backUp({ run: 'r1', hook: true }) }));
}
