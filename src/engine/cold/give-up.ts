import type { Datacenter } from '../../domain/cluster/topology.ts';
import { hint, kassette } from '../../domain/hint.ts';
import type { HeldLease } from '../../ports/platform/lease.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';

/**
 * Leave datacenters as they were found, as long as that is harmless: what was stopped is started again where no volume was
 * changed and no other run can be at work on them. Never fails: the caller has the reason to report.
 */
export async function giveUp(
  { recovery, progress }: Pick<Ports, 'recovery' | 'progress'>,
  stopped: readonly Datacenter[],
  { changing, held }: { readonly changing: boolean; readonly held: HeldLease },
): Promise<void> {
  const names = stopped.map((d) => d.name).join(', ');
  if (changing) {
    progress.warn(
      hint`Giving up: ${names} stays stopped. Some volumes may be restored already, and these must not run together with others. Run ${kassette('recover')} again: it continues.`,
    );
    return;
  }
  try {
    await each(stopped, (d) => recovery.start(d, held.confirm));
    progress.warn('Giving up: the datacenters are left as they were found.');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    progress.warn(
      hint`Giving up: ${names} may be stopped and was not started again: ${why} Run ${kassette('recover')} when no other run is active.`,
    );
  }
}
