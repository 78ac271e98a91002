import type { AfterBackupResult } from '../../engine/closing/options.ts';
import type { BeforeBackupResult } from '../../engine/verbs/before-backup.ts';
import type { Rendered } from '../descriptor.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';

export function renderBeforeBackup(result: BeforeBackupResult): Rendered {
  const lines = result.clusters.map(
    (c) =>
      `  ${c.cluster} (${c.datacenters.join(', ')}): ${c.nodes} nodes, ${c.tables} tables, ${c.files} files, ${formatBytes(c.bytes)}`,
  );
  const views = result.clusters.flatMap((c) => c.viewsToRebuild);
  const rebuilt =
    views.length === 0
      ? []
      : [`  written to meanwhile, so a restore builds from their tables: ${views.join(', ')}`];
  const cramped = result.clusters
    .filter((c) => c.crampedUnlinked.length > 0)
    .map(
      (c) =>
        `  a copy that is made file by file and loses hard links takes ${formatBytes(c.bytesUnlinked)} more: the volumes of ${c.crampedUnlinked.join(', ')} are too small for it`,
    );
  const removed =
    result.removed.length === 0 ? [] : [`  removed the remains of ${result.removed.join(', ')}`];
  const kept = result.kept.length === 0 ? [] : [`  kept ${result.kept.join(', ')}`];
  const how = result.joined ? 'is joined, and whole on all nodes' : 'is complete';
  const head = `backup ${result.tag} ${how}: ${formatSeconds(result.seconds)}, skew ${result.skewMs} ms`;
  const sum = (of: 'nodes' | 'tables' | 'files' | 'bytes') => result.clusters.reduce((n, c) => n + c[of], 0);
  const { tag, skewMs, seconds, abandonedAt } = result;
  return {
    text: [
      ...[head, ...lines, ...rebuilt, ...cramped, ...removed, ...kept],
      `Copy the volumes now, then run after-backup. From ${result.abandonedAt} on, the backup counts as abandoned.`,
    ].join('\n'),
    json: result,
    outputs: {
      ...{ tag, skewMs, seconds, abandonedAt },
      // Those of a backup that is joined are in the result of the hook that has made it.
      ...(result.joined
        ? {}
        : { nodes: sum('nodes'), tables: sum('tables'), files: sum('files'), bytes: sum('bytes') }),
    },
  };
}

export function renderAfterBackup(result: AfterBackupResult): Rendered {
  const { closed, nodes, seconds } = result;
  const removed = result.removed.join(', ');
  const left = result.left.map((l) => l.tag).join(', ');
  const isBefore = closed !== null && ![...result.removed, ...result.kept].includes(closed);
  const before = isBefore ? [`${closed} was closed before`] : [];
  const kept = result.kept.join(', ');
  const nothing = kept === '' ? 'nothing to remove' : `kept ${kept}`;
  const what = removed === '' ? nothing : `removed ${removed}`;
  return {
    text: [
      `${[...before, what].join(', ')} on ${nodes} nodes: ${formatSeconds(seconds)}`,
      ...result.left.map(({ tag, why }) => `  left ${tag}: ${why}`),
    ].join('\n'),
    json: result,
    outputs: { removed, closed: closed ?? '', left, nodes, seconds },
  };
}
