import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { ownTags, removeBackups, withSession } from '../volumes/leftovers.ts';
import type { Found } from './options.ts';

/**
 * Remove these backups where they are. `closed`: the tag of one that was whole when it was closed
 * @returns the tags of which there was something
 */
export async function removeFrom(
  ports: Ports,
  { connected, surveys }: Found,
  isMeant: (tag: string) => boolean,
  options: CommonOptions & { readonly closed?: string },
): Promise<readonly string[]> {
  const removed = new Set(surveys.flatMap(ownTags).filter(isMeant));
  await ports.progress.step('Removing the backup', async (report) => {
    let done = 0;
    const remove = async ({ session, surveyed }: ReturnType<typeof withSession>[number]) => {
      options.signal.throwIfAborted();
      await removeBackups(ports, session, surveyed, ownTags(surveyed).filter(isMeant), options);
      report.count(++done, surveys.length);
    };
    await each(withSession(connected, surveys), remove, options);
  });
  return [...removed].toSorted();
}
