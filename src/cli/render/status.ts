import type { BackupStatus, ClusterStatus, StatusResult } from '../../commands/status/status.ts';
import { formatSeconds } from '../quantities.ts';
import type { Rendered } from '../run.ts';

export function renderStatus(result: StatusResult): Rendered {
  return { text: result.clusters.map(clusterText).join('\n'), json: result };
}

function clusterText(c: ClusterStatus): string {
  const datacenters = c.datacenters.map((d) => `${d.name} (${d.ready} of ${d.nodes} nodes ready)`).join(', ');
  const backups = c.backups.length === 0 ? ['  no backup in the volumes'] : c.backups.map(backupText);
  const last = c.lastRestore;
  const restored = last === null ? [] : [`  last restore: ${last.tag} at ${last.restoredAt}`];
  const unfinished = c.unfinished.map((u) => `  «${u.command}» has begun and not ended: run it again`);
  return [`${c.cluster}: ${datacenters}`, ...backups, ...restored, ...unfinished].join('\n');
}

function backupText(b: BackupStatus): string {
  const state = b.complete ? 'complete' : `NOT complete: no complete part on ${b.missingOn.join(', ')}`;
  const restoring = b.restoring ? ', its restore has begun and not ended: run after-restore' : '';
  return `  ${b.tag}  ${state}, ${formatSeconds(b.ageSeconds)} old${restoring}`;
}
