import type { Datacenter } from '../../domain/cluster/topology.ts';
import { hint, kassette } from '../../domain/hint.ts';
import type { HeldLease } from '../../ports/platform/lease.ts';
import type { Ports } from '../../ports/ports.ts';
import { Hold, stopAll } from '../cold/hold.ts';
import { each } from '../each.ts';
import type { RewindOptions } from './options.ts';

/** What is done to the volumes of a datacenter that is stopped for it. */
export interface StoppedWork {
  /** Looks once more, before anything is changed: from here on nobody writes. */
  readonly check: () => Promise<void>;
  readonly change: () => Promise<void>;
  /** Whether an earlier run has changed volumes. */
  readonly changed: boolean;
  /** Where this run changed none, and the nodes run again. */
  readonly leave: () => Promise<void>;
}

/** Of volumes that an earlier run has changed. */
export const CHANGED: Omit<StoppedWork, 'change'> = {
  ...{ changed: true, check: async () => {}, leave: async () => {} },
};

/**
 * Stop the datacenter, do the work, and start it. What fails before a volume is changed leaves it as it was; afterwards it stays stopped, and
 * the next run continues.
 */
export async function whileStopped(
  ports: Ports,
  held: HeldLease,
  datacenter: Datacenter,
  work: StoppedWork,
  options: RewindOptions,
): Promise<void> {
  const hold = await Hold.begin(ports, held, [datacenter]);
  if (work.changed) hold.changing = true;
  try {
    await stopAll(ports, hold, options);
    await work.check();
    await hold.beginChanging([], async () => {});
    await work.change();
    await ports.progress.step('Starting the nodes', () => hold.start());
  } catch (error) {
    await giveUp(ports, hold, work);
    throw error;
  }
}

/** Never fails: the caller has the reason to report. */
async function giveUp({ recovery, progress }: Ports, hold: Hold, { leave }: StoppedWork): Promise<void> {
  const names = hold.datacenters.map((d) => d.name).join(', ');
  if (hold.changing) {
    progress.warn(
      hint`Giving up: ${names} stays stopped. The state before the rewind is kept: run the same command again, which continues, or ${kassette('rewind', '--undo')}.`,
    );
    return;
  }
  try {
    await each(hold.ours, (d) => recovery.start(d, 'given up', hold.lease.confirm));
    await leave();
    progress.warn('Giving up: the datacenter is left as it was found.');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    progress.warn(
      hint`Giving up: ${names} may be stopped and was not started again: ${why} Nothing was changed: run the same command again, or ${kassette('rewind', '--undo')}, which starts it.`,
    );
  }
}
