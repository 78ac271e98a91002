import { after, test } from 'node:test';
import { nothingIsLost } from './runs/ends.ts';
import { cleanVolumes, restoreCold, restoredVolumes } from './runs/history.ts';
import { againAndAgain, atEveryCall, defineFor, rowsAfter } from './runs/points.ts';
import { FAULTS, type Fault } from './runs/process.ts';

const running = await restoredVolumes();
const stopped = running.copy();
for (const { name } of stopped.cluster.datacenters) stopped.cluster.state.stopped[name] = 'stopped';
after(() => {
  running.remove();
  stopped.remove();
});
const recover = { world: running, command: restoreCold() } as const;
const invariant = nothingIsLost(running.tag, await rowsAfter(running, recover.command));
/** No node does any of this by itself. */
const ALONE: readonly Fault[] = FAULTS.filter((f) => f !== 'halfway' && f !== 'cut');

const CASES = {
  recover: { ...recover, invariant },
  'clean-volume': { world: stopped, command: cleanVolumes(), invariant },
};

for (const [name, disturbed] of Object.entries(CASES)) {
  for (const fault of ALONE) {
    defineFor(false, fault)(
      `${name}, ${fault} at every call: run again it comes to the same end, and nothing is lost meanwhile`,
      (t) => atEveryCall(t, fault, disturbed),
    );
  }
  test(`${name}, several times over`, (t) => againAndAgain(t, disturbed, 15));
}
