import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { withHealthyClusters } from '../observe/healthy-lease.ts';
import { ownTags, refuseIfAwaitingRestore, removeBackups, withSession } from '../observe/leftovers.ts';
import { withSessions } from '../observe/sessions.ts';
import { surveyAll } from '../observe/surveys.ts';
import type { CommonOptions, TagOption } from '../options.ts';

export interface AfterBackupResult {
  /** Tags that were removed; empty where there was nothing to do. */
  readonly removed: readonly string[];
  readonly nodes: number;
  readonly seconds: number;
}

/** Remove the backup from the volumes now that they are copied; running it again is fine. */
export async function afterBackup(
  ports: Ports,
  given: CommonOptions & TagOption,
): Promise<AfterBackupResult> {
  return withHealthyClusters(ports, 'after-backup', given, async (options, clusters) => {
    const started = ports.clock.now();
    const nodes = clusters.flatMap((c) => c.nodes);
    const surveys = await ports.progress.step('Looking for backups', () =>
      surveyAll(ports, nodes, options.concurrency),
    );
    const wanted = (tag: string) => options.tag === undefined || options.tag === tag;
    const removed = new Set(surveys.flatMap(ownTags).filter(wanted));
    await withSessions(ports, clusters, async (connected) => {
      // Named, a backup is given up on purpose; a policy's hook names none.
      if (options.tag === undefined)
        await Promise.all(connected.map((c) => refuseIfAwaitingRestore(ports, c, surveys, options)));
      await ports.progress.step('Removing the backup', async (report) => {
        let done = 0;
        const remove = async ({ session, surveyed }: ReturnType<typeof withSession>[number]) => {
          options.signal.throwIfAborted();
          await removeBackups(ports, session, surveyed, ownTags(surveyed).filter(wanted), options);
          report.count(++done, surveys.length);
        };
        await each(withSession(connected, surveys), remove, options);
      });
    });
    const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
    return { removed: [...removed].toSorted(), nodes: nodes.length, seconds };
  });
}
