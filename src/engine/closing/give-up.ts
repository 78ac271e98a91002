import type { Cluster } from '../../domain/cluster/ring.ts';
import type { Ports } from '../../ports/ports.ts';
import type { CommonOptions } from '../options.ts';
import { ownTags, type SurveyedNode } from '../volumes/surveys.ts';
import type { Found, Outcome } from './options.ts';
import { removeFrom } from './remove.ts';
import { undoLinks } from './undo-links.ts';

/** Remove the backup that is named, open, kept or neither: on purpose. */
export async function giveUp(
  ports: Ports,
  found: Found,
  tag: string,
  options: CommonOptions,
): Promise<Outcome> {
  return giveUpThese(ports, found, (t) => t === tag, { ...options, kept: true });
}

/** Remove all backups that no restore could use, such as those of volumes of different restore points. */
export async function giveUpIncomplete(ports: Ports, found: Found, options: CommonOptions): Promise<Outcome> {
  const whole = new Set(found.clusters.flatMap((c) => completeTags(c, found.surveys)));
  return giveUpThese(ports, found, (tag) => !whole.has(tag), options);
}

async function giveUpThese(
  ports: Ports,
  found: Found,
  isMeant: (tag: string) => boolean,
  options: CommonOptions & { readonly kept?: boolean },
): Promise<Outcome> {
  await undoLinks(ports, found, isMeant, options);
  const removed = await removeFrom(ports, found, isMeant, options);
  const datacenters = found.clusters.flatMap((c) => c.datacenters);
  for (const tag of removed) {
    await ports.events.report(datacenters, 'BackupGivenUp', `Backup ${tag} was given up and is removed.`);
  }
  return { removed, closed: null, kept: [], left: [] };
}

/** Tags that are complete on every node of the cluster. */
function completeTags({ nodes }: Cluster, surveys: readonly SurveyedNode[]): readonly string[] {
  const names = new Set(nodes.map((n) => n.name));
  const own = surveys.filter((s) => names.has(s.node.name));
  const tags = own.flatMap((s) => ownTags(s.survey));
  return tags.filter((tag) =>
    own.every(({ survey }) => survey.backups.some((b) => b.tag === tag && b.complete)),
  );
}
