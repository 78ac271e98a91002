import { parseColdJournal, restoredColdBy } from '../../domain/cold-journal.ts';
import { KassetteError } from '../../domain/errors.ts';
import { parseManifest } from '../../domain/manifest.ts';
import { parseTableJournal, renderTableJournal, unended } from '../../domain/table-journal.ts';
import { isTag } from '../../domain/tag.ts';
import type { Ports } from '../../ports/ports.ts';
import type { BackupContents } from '../../ports/volumes.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { gossipGenerations } from './generations.ts';
import type { ConnectedCluster } from './sessions.ts';
import { type SurveyedNode, surveyAll } from './surveys.ts';

/** Remove what earlier runs of ours left, and only that. @returns the removed tags */
export async function clearLeftovers(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  options: CommonOptions,
): Promise<readonly string[]> {
  return ports.progress.step('Removing leftovers', async () => {
    const nodes = connected.flatMap((c) => c.cluster.nodes);
    const surveys = await surveyAll(ports, nodes, options.concurrency);
    for (const c of connected) await refuseIfAwaitingRestore(ports, c, surveys, options);
    const removed = new Set(surveys.flatMap(ownTags));
    await each(surveys, (s) => removeBackups(ports, s, ownTags(s)), options);
    return [...removed].toSorted();
  });
}

export function ownTags({ survey }: SurveyedNode): readonly string[] {
  return [...new Set([...survey.backups.map((b) => b.tag), ...survey.snapshots.filter(isTag)])];
}

/** Remove these backups from one node: first what makes them complete, then the snapshots. */
export async function removeBackups(
  ports: Ports,
  { node, survey }: SurveyedNode,
  tags: readonly string[],
): Promise<void> {
  await ports.volumes.remove(node, tags);
  await giveTablesUp(ports, { node, survey }, tags);
  for (const tag of tags) await ports.control.clearSnapshot(node, tag);
}

/**
 * Restores of single tables from backups that are gone cannot be ended any more. What others have staged goes as well: it
 * would be copied along with the volume, and they can carry it again.
 */
async function giveTablesUp(
  ports: Ports,
  { node, survey }: SurveyedNode,
  tags: readonly string[],
): Promise<void> {
  const entries = parseTableJournal(survey.tables);
  const stay = survey.backups.map((b) => b.tag).filter((t) => !tags.includes(t));
  const left = unended(entries, stay);
  if (entries.length > 0) await ports.volumes.finishTables(node, renderTableJournal(left), []);
}

/**
 * A complete backup under which every node was started anew may have come with restored volumes and wait for
 * after-restore: it is the only copy of what the user wants back, so no hook of a backup policy may remove it.
 */
export async function refuseIfAwaitingRestore(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  options: CommonOptions,
): Promise<void> {
  const names = new Set(cluster.nodes.map((n) => n.name));
  const own = surveys.filter((s) => names.has(s.node.name));
  const [first] = own;
  if (first === undefined) return;
  const done = new Set(first.survey.backups.map((b) => b.tag).filter((tag) => isRestoredCold(own, tag)));
  const started = own.flatMap((s) => s.survey.backups).find((b) => !done.has(b.tag) && hasBegun(b));
  if (started !== undefined) throw pending(cluster.name, started.tag, 'its restore has begun and not ended');
  refuseIfTablesAreUnderWay(ports, cluster.name, own);
  for (const { tag, complete } of first.survey.backups) {
    // Restored cold on all nodes it is in the live files, and Cassandra has come up on them.
    if (!complete || done.has(tag) || !(await restartedSince(ports, own, tag, session, cluster, options)))
      continue;
    throw pending(cluster.name, tag, 'all nodes were started anew since, as after a restore of the volumes');
  }
}

function isRestoredCold(surveys: readonly SurveyedNode[], tag: string): boolean {
  return surveys.every(({ survey }) =>
    survey.backups.some((b) => b.tag === tag && restoredColdBy(b) !== null),
  );
}

function hasBegun({ journal, cold }: SurveyedNode['survey']['backups'][number]): boolean {
  return journal !== null || parseColdJournal(cold)?.stage === 'replacing';
}

/** An interrupted restore of single tables has left them half replaced: its backup is what mends them. */
function refuseIfTablesAreUnderWay(ports: Ports, cluster: string, surveys: readonly SurveyedNode[]): void {
  const tags = new Set(surveys.flatMap((s) => s.survey.backups.map((b) => b.tag)));
  const entries = surveys.flatMap((s) => parseTableJournal(s.survey.tables));
  const entry = entries.find((e) => e.source === `backup:${e.tag}` && tags.has(e.tag));
  const fromCopies = entries.filter((e) => !e.source.startsWith('backup:'));
  const elsewhere = new Set(fromCopies.map((e) => `${e.tables.join(', ')} from ${e.source}`));
  for (const what of elsewhere)
    ports.progress.warn(`A restore of ${what} has begun and not ended: run it again.`);
  if (entry === undefined) return;
  throw new KassetteError(
    'RESTORE_PENDING',
    `The volumes of ${cluster} hold backup ${entry.tag}, and a restore of ${entry.tables.join(', ')} from it has begun and not ended.`,
    `Nothing was changed. Run «kassette restore-table ${entry.tables.map((t) => `'${t}'`).join(' ')} --from ${entry.source}» again, or «kassette after-backup --tag ${entry.tag}» to give the backup up; then back up again.`,
  );
}

async function restartedSince(
  ports: Ports,
  surveys: readonly SurveyedNode[],
  tag: string,
  session: ConnectedCluster['session'],
  cluster: ConnectedCluster['cluster'],
  options: CommonOptions,
): Promise<boolean> {
  const generations = await gossipGenerations(session, cluster, options.concurrency);
  const restarted = await each(
    surveys,
    async ({ node }) => {
      const contents = await ports.volumes.read(node, tag);
      if (contents.marker === '') return false;
      return (generations.get(node.name) ?? 0) > savedGeneration(node.name, contents);
    },
    options,
  );
  return restarted.every(Boolean);
}

/** Of a damaged manifest infinite: nothing can be restored from it, so nothing waits for that. */
function savedGeneration(node: string, contents: BackupContents): number {
  try {
    return parseManifest(node, contents).node.gossipGeneration;
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'MANIFEST_DAMAGED') return Number.POSITIVE_INFINITY;
    throw error;
  }
}

function pending(cluster: string, tag: string, why: string): KassetteError {
  return new KassetteError(
    'RESTORE_PENDING',
    `The volumes of ${cluster} hold backup ${tag}, and ${why}.`,
    `Nothing was changed. Run «kassette after-restore --tag ${tag}» to restore it, or «kassette after-backup --tag ${tag}» to give it up; then back up again.`,
  );
}
