import { type Attempt, afterAttempt, sortAttempts } from '../../domain/backup/attempt.ts';
import { isOwn, type OpenBackup, openBackups, type Runner, whose } from '../../domain/backup/opening.ts';
import { KassetteError } from '../../domain/errors.ts';
import { planFailing } from '../../domain/k8ssandra/ending.ts';
import { type SharedBackup, sharedIn } from '../../domain/k8ssandra/shares.ts';
import { withoutStop } from '../../domain/sentence.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { runnerOf } from '../options.ts';
import { refuseIfAwaitingRestore } from '../volumes/leftovers.ts';
import { volumesOf } from '../volumes/open.ts';
import { checkNamespace, noteShare, placesOf, sharedVolumes } from '../volumes/shared.ts';
import { clocksOf } from '../volumes/surveys.ts';
import type { AfterBackupOptions, Found, LeftBackup, Outcome } from './options.ts';
import { removeFrom } from './remove.ts';

/**
 * The run's own before-backup has either failed, and has undone what it made, or succeeded, and then what is open is its own.
 * Only that is removed, and what nobody can restore; a run that is not sure leaves what is open to the rule for abandoned ones.
 */
export async function undoFailed(ports: Ports, found: Found, options: AfterBackupOptions): Promise<Outcome> {
  const { clusters } = found;
  const pending = await pendingRestore(ports, found, options);
  if (pending !== null) return report(ports, found, { removed: [], closed: null, kept: [], left: pending });
  const attempt = freshAttempts(ports, found, options)[0];
  const left = new Map<string, string>();
  let isConsumed = false;
  const shared = options.forNamespace === undefined ? [] : sharedOnes(found, options.forNamespace);
  for (const backup of shared) {
    const why = await failShared(ports, found, backup, attempt, options);
    if (why !== null) left.set(backup.tag, why);
    isConsumed = true;
  }
  for (const backup of new Map(openIn(found).map((o) => [o.tag, o])).values()) {
    if (shared.some((s) => s.tag === backup.tag)) continue;
    const why = whyLeft(backup, attempt, options);
    if (why !== null) left.set(backup.tag, why.text);
    if (why?.isAttempt) isConsumed = true;
  }
  const removed = await removeFrom(ports, found, (tag) => !left.has(tag), options);
  // One failure hook for each run that failed: the next one is another's.
  if (attempt !== undefined && isConsumed) await consume(ports, found, attempt);
  const datacenters = clusters.flatMap((c) => c.datacenters);
  for (const tag of removed) {
    await ports.events.report(datacenters, 'BackupGivenUp', `Backup ${tag} of a run that failed is removed.`);
  }
  const others = [...left].map(([tag, why]) => ({ tag, why }));
  return report(ports, found, { removed, closed: null, kept: [], left: others });
}

function sharedOnes({ clusters, surveys }: Found, namespace: string): readonly SharedBackup[] {
  checkNamespace(clusters, namespace);
  return sharedIn(sharedVolumes(clusters, surveys), namespace);
}

/** From here on the other namespaces fail as well. @returns why the backup stays all the same; null where this one was the last */
async function failShared(
  ports: Ports,
  { clusters }: Found,
  backup: SharedBackup,
  attempt: Attempt | undefined,
  options: AfterBackupOptions,
): Promise<string | null> {
  const { forNamespace: namespace = '' } = options;
  const plan = planFailing(backup, { namespace, runner: runnerOf(options) }, attempt);
  if (plan.kind === 'leave') return plan.why;
  await noteShare(ports, clusters, { tag: backup.tag, kind: 'failed', namespace }, options);
  const { others } = plan;
  return others.length === 0 ? null : `the last of the namespaces ${others.join(', ')} removes it`;
}

function openIn({ clusters, surveys }: Found) {
  return clusters.flatMap((c) => openBackups(volumesOf(c, surveys)));
}

/** Of hooks that nothing identifies, and of this namespace; none where something does. */
function freshAttempts(
  ports: Ports,
  { clusters, surveys }: Found,
  { tag, forNamespace, ...options }: AfterBackupOptions,
): readonly Attempt[] {
  if (tag !== undefined || runnerOf(options).run !== null) return [];
  const places = placesOf(clusters);
  const own = surveys.filter((s) => forNamespace === undefined || places.get(s.node.name) === forNamespace);
  const attempts = own.flatMap((s) => s.survey.attempts);
  return sortAttempts(attempts, clocksOf(ports, surveys).earliest).fresh;
}

/** Null where the backup is this run's. */
function whyLeft(backup: OpenBackup, attempt: Attempt | undefined, { tag, ...options }: AfterBackupOptions) {
  if (tag !== undefined)
    return backup.tag === tag ? null : { text: `this run has made ${tag}`, isAttempt: false };
  const why = whyNotOwn(backup, runnerOf(options));
  if (why !== null) return { text: why, isAttempt: false };
  return attempt === undefined ? null : { text: afterAttempt(attempt), isAttempt: true };
}

function whyNotOwn(backup: OpenBackup, runner: Runner): string | null {
  if (isOwn(backup, runner)) return null;
  const here = runner.run === null ? whose(runner) : `for run ${runner.run}`;
  return `it was made ${whose(backup)}, and this is called ${here}`;
}

/** What may be the only copy of what somebody wants back is nobody's failed backup. */
async function pendingRestore(
  ports: Ports,
  { connected, surveys }: Found,
  options: AfterBackupOptions,
): Promise<readonly LeftBackup[] | null> {
  try {
    await Promise.all(connected.map((c) => refuseIfAwaitingRestore(ports, c, surveys, options)));
    return null;
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code !== 'RESTORE_PENDING') throw error;
    const why = withoutStop(error.message);
    const tags = new Set(surveys.flatMap((s) => s.survey.backups.map((b) => b.tag)));
    return [...tags].toSorted().map((tag) => ({ tag, why }));
  }
}

async function consume(ports: Ports, { surveys }: Found, { id }: Attempt): Promise<void> {
  const holders = surveys.filter((s) => s.survey.attempts.some((a) => a.id === id));
  await each(holders, ({ node }) => ports.volumes.removeNotes(node, [`attempts/${id}.json`]));
}

async function report(ports: Ports, { clusters }: Found, outcome: Outcome): Promise<Outcome> {
  const datacenters = clusters.flatMap((c) => c.datacenters);
  for (const { tag, why } of outcome.left) {
    const message = `Backup ${tag} is left alone by the hook of a run that failed: ${why}.`;
    ports.progress.warn(message);
    await ports.events.report(datacenters, 'BackupLeft', message);
  }
  return outcome;
}
