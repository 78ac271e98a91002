import { after, test } from 'node:test';
import { nothingIsLost } from './runs/ends.ts';
import { restoreCold, restoredVolumes } from './runs/history.ts';
import { atEveryCall, rowsAfter } from './runs/points.ts';

// Something that keeps datacenters as they are declared starts one that is stopped for a cold restore, at every moment of that.
const running = await restoredVolumes();
after(() => running.remove());
const recover = { world: running, command: restoreCold() } as const;
const invariant = nothingIsLost(running.tag, await rowsAfter(running, recover.command));

// Pods that are rolled after the start, or before the stop: the run waits for them, or fails and is run again. Where all was done
// before that, the next one says so.
test('recover, its pods rolled at every call: run again it comes to the same end', (t) =>
  atEveryCall(t, 'rolled', { ...recover, doneAs: 'NO_BACKUP' }));

for (const fault of ['started by others', 'started and stopped'] as const) {
  test(`recover, ${fault} at every call: run again it comes to the same end, and no row of an unrestored node stays`, (t) =>
    atEveryCall(t, fault, { ...recover, invariant }));
}
