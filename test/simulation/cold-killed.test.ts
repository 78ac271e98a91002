import { after, test } from 'node:test';
import { KassetteError } from '../../src/domain/errors.ts';
import { nothingIsLost } from './ends.ts';
import { type Command, cleanVolumes, restore, restoreCold, restoredVolumes } from './history.ts';
import { againAndAgain, atEveryCall, defineFor, rowsAfter } from './points.ts';
import { FAULTS, type Fault } from './process.ts';

const running = await restoredVolumes();
const stopped = running.copy();
for (const { name } of stopped.cluster.datacenters) stopped.cluster.state.stopped[name] = 'stopped';
after(() => {
  running.remove();
  stopped.remove();
});
/** A run that was killed when it had removed the backup on some node is not gone on with by `recover`, which says so; `after-restore` is. */
const again: Command = async (ports, process) => {
  try {
    return await restoreCold()(ports, process);
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'NO_BACKUP') return restore()(ports, process);
    throw error;
  }
};
const recover = { world: running, command: restoreCold(), again, doneAs: 'NO_BACKUP' } as const;
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
