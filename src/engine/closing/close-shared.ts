import { planEnding } from '../../domain/k8ssandra/ending.ts';
import { failedIn, othersFailed, type SharedBackup } from '../../domain/k8ssandra/shares.ts';
import type { Ports } from '../../ports/ports.ts';
import { runnerOf } from '../options.ts';
import { checkNamespace, noteShare, sharedVolumes } from '../volumes/shared.ts';
import { checkStillWhole, closing, leave, recordAndRemove, removeClosed } from './close.ts';
import type { AfterBackupOptions, Found, Outcome } from './options.ts';
import { removeFrom } from './remove.ts';

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
    if (plan.kind === 'finish') return removeClosed(ports, found, plan.record.tag, options);
    const { backup, others } = plan;
    if (plan.kind === 'fail') {
      await noteShare(ports, clusters, { tag: backup.tag, kind: 'failed', namespace }, options);
      if (others.length === 0) await removeFrom(ports, found, (t) => t === backup.tag, options);
      throw othersFailed(backup.tag, failedIn(backup.shares));
    }
    await checkStillWhole(ports, found, backup.tag, options);
    await noteShare(ports, clusters, { tag: backup.tag, kind: 'ended', namespace }, options);
    if (others.length === 0) return recordAndRemove(ports, found, backup, options, endedIn(backup));
    const why = `it is closed when ${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} ended`;
    return { removed: [], closed: null, left: [{ tag: backup.tag, why }], awaits: others };
  });
}

function endedIn({ shares }: SharedBackup) {
  return shares.map(({ namespace, joined }) => ({ namespace, run: joined?.run ?? null }));
}
