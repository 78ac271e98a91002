import { type ClosedRecord, recordOf, renderClosed } from '../../domain/backup/closed.ts';
import { type Closing, planClosing } from '../../domain/backup/closing.ts';
import { whose } from '../../domain/backup/opening.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';
import { retain } from '../archive/retain.ts';
import { each } from '../each.ts';
import { runnerOf } from '../options.ts';
import { refuseIfAwaitingRestore } from '../volumes/leftovers.ts';
import { clocksOf } from '../volumes/surveys.ts';
import { faultOf } from './check-whole.ts';
import type { AfterBackupOptions, Found, Outcome } from './options.ts';
import { removeFrom } from './remove.ts';

/**
 * Close exactly the backup that is open. It must have been whole until now on every node, else the copies of the volumes may
 * hold no restorable backup, and anyone who copied them must not keep them. @throws what says that
 */
export async function close(ports: Ports, found: Found, options: AfterBackupOptions): Promise<Outcome> {
  const { clusters, connected, surveys } = found;
  const datacenters = clusters.flatMap((c) => c.datacenters);
  await Promise.all(connected.map((c) => refuseIfAwaitingRestore(ports, c, surveys, options)));
  const runner = runnerOf(options);
  const volumes = surveys.map(({ node, survey }) => ({ node: node.name, ...survey }));
  try {
    const plan = planClosing(volumes, runner, options.tag);
    if (plan.kind === 'past') return leave(ports, plan);
    const closed = plan.kind === 'close' ? await record(ports, found, plan, options) : plan.record;
    const { tag } = closed;
    if (closed.retained) {
      await retain(ports, surveys, closed, options);
      const message = `Backup ${tag} was whole on ${surveys.length} nodes until it was closed, and is kept.`;
      if (plan.kind === 'close') await ports.events.report(datacenters, 'BackupClosed', message);
      return { removed: [], closed: tag, kept: [tag], left: [] };
    }
    const removed = await removeFrom(ports, found, (t) => t === tag, { ...options, closed: tag });
    const nodes = `${surveys.length} nodes`;
    const message = `Backup ${tag} was whole on ${nodes} until it was closed, and is removed.`;
    if (removed.length > 0) await ports.events.report(datacenters, 'BackupClosed', message);
    return { removed, closed: tag, kept: [], left: [] };
  } catch (error) {
    if (error instanceof KassetteError && FAILURES.includes(error.code))
      await ports.events.report(datacenters, 'BackupCloseFailed', error.message);
    throw error;
  }
}

const FAILURES: readonly string[] = [
  ...['NO_BACKUP', 'BACKUP_INCOMPLETE', 'BACKUP_AMBIGUOUS'],
  ...['MANIFEST_DAMAGED', 'WRONG_CLUSTER', 'FILES_DAMAGED'],
];

/** On all nodes before anything is removed: a run that continues the removal knows by it that the backup was whole. */
async function record(
  ports: Ports,
  found: Found,
  { backup }: Extract<Closing, { kind: 'close' }>,
  options: AfterBackupOptions,
): Promise<ClosedRecord> {
  const fault = await faultOf(ports, found.clusters, backup.tag, options);
  if (fault !== null) throw await removeFaulty(ports, found, backup.tag, fault, options);
  const closed = recordOf(backup, runnerOf(options), clocksOf(ports, found.surveys).latest);
  const text = renderClosed(closed);
  await each(found.surveys, ({ node }) => ports.volumes.writeNote(node, 'closed.json', text), options);
  return closed;
}

/** Its run is over and nobody can restore it: left there it would only keep the next backup from being made. */
async function removeFaulty(
  ports: Ports,
  found: Found,
  tag: string,
  fault: KassetteError,
  options: AfterBackupOptions,
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
