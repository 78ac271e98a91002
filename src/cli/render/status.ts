import type { StatusResult } from '../../engine/verbs/status.ts';
import type { BackupStatus, ClusterStatus, DatacenterStatus } from '../../engine/volumes/backup-status.ts';
import type { Rendered } from '../descriptor.ts';
import { formatSeconds } from '../quantities.ts';

export function renderStatus(result: StatusResult): Rendered {
  const datacenters = result.clusters.flatMap((c) => c.datacenters);
  return {
    text: result.clusters.map(clusterText).join('\n'),
    json: result,
    // Of one without nodes nothing was seen: that must not look like a datacenter without backups.
    ...(datacenters.some((d) => d.nodes === 0) ? { failure: 'NOT_READY' } : {}),
  };
}

function datacenterText({ name, nodes, ready, unready }: DatacenterStatus): string {
  if (nodes > 0) return `${name} (${ready} of ${nodes} nodes ready)`;
  return `${name} (NO NODES FOUND: it ${unready ?? 'has none'})`;
}

function clusterText(c: ClusterStatus): string {
  const datacenters = c.datacenters.map(datacenterText).join(', ');
  const seen = c.datacenters.some((d) => d.nodes > 0);
  const none = seen ? '  no backup in the volumes' : '  no volume could be read';
  const backups = c.backups.length === 0 ? [none] : c.backups.map(backupText);
  const last = c.lastRestore;
  const restored = last === null ? [] : [`  last restore: ${last.tag} at ${last.restoredAt}`];
  const unfinished = c.unfinished.map((u) => `  \`${u.command}\` has begun and not ended: run it again`);
  const contradictory =
    c.contradictory.length === 0
      ? []
      : [
          `  restores of ${c.contradictory.join(' and ')} contradict each other: run after-restore with --tag`,
        ];
  return [`${c.cluster}: ${datacenters}`, ...backups, ...restored, ...contradictory, ...unfinished].join(
    '\n',
  );
}

function backupText(b: BackupStatus): string {
  const state = b.complete ? 'complete' : `NOT complete: no complete part on ${b.missingOn.join(', ')}`;
  const restoring = b.restoring ? ', its restore has begun and not ended: run after-restore' : '';
  const run = b.open?.run ? ` by run ${b.open.run}` : '';
  const open =
    b.open === null ? '' : `, open since ${b.open.since}${run}, abandoned at ${b.open.abandonedAt}`;
  return `  ${b.tag}  ${state}, ${formatSeconds(b.ageSeconds)} old${open}${restoring}`;
}
