import { firstFew } from '../../domain/sentence.ts';
import { unloadedFrom } from '../../domain/sstables/left-links.ts';
import type { Ports } from '../../ports/ports.ts';
import { awaitLoads } from '../cluster/running-loads.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { replacing } from '../volumes/left-links.ts';
import { withSession } from '../volumes/leftovers.ts';
import type { SurveyedNode } from '../volumes/surveys.ts';
import type { Found } from './options.ts';

/**
 * Remove what restores with backups that are given up have linked and no node has loaded: at its next start a node would load it. What
 * has been loaded, and what is truncated, stays; a warning says so.
 */
export async function undoLinks(
  ports: Ports,
  found: Found,
  isMeant: (tag: string) => boolean,
  options: CommonOptions,
): Promise<void> {
  const tags = new Set<string>();
  const started = new Set<string>();
  const undo = async ({ session, surveyed }: ReturnType<typeof withSession>[number]) => {
    const { node } = surveyed;
    const begun = begunIn(surveyed, isMeant);
    if (begun.length === 0) return;
    for (const { tag } of begun) tags.add(tag);
    // A run that was killed may have left a load behind, which is not to lose its files.
    for (const { tag } of begun)
      await awaitLoads(ports, { session, nodes: [node], tag, tables: [], interrupted: true }, options);
    const now = await session.gossipGeneration(node);
    if (begun.some(({ links }) => links?.gossipGeneration !== now)) started.add(node.name);
    const from = unloadedFrom(
      begun.map((b) => b.links),
      now,
    );
    if (from !== null) await ports.volumes.unlink(node, from);
  };
  await each(withSession(found.connected, found.surveys), undo, options);
  if (tags.size === 0) return;
  const nodes = [...started].toSorted();
  const loaded =
    nodes.length === 0
      ? ''
      : ` ${firstFew(nodes)} were started since, and may have loaded rows of the backup at that.`;
  ports.progress.warn(
    `A restore with backup ${[...tags].join(', ')} has begun and not ended, and is given up: tables that it has truncated stay empty, or hold a part of the backup.${loaded}`,
  );
}

/** Restores with these backups that have begun and not ended, as this volume says. */
function begunIn({ survey }: SurveyedNode, isMeant: (tag: string) => boolean) {
  const journals = survey.backups.flatMap((b) => replacing(b.journal?.value));
  const entries = (survey.tables?.value ?? []).filter((e) => e.source.startsWith('backup:'));
  return [...journals, ...entries].filter(({ tag }) => isMeant(tag));
}
