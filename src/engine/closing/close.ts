import { type ClosedRecord, recordOf, renderClosed } from '../../domain/backup/closed.ts';
import { type Closing, planClosing } from '../../domain/backup/closing.ts';
import { type OpenBackup, whose } from '../../domain/backup/opening.ts';
import { KassetteError } from '../../domain/errors.ts';
import { planEnding } from '../../domain/k8ssandra/ending.ts';
import { failedIn, othersFailed, type SharedBackup } from '../../domain/k8ssandra/shares.ts';
import type { Ports } from '../../ports/ports.ts';
import { retain } from '../archive/retain.ts';
import { each } from '../each.ts';
import { type CommonOptions, runnerOf } from '../options.ts';
import { refuseIfAwaitingRestore } from '../volumes/leftovers.ts';
import { checkNamespace, noteShare, sharedVolumes } from '../volumes/shared.ts';
import { clocksOf } from '../volumes/surveys.ts';
import { faultOf } from './check-whole.ts';
import type { AfterBackupOptions, Found, Outcome } from './options.ts';
import { removeFrom } from './remove.ts';

/**
 * Close exactly the backup that is open. It must have been whole until now on every node, else the copies of the volumes may
 * hold no restorable backup, and anyone who copied them must not keep them. @throws what says that
 */
export async function close(ports: Ports, found: Found, options: AfterBackupOptions): Promise<Outcome> {
  const volumes = found.surveys.map(({ node, survey }) => ({ node: node.name, ...survey }));
  return closing(ports, found, options, async () => {
    const plan = planClosing(volumes, runnerOf(options), options.tag);
    if (plan.kind === 'past') return leave(ports, plan);
    if (plan.kind === 'finish') return endClosed(ports, found, plan.record, options);
    await checkStillWhole(ports, found, plan.backup.tag, options);
    return recordAndEnd(ports, found, plan.backup, options);
  });
}

/**
 * End the part of one namespace in a backup that it shares with others. The one after which no namespace is left closes it. @throws what
 * says that nobody could restore it, another namespace's failure included
 */
export async function closeShared(
  ports: Ports,
  found: Found,
  namespace: string,
  options: AfterBackupOptions,
): Promise<Outcome> {
  const { clusters, surveys } = found;
  checkNamespace(clusters, namespace);
  return closing(ports, found, options, async () => {
    const plan = planEnding(sharedVolumes(clusters, surveys), { namespace, runner: runnerOf(options) });
    if (plan.kind === 'past') return leave(ports, plan);
    if (plan.kind === 'finish') return endClosed(ports, found, plan.record, options);
    const { backup, others } = plan;
    if (plan.kind === 'fail') {
      await noteShare(ports, clusters, { tag: backup.tag, kind: 'failed', namespace }, options);
      if (others.length === 0) await removeFrom(ports, found, (t) => t === backup.tag, options);
      throw othersFailed(backup.tag, failedIn(backup.shares));
    }
    await checkStillWhole(ports, found, backup.tag, options);
    await noteShare(ports, clusters, { tag: backup.tag, kind: 'ended', namespace }, options);
    if (others.length === 0) return recordAndEnd(ports, found, backup, options, endedIn(backup));
    const why = `it is closed when ${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} ended`;
    return { removed: [], closed: null, kept: [], left: [{ tag: backup.tag, why }], awaits: others };
  });
}

function endedIn({ shares }: SharedBackup) {
  return shares.map(({ namespace, joined }) => ({ namespace, run: joined?.run ?? null }));
}

/** What a success hook does, whichever backup it is about; a failure is reported where it says that the copies are of no use. */
async function closing(
  ports: Ports,
  { clusters, connected, surveys }: Found,
  options: AfterBackupOptions,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  await Promise.all(connected.map((c) => refuseIfAwaitingRestore(ports, c, surveys, options)));
  try {
    return await work();
  } catch (error) {
    const datacenters = clusters.flatMap((c) => c.datacenters);
    if (error instanceof KassetteError && FAILURES.includes(error.code))
      await ports.events.report(datacenters, 'BackupCloseFailed', error.message);
    throw error;
  }
}

/** @param ended the namespaces that have ended, where several share the backup */
async function recordAndEnd(
  ports: Ports,
  found: Found,
  backup: OpenBackup,
  options: AfterBackupOptions,
  ended?: ClosedRecord['ended'],
): Promise<Outcome> {
  const record = recordOf(backup, runnerOf(options), clocksOf(ports, found.surveys).latest);
  const closed = ended === undefined ? record : { ...record, ended };
  const text = renderClosed(closed);
  // On all nodes before anything is removed: a run that continues the removal knows by it that the backup was whole.
  await each(found.surveys, ({ node }) => ports.volumes.writeNote(node, 'closed.json', text), options);
  return endClosed(ports, found, closed, options, true);
}

/** Keep it as a base of the archived log, where its run has asked for that; else remove it. */
async function endClosed(
  ports: Ports,
  found: Found,
  closed: ClosedRecord,
  options: CommonOptions,
  isNew = false,
): Promise<Outcome> {
  const { surveys, clusters } = found;
  const { tag, retained } = closed;
  const datacenters = clusters.flatMap((c) => c.datacenters);
  const was = `Backup ${tag} was whole on ${surveys.length} nodes until it was closed, and is`;
  if (retained) {
    await retain(ports, surveys, closed, options);
    if (isNew) await ports.events.report(datacenters, 'BackupClosed', `${was} kept.`);
    return { removed: [], closed: tag, kept: [tag], left: [] };
  }
  const removed = await removeFrom(ports, found, (t) => t === tag, { ...options, closed: tag });
  if (removed.length > 0) await ports.events.report(datacenters, 'BackupClosed', `${was} removed.`);
  return { removed, closed: tag, kept: [], left: [] };
}

const FAILURES: readonly string[] = [
  ...['NO_BACKUP', 'BACKUP_INCOMPLETE', 'BACKUP_AMBIGUOUS'],
  ...['MANIFEST_DAMAGED', 'WRONG_CLUSTER', 'FILES_DAMAGED'],
];

/** @throws why it is not, after it is removed */
async function checkStillWhole(
  ports: Ports,
  found: Found,
  tag: string,
  options: CommonOptions,
): Promise<void> {
  const fault = await faultOf(ports, found.clusters, tag, options);
  if (fault !== null) throw await removeFaulty(ports, found, tag, fault, options);
}

/** Its run is over and nobody can restore it: left there it would only keep the next backup from being made. */
async function removeFaulty(
  ports: Ports,
  found: Found,
  tag: string,
  fault: KassetteError,
  options: CommonOptions,
): Promise<KassetteError> {
  await removeFrom(ports, found, (t) => t === tag, options);
  return new KassetteError(
    fault.code,
    `Backup ${tag} is no longer whole: ${fault.message} The copies of the volumes that were made meanwhile may hold no restorable backup.`,
    'The rest of it was removed. Do not keep the restore point; back up again.',
    { cause: fault },
  );
}

function leave(ports: Ports, { tag, open }: Extract<Closing, { kind: 'past' }>): Outcome {
  if (open === null) return { removed: [], closed: tag, kept: [], left: [] };
  const why = `it was made ${whose(open)} since`;
  ports.progress.warn(`Backup ${tag} was closed before. Backup ${open.tag} is left alone: ${why}.`);
  return { removed: [], closed: tag, kept: [], left: [{ tag: open.tag, why }] };
}
