import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { removeBackups, withSession } from '../volumes/leftovers.ts';
import { ownTags, type SurveyedNode } from '../volumes/surveys.ts';
import type { Found } from './options.ts';

/**
 * Remove these backups where they are. `closed`: the tag of one that was whole when it was closed; `kept`: those that are kept are meant, too
 * @returns the tags of which there was something
 */
export async function removeFrom(
  ports: Ports,
  { connected, surveys }: Found,
  isMeant: (tag: string) => boolean,
  options: CommonOptions & { readonly closed?: string; readonly kept?: boolean },
): Promise<readonly string[]> {
  const tagsOf = ({ survey }: SurveyedNode) =>
    [...ownTags(survey), ...(options.kept ? survey.retained.map((r) => r.tag) : [])].filter(isMeant);
  const removed = new Set(surveys.flatMap(tagsOf));
  await ports.progress.step('Removing the backup', async (report) => {
    let done = 0;
    const remove = async ({ session, surveyed }: ReturnType<typeof withSession>[number]) => {
      options.signal.throwIfAborted();
      await removeBackups(ports, session, surveyed, tagsOf(surveyed), options);
      report.count(++done, surveys.length);
    };
    await each(withSession(connected, surveys), remove, options);
  });
  return [...removed].toSorted();
}
