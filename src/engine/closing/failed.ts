import { type Attempt, sortAttempts } from '../../domain/backup/attempt.ts';
import { isOwn, openBackups, type Runner, whose } from '../../domain/backup/opening.ts';
import { KassetteError } from '../../domain/errors.ts';
import { withoutStop } from '../../domain/sentence.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { runnerOf } from '../options.ts';
import { refuseIfAwaitingRestore } from '../volumes/leftovers.ts';
import { volumesOf } from '../volumes/open.ts';
import { clocksOf } from '../volumes/surveys.ts';
import type { AfterBackupOptions, Found, LeftBackup, Outcome } from './options.ts';
import { removeFrom } from './remove.ts';

/**
 * The run's own before-backup has either failed, and has undone what it made, or succeeded, and then what is open is its own.
 * Only that is removed, and what nobody can restore; a run that is not sure leaves what is open to the rule for abandoned ones.
 */
export async function undoFailed(ports: Ports, found: Found, options: AfterBackupOptions): Promise<Outcome> {
  const { clusters, surveys } = found;
  const pending = await pendingRestore(ports, found, options);
  if (pending !== null) return report(ports, found, { removed: [], closed: null, kept: [], left: pending });
  const runner = runnerOf(options);
  const { fresh } = sortAttempts(
    surveys.flatMap((s) => s.survey.attempts),
    clocksOf(ports, surveys).earliest,
  );
  const left = new Map<string, string>();
  let attempt: Attempt | undefined;
  for (const backup of new Map(openIn(found).map((o) => [o.tag, o])).values()) {
    const why =
      options.tag === undefined
        ? whyNotOwn(backup, runner)
        : backup.tag === options.tag
          ? null
          : `this run has made ${options.tag}`;
    if (why !== null) left.set(backup.tag, why);
    else if (options.tag === undefined && runner.run === null && fresh[0] !== undefined) {
      attempt = fresh[0];
      const at = attempt.startedAt.toISOString();
      left.set(
        backup.tag,
        `a before-backup that began at ${at} has failed, and this may be its failure hook`,
      );
    }
  }
  const removed = await removeFrom(ports, found, (tag) => !left.has(tag), options);
  // One failure hook for each run that failed: the next one is another's.
  if (attempt !== undefined) await consume(ports, found, attempt);
  const datacenters = clusters.flatMap((c) => c.datacenters);
  for (const tag of removed) {
    await ports.events.report(datacenters, 'BackupGivenUp', `Backup ${tag} of a run that failed is removed.`);
  }
  const others = [...left].map(([tag, why]) => ({ tag, why }));
  return report(ports, found, { removed, closed: null, kept: [], left: others });
}

function openIn({ clusters, surveys }: Found) {
  return clusters.flatMap((c) => openBackups(volumesOf(c, surveys)));
}

function whyNotOwn(backup: ReturnType<typeof openIn>[number], runner: Runner): string | null {
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
