import type { PastBackup } from '../../domain/backup/opening.ts';
import { checkTableDirectories } from '../../domain/cluster/data-directories.ts';
import { KassetteError } from '../../domain/errors.ts';
import { inLiveFiles, planForBackup } from '../../domain/restore-state/for-backup.ts';
import { keyOf } from '../../domain/schema/schema.ts';
import { withoutStop } from '../../domain/sentence.ts';
import { renderTableJournal, unended } from '../../domain/tables/table-journal.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { removeSnapshots } from '../cluster/snapshot-work.ts';
import { type ColdDatabase, checkIsBackup } from '../cold/cold-checks.ts';
import { each } from '../each.ts';
import { type CommonOptions, type RunnerOptions, runnerOf, type TagOption } from '../options.ts';
import { refuseIfOpen, reportAbandoned, staleNotes } from './open.ts';
import { restoreState } from './restore-state.ts';
import { clocksOf, ownTags, type SurveyedNode, surveyAll } from './surveys.ts';

export interface Cleared {
  /** Tags. */
  readonly removed: readonly string[];
  /** Of runs whose hooks may still come. */
  readonly past: readonly PastBackup[];
  /** The latest that any clock says. */
  readonly latest: Date;
}

/** What is in the volumes before a backup. With the lease held no other run changes it. @throws RESTORE_PENDING */
export async function surveyForBackup(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  options: CommonOptions,
): Promise<readonly SurveyedNode[]> {
  const nodes = connected.flatMap((c) => c.cluster.nodes);
  const surveys = await ports.progress.step('Looking for backups', () =>
    surveyAll(ports, nodes, options.concurrency),
  );
  for (const c of connected) await refuseIfAwaitingRestore(ports, c, surveys, options);
  return surveys;
}

/** Remove what earlier runs of kassette left, and only that. @throws BACKUP_OPEN, DATA_DIRECTORY */
export async function clearLeftovers(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  surveys: readonly SurveyedNode[],
  options: CommonOptions & TagOption & RunnerOptions,
): Promise<Cleared> {
  return ports.progress.step('Removing leftovers', async () => {
    const clusters = connected.map((c) => c.cluster);
    for (const c of connected) await refuseBareTables(c, surveys);
    const { earliest: now, latest } = clocksOf(ports, surveys);
    const { past, abandoned } = refuseIfOpen(clusters, surveys, {
      ...{ runner: runnerOf(options), tag: options.tag, now },
    });
    await reportAbandoned(ports, clusters, abandoned);
    const removed = new Set(surveys.flatMap((s) => ownTags(s.survey)));
    await each(
      withSession(connected, surveys),
      ({ session, surveyed }) => removeBackups(ports, session, surveyed, ownTags(surveyed.survey), options),
      options,
    );
    // Last, so that a removal that is interrupted is known for one of a closed backup.
    await each(surveys, (s) => ports.volumes.removeNotes(s.node, staleNotes(s, now)), options);
    return { removed: [...removed].toSorted(), past, latest };
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
  const ended = (tag: string) =>
    tag === closed ||
    survey.backups.some((b) => b.tag === tag && b.complete) ||
    survey.retained.some((r) => r.tag === tag);
  await removeSnapshots(ports, session, { node, tags, ended }, { signal });
  await giveTablesUp(ports, { node, survey }, tags);
}

/**
 * Restores of single tables from backups that are gone cannot be ended any more. What others have staged goes as well: it
 * would be copied along with the volume, and they can have it again.
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
 * A complete backup under which every node was restarted may have come with restored volumes and wait for
 * after-restore: it is the only copy of what the user wants back, so no hook of a backup policy may remove it.
 * @throws RESTORE_PENDING
 */
export async function refuseIfAwaitingRestore(
  ports: Ports,
  connected: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  options: CommonOptions,
): Promise<void> {
  const { cluster } = connected;
  const names = new Set(cluster.nodes.map((n) => n.name));
  const own = surveys.filter((s) => names.has(s.node.name));
  const state = await restoreState(ports, connected, own, 'backup', options);
  const live = inLiveFiles(state, cluster);
  const isInDoubt = live !== null && state.kind === 'restored-cold' && state.early === null;
  const unlike = isInDoubt
    ? await unlikeBackup(() => checkIsBackup(ports, connected, own, live, { ...options, keepExtra: false }))
    : null;
  const plan = planForBackup(state, cluster, unlike);
  if (plan.kind === 'refuse') throw plan.error;
  for (const warning of plan.warnings) ports.progress.warn(warning);
}

/** In what a database that was restored cold is not the backup; null where it is. */
async function unlikeBackup(check: () => Promise<ColdDatabase>): Promise<string | null> {
  try {
    const { due } = await check();
    return due.length === 0 ? null : `${due.map(keyOf).join(', ')} has not been built from its table yet`;
  } catch (error) {
    if (error instanceof KassetteError) return withoutStop(error.message);
    throw error;
  }
}

/** @throws DATA_DIRECTORY */
async function refuseBareTables(
  { cluster, session }: ConnectedCluster,
  surveys: readonly SurveyedNode[],
): Promise<void> {
  const names = new Set(cluster.nodes.map((n) => n.name));
  const found = surveys.filter((s) => names.has(s.node.name) && s.survey.bareTables.length > 0);
  if (found.length === 0) return;
  const tables = new Set((await session.tableIds()).keys());
  for (const { node, survey } of found) checkTableDirectories(node.name, survey.bareTables, tables);
}
