import type { Datacenter } from '../../../domain/cluster/topology.ts';
import { type Asked, startedByOthers } from '../../../domain/restore-state/asked.ts';
import type { Recovery } from '../../../ports/platform/recovery.ts';
import type { ColdNotes } from './cold-notes.ts';

/** A datacenter whose volumes this run is about to change, and what was asked of it then. */
interface Held {
  readonly datacenter: Datacenter;
  readonly revision: string | null;
}

/**
 * A recovery under an object above, which may take back at any moment what is asked of a datacenter, notes included: these are on the lease as
 * well, before the datacenter has them and until nothing hangs on them; and the datacenter is looked at right before each volume is changed.
 */
export function notedRecovery(recovery: Recovery, notes: ColdNotes): Recovery {
  const held = new Map<string, Held>();
  return {
    ...recovery,
    stop: (datacenter, stage, confirm) =>
      recovery.stop(datacenter, stage, async (now) => {
        await confirm(now);
        if (stage !== 'changing') return;
        const { name } = datacenter;
        const noted = now.noted ?? (now.stopped ? now.revision : null);
        if (noted !== null) await notes.keep(name, uidOf(now), noted);
        if (now.stopped) held.set(name, { datacenter, revision: now.revision });
        else held.delete(name);
      }),
    start: (datacenter, end, confirm) =>
      recovery.start(datacenter, end, async (now) => {
        await confirm(now);
        held.delete(datacenter.name);
        // All volumes are restored, and the datacenter was left alone until now.
        if (end === 'restored') await notes.remove(datacenter.name);
      }),
    async clean(volume, options, report) {
      const before = held.get(volume.datacenter);
      if (before !== undefined && !options.dryRun) {
        const now = await recovery.asked(before.datacenter);
        if (!now.stopped || now.revision !== before.revision)
          throw startedByOthers(now, 'Volumes may be changed, and the backup is whole.');
      }
      return recovery.clean(volume, options, report);
    },
  };
}

/** The revision begins with it. */
const uidOf = ({ revision }: Asked) => revision?.split('/')[0] ?? '';
