import { hint, kassette } from '../../domain/hint.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { Hold } from './hold.ts';

/**
 * Leave datacenters as they were found, as long as that is harmless: what was stopped is started again where no volume was
 * changed and no other run can be at work on them; else what something else has started is stopped. Never fails: the caller has the
 * reason to report.
 */
export async function giveUp(
  { recovery, progress }: Pick<Ports, 'recovery' | 'progress'>,
  hold: Hold,
): Promise<void> {
  const { ours, changing, lease } = hold;
  const names = ours.map((d) => d.name).join(', ');
  if (changing) {
    await hold.stopOthers().catch(() => {});
    progress.warn(
      hint`Giving up: ${names} stays stopped. Some volumes may be restored already, and these must not run together with others. Run ${kassette('recover')} again: it continues.`,
    );
    return;
  }
  try {
    await each(ours, (d) => recovery.start(d, 'given up', lease.confirm));
    progress.warn('Giving up: the datacenters are left as they were found.');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    progress.warn(
      hint`Giving up: ${names} may be stopped and was not started again: ${why} Run ${kassette('recover')} when no other run is active.`,
    );
  }
}
