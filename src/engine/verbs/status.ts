import type { Ports } from '../../ports/ports.ts';
import type { CommonOptions, TagOption } from '../options.ts';
import { backupStatus, type ClusterStatus } from '../volumes/backup-status.ts';

export interface StatusResult {
  readonly clusters: readonly ClusterStatus[];
}

/** Which backups are in the volumes, and how far restores have come. */
export async function status(ports: Ports, options: CommonOptions & TagOption): Promise<StatusResult> {
  return { clusters: await backupStatus(ports, options) };
}
