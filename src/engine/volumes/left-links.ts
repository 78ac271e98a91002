import type { Journal } from '../../domain/restore/journal.ts';
import { type Linked, unloadedFrom } from '../../domain/sstables/left-links.ts';
import { firstGeneration } from '../../domain/sstables/sstable.ts';
import type { VolumeSurvey } from '../../ports/volumes.ts';

/** What interrupted restores say that they have linked in this volume. */
export function linksIn({ backups, tables }: Pick<VolumeSurvey, 'backups' | 'tables'>): readonly Linked[] {
  const entries = [...backups.flatMap((b) => replacing(b.journal?.value)), ...(tables?.value ?? [])];
  return entries.flatMap(({ links }) => links ?? []);
}

/** All of it is loaded when the journal says so. */
export function replacing(journal: Journal | null | undefined): readonly Journal[] {
  return journal?.stage === 'replacing' ? [journal] : [];
}

/**
 * What a run that is about to begin on a node says of its links; `left`: the lowest generation of those of earlier runs that have to go
 * first, null where there are none.
 */
export function linksOf(
  node: { readonly links: readonly Linked[]; readonly highestLinkedGeneration: number },
  gossipGeneration: number,
): { readonly record: Linked; readonly left: number | null } {
  const left = unloadedFrom(node.links, gossipGeneration);
  const own = firstGeneration(node.highestLinkedGeneration);
  return { record: { from: Math.min(own, left ?? own), gossipGeneration }, left };
}
