import { KassetteError } from '../../domain/errors.ts';
import { planJoining } from '../../domain/k8ssandra/shares.ts';
import type { Ports } from '../../ports/ports.ts';
import { wholeParts } from '../closing/check-whole.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { type CommonOptions, type RunnerOptions, runnerOf } from '../options.ts';
import { noteShare, sharedVolumes } from '../volumes/shared.ts';
import { clocksOf, type SurveyedNode } from '../volumes/surveys.ts';

/** What is known of a backup that another namespace's hook has made. */
export interface JoinedBackup {
  readonly tag: string;
  readonly openedAt: string;
  readonly abandonedAt: string;
  readonly skewMs: number;
}

/**
 * Join the open backup that a hook of another namespace has made, or that this run's has; null where there is none. The copies of volumes hold
 * the moment of the backup whenever they are made.
 * @throws BACKUP_OPEN, BACKUP_INCOMPLETE; what says that it is not whole
 */
export async function joinOpen(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  surveys: readonly SurveyedNode[],
  namespace: string,
  options: CommonOptions & RunnerOptions,
): Promise<JoinedBackup | null> {
  const clusters = connected.map((c) => c.cluster);
  const hook = { namespace, runner: runnerOf(options) };
  const volumes = sharedVolumes(clusters, surveys);
  const backup = planJoining(volumes, hook, clocksOf(ports, surveys).earliest);
  if (backup === null) return null;
  const { tag, openedAt, abandonedAt } = backup;
  const parts = await wholeParts(ports, clusters, tag, options).catch((error: unknown) => {
    throw asNotWhole(error, tag);
  });
  options.signal.throwIfAborted();
  // Last: from here on the namespace is waited for.
  await noteShare(ports, clusters, { tag, kind: 'joined', namespace }, options);
  return { tag, openedAt, abandonedAt, skewMs: parts[0]?.skewMs ?? 0 };
}

function asNotWhole(error: unknown, tag: string): unknown {
  if (!(error instanceof KassetteError)) return error;
  return new KassetteError(
    error.code,
    `Backup ${tag} was made for several namespaces, and cannot be joined: ${error.message}`,
    'Nothing was changed. The failure hooks of the namespaces remove it; then back up again.',
    { cause: error },
  );
}
