import { after, test } from 'node:test';
import { nothingIsLost } from './runs/ends.ts';
import { restoreCold, restoredVolumes } from './runs/history.ts';
import { atEveryCall, rowsAfter } from './runs/points.ts';

// Something that keeps datacenters as they are declared starts one that is stopped for a cold restore, at every moment of that.
const running = await restoredVolumes();
after(() => running.remove());
const recover = { world: running, command: restoreCold() } as const;
const invariant = nothingIsLost(running.tag, await rowsAfter(running, recover.command));

for (const fault of ['started by others', 'started and stopped'] as const) {
  test(`recover, ${fault} at every call: run again it comes to the same end, and no row of an unrestored node stays`, (t) =>
    atEveryCall(t, fault, { ...recover, invariant }));
}
