import { restoredColdBy } from '../../domain/cold-journal.ts';
import { KassetteError } from '../../domain/errors.ts';
import { parseManifest } from '../../domain/manifest.ts';
import type { PastBackup } from '../../domain/opening.ts';
import { commandOf, renderTableJournal, type TableEntry, unended } from '../../domain/table-journal.ts';
import { isTag } from '../../domain/tag.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import type { BackupContents } from '../../ports/volumes.ts';
import { each } from '../each.ts';
import { type CommonOptions, type RunnerOptions, runnerOf, type TagOption } from '../options.ts';
import { checkIsBackup, startedTooEarly } from './cold-checks.ts';
import { gossipGenerations } from './generations.ts';
import { refuseIfOpen, reportAbandoned, staleNotes } from './open.ts';
import { restorePending } from './restore-pending.ts';
import type { ConnectedCluster } from './sessions.ts';
import { removeSnapshots } from './snapshot-work.ts';
import { backupParts, type SurveyedNode, surveyAll } from './surveys.ts';

export interface Cleared {
  /** Tags. */
  readonly removed: readonly string[];
  /** Of runs whose hooks may still come. */
  readonly past: readonly PastBackup[];
}

/** Remove what earlier runs of kassette left, and only that. @throws RESTORE_PENDING, BACKUP_OPEN */
export async function clearLeftovers(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  options: CommonOptions & TagOption & RunnerOptions,
): Promise<Cleared> {
  return ports.progress.step('Removing leftovers', async () => {
    const clusters = connected.map((c) => c.cluster);
    const nodes = clusters.flatMap((c) => c.nodes);
    const surveys = await surveyAll(ports, nodes, options.concurrency);
    for (const c of connected) await refuseIfAwaitingRestore(ports, c, surveys, options);
    const now = ports.clock.now();
    const { past, abandoned } = refuseIfOpen(clusters, surveys, {
      ...{ runner: runnerOf(options), tag: options.tag, now },
    });
    await reportAbandoned(ports, clusters, abandoned);
    const removed = new Set(surveys.flatMap(ownTags));
    await each(
      withSession(connected, surveys),
      ({ session, surveyed }) => removeBackups(ports, session, surveyed, ownTags(surveyed), options),
      options,
    );
    // Last, so that a removal that is interrupted is known for one of a closed backup.
    await each(surveys, (s) => ports.volumes.removeNotes(s.node, staleNotes(s, now)), options);
    return { removed: [...removed].toSorted(), past };
  });
}

/** Each node with the session of its cluster. */
export function withSession(connected: readonly ConnectedCluster[], surveys: readonly SurveyedNode[]) {
  const sessions = new Map(
    connected.flatMap(({ cluster, session }) => cluster.nodes.map((n) => [n.name, session] as const)),
  );
  return surveys.flatMap((surveyed) => {
    const session = sessions.get(surveyed.node.name);
    return session === undefined ? [] : [{ session, surveyed }];
  });
}

export function ownTags({ survey }: SurveyedNode): readonly string[] {
  return [...new Set([...survey.backups.map((b) => b.tag), ...survey.snapshots.filter(isTag)])];
}

/**
 * Remove these backups from one node; one without its marker may be of a run that was killed, and Cassandra still at it, unless
 * it is known to have been `closed`.
 */
export async function removeBackups(
  ports: Ports,
  session: CqlSession,
  { node, survey }: SurveyedNode,
  tags: readonly string[],
  { signal, closed }: Pick<CommonOptions, 'signal'> & { readonly closed?: string | undefined },
): Promise<void> {
  const ended = (tag: string) => tag === closed || survey.backups.some((b) => b.tag === tag && b.complete);
  await removeSnapshots(ports, session, { node, tags, ended }, { signal });
  await giveTablesUp(ports, { node, survey }, tags);
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
  const entries = survey.tables?.value ?? [];
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
  for (const tag of done) await refuseIfNotAsRestored(ports, { cluster, session }, own, tag, options);
  const refuse = (tag: string, why: string) =>
    restorePending(cluster.name, [...names], backupParts(own), tag, why);
  const started = own.flatMap((s) => s.survey.backups).find((b) => !done.has(b.tag) && hasBegun(b));
  if (started !== undefined) throw refuse(started.tag, 'its restore has begun and not ended');
  refuseIfTablesAreUnderWay(ports, cluster.name, own);
  // Restored cold on all nodes it is in the live files, and Cassandra has come up on them.
  const complete = new Set(own.flatMap((s) => s.survey.backups.filter((b) => b.complete).map((b) => b.tag)));
  const waiting = [...complete].filter((tag) => !done.has(tag));
  if (waiting.length === 0) return;
  const generations = await gossipGenerations(session, cluster, options.concurrency);
  for (const tag of waiting) {
    if (!(await restartedSince(ports, own, tag, generations, options))) continue;
    throw refuse(tag, 'all nodes were started anew since, as after a restore of the volumes');
  }
}

function isRestoredCold(surveys: readonly SurveyedNode[], tag: string): boolean {
  return surveys.every(({ survey }) =>
    survey.backups.some((b) => b.tag === tag && restoredColdBy(b) !== null),
  );
}

/** Restored cold on all nodes, but a restore that came now would load it anew, or refuse: the backup is still needed. */
async function refuseIfNotAsRestored(
  ports: Ports,
  connected: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  tag: string,
  options: CommonOptions,
): Promise<void> {
  const backups = surveys.flatMap(({ survey }) => survey.backups.filter((b) => b.tag === tag));
  const colds = backups.map(restoredColdBy).filter((c) => c !== null);
  const early = await startedTooEarly(connected, colds, options);
  const what = early === null ? null : `${early} was started before all volumes were restored cold`;
  const why =
    what ??
    (await refusalOf(() => checkIsBackup(ports, connected, surveys, tag, { ...options, keepExtra: false })));
  if (why === null) return;
  const { name, nodes } = connected.cluster;
  const names = nodes.map((n) => n.name);
  throw restorePending(name, names, backupParts(surveys), tag, `its cold restore is not finished: ${why}`);
}

async function refusalOf(check: () => Promise<void>): Promise<string | null> {
  try {
    await check();
    return null;
  } catch (error) {
    if (error instanceof KassetteError) return error.message.replace(/\.$/, '');
    throw error;
  }
}

function hasBegun({ journal, cold }: SurveyedNode['survey']['backups'][number]): boolean {
  return journal !== null || cold?.value?.stage === 'replacing';
}

/** An interrupted restore of single tables has left them half replaced: its backup is what mends them. */
function refuseIfTablesAreUnderWay(ports: Ports, cluster: string, surveys: readonly SurveyedNode[]): void {
  const entries = unendedEntries(surveys);
  const entry = entries.find((e) => e.source.startsWith('backup:'));
  const elsewhere = new Set(entries.filter((e) => !e.source.startsWith('backup:')).map(commandOf));
  for (const command of elsewhere) ports.progress.warn(`«${command}» has begun and not ended: run it again.`);
  if (entry === undefined) return;
  throw new KassetteError(
    'RESTORE_PENDING',
    `The volumes of ${cluster} hold backup ${entry.tag}, and a restore of ${entry.tables.join(', ')} from it has begun and not ended.`,
    `Nothing was changed. Run «${commandOf(entry)}» again, or «kassette after-backup --tag ${entry.tag}» to give the backup up; then back up again.`,
  );
}

/**
 * Whoever wants to go on with a restore of single tables must not set the whole cluster back. On volumes that were restored since,
 * what is left of one means nothing. @throws RESTORE_PENDING
 */
export async function refuseIfTablesAreMeant(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  tag: string,
  options: CommonOptions,
): Promise<void> {
  const [entry] = unendedEntries(surveys);
  if (entry === undefined || surveys.some((s) => s.survey.backups.some(hasBegun))) return;
  const generations = await gossipGenerations(session, cluster, options.concurrency);
  // A node's generation is the second of its start. Those of restored volumes come after all that is in them.
  const begun = Date.parse(entry.startedAt) / 1000;
  const anew = cluster.nodes.every(({ name }) => (generations.get(name) ?? 0) > begun);
  if (anew && (await restartedSince(ports, surveys, tag, generations, options))) return;
  throw new KassetteError(
    'RESTORE_PENDING',
    `A restore of ${entry.tables.join(', ')} alone has begun in ${cluster.name} and not ended; this would set all of it back to backup ${tag}.`,
    `Nothing was changed. Run «${commandOf(entry)}» again to go on with it, or «kassette after-restore --tag ${tag}» if all is meant.`,
  );
}

/** Restores of single tables that can still end, as all volumes tell together. */
function unendedEntries(surveys: readonly SurveyedNode[]): readonly TableEntry[] {
  const tags = surveys.flatMap((s) => s.survey.backups.map((b) => b.tag));
  return surveys.flatMap((s) => unended(s.survey.tables?.value ?? [], tags));
}

async function restartedSince(
  ports: Ports,
  surveys: readonly SurveyedNode[],
  tag: string,
  generations: ReadonlyMap<string, number>,
  options: CommonOptions,
): Promise<boolean> {
  const votes = await each(
    surveys,
    async ({ node }) => {
      const saved = savedGeneration(node.name, await ports.volumes.read(node, tag));
      return saved === null ? null : (generations.get(node.name) ?? 0) > saved;
    },
    options,
  );
  // One that is damaged hides nothing: the others' files may still be all that is left of these data.
  const told = votes.filter((v) => v !== null);
  return told.length > 0 && told.every(Boolean);
}

/** Null where the node's manifest or its marker is not there or damaged. */
function savedGeneration(node: string, contents: BackupContents): number | null {
  try {
    return contents.marker === '' ? null : parseManifest(node, contents).node.gossipGeneration;
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'MANIFEST_DAMAGED') return null;
    throw error;
  }
}
