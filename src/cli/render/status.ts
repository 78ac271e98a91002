import { anyOf, hint, kassette } from '../../domain/hint.ts';
import { placeName } from '../../domain/k8ssandra/locations.ts';
import type { StatusResult } from '../../engine/verbs/status.ts';
import type { BackupStatus, ClusterStatus, DatacenterStatus } from '../../engine/volumes/backup-status.ts';
import type { Rendered, Say } from '../descriptor.ts';
import { formatSeconds } from '../quantities.ts';
import { plainly } from '../say.ts';
import { runLines } from './runs.ts';

export function renderStatus(result: StatusResult, say: Say = plainly): Rendered {
  const datacenters = result.clusters.flatMap((c) => c.datacenters);
  return {
    text: [...result.clusters.map((c) => clusterText(c, say)), ...runLines(result.runs)].join('\n'),
    json: {
      clusters: result.clusters.map((c) => ({
        ...c,
        unfinished: c.unfinished.map((u) => ({ ...u, command: say.command(u.command) })),
      })),
      runs: result.runs,
    },
    ...(result.error === undefined ? {} : { error: result.error }),
    // Of one without nodes nothing was seen: that must not look like a datacenter without backups.
    ...(datacenters.some((d) => d.nodes === 0) ? { failure: 'NOT_READY' } : {}),
  };
}

function datacenterText({ name, nodes, ready, unready }: DatacenterStatus, where: string): string {
  if (nodes > 0) return `${name}${where} (${ready} of ${nodes} nodes ready)`;
  return `${name}${where} (NO NODES FOUND: it ${unready ?? 'has none'})`;
}

function clusterText(c: ClusterStatus, say: Say): string {
  const place = ({ namespace = '', k8sContext }: DatacenterStatus) => placeName({ namespace, k8sContext });
  const places = new Set(c.datacenters.map(place));
  const where = (d: DatacenterStatus) => (places.size > 1 ? ` in ${place(d)}` : '');
  const datacenters = c.datacenters.map((d) => datacenterText(d, where(d))).join(', ');
  const seen = c.datacenters.some((d) => d.nodes > 0);
  const none = seen ? '  no backup in the volumes' : '  no volume could be read';
  const backups = c.backups.length === 0 ? [none] : c.backups.map((b) => backupText(b, say));
  const kept = c.kept.length === 0 ? [] : [`  kept as bases of the archived log: ${c.kept.join(', ')}`];
  const last = c.lastRestore;
  const restored = last === null ? [] : [`  last restore: ${last.tag} at ${last.restoredAt}`];
  const unfinished = c.unfinished.map((u) => say(hint`  ${u.command} has begun and not ended: run it again`));
  const contradictory =
    c.contradictory.length === 0
      ? []
      : [
          say(
            hint`  restores of ${c.contradictory.join(' and ')} contradict each other: run ${anyOf(c.contradictory.map(restoreOf))}`,
          ),
        ];
  return [
    `${c.cluster}: ${datacenters}`,
    ...backups,
    ...kept,
    ...restored,
    ...contradictory,
    ...unfinished,
  ].join('\n');
}

const restoreOf = (tag: string) => kassette('after-restore', '--tag', tag);

function backupText(b: BackupStatus, say: Say): string {
  const state = b.complete ? 'complete' : `NOT complete: no complete part on ${b.missingOn.join(', ')}`;
  const restoring = b.restoring
    ? say(hint`, its restore has begun and not ended: run ${restoreOf(b.tag)}`)
    : '';
  const run = b.open?.run ? ` by run ${b.open.run}` : '';
  const open =
    b.open === null ? '' : `, open since ${b.open.since}${run}, abandoned at ${b.open.abandonedAt}`;
  return `  ${b.tag}  ${state}, ${formatSeconds(b.ageSeconds)} old${open}${restoring}`;
}
