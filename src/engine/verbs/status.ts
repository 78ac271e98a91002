import { KassetteError } from '../../domain/errors.ts';
import type { Run } from '../../domain/last-runs.ts';
import type { Ports } from '../../ports/ports.ts';
import type { CommonOptions, TagOption } from '../options.ts';
import { backupStatus, type ClusterStatus } from '../volumes/backup-status.ts';
import { surveyDatacenters } from '../volumes/surveys.ts';

export interface StatusResult {
  readonly clusters: readonly ClusterStatus[];
  /** The newest first; null where they cannot be read. */
  readonly runs: readonly Run[] | null;
  /** Why nothing else is known. */
  readonly error?: KassetteError;
}

/** Which backups are in the volumes, how far restores have come, and what the last runs came to, which is known without the volumes, too. */
export async function status(ports: Ports, options: CommonOptions & TagOption): Promise<StatusResult> {
  const runs = await ports.runs.last();
  try {
    return { clusters: await backupStatus(ports, await surveyDatacenters(ports, options), options), runs };
  } catch (error) {
    if (!(error instanceof KassetteError) || runs === null || runs.length === 0) throw error;
    return { clusters: [], runs, error };
  }
}
