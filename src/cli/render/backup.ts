import type { AfterBackupResult } from '../../commands/after-backup/after-backup.ts';
import type { BeforeBackupResult } from '../../commands/before-backup/before-backup.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';
import type { Rendered } from '../run.ts';

export function renderBeforeBackup(result: BeforeBackupResult): Rendered {
  const lines = result.clusters.map(
    (c) =>
      `  ${c.cluster} (${c.datacenters.join(', ')}): ${c.nodes} nodes, ${c.tables} tables, ${c.files} files, ${formatBytes(c.bytes)}`,
  );
  const removed =
    result.removed.length === 0 ? [] : [`  removed what was left of ${result.removed.join(', ')}`];
  const head = `backup ${result.tag} is complete: ${formatSeconds(result.seconds)}, skew ${result.skewMs} ms`;
  return {
    text: [head, ...lines, ...removed, 'Copy the volumes now, then run after-backup.'].join('\n'),
    json: result,
  };
}

export function renderAfterBackup(result: AfterBackupResult): Rendered {
  const what = result.removed.length === 0 ? 'nothing to remove' : `removed ${result.removed.join(', ')}`;
  return { text: `${what} on ${result.nodes} nodes: ${formatSeconds(result.seconds)}`, json: result };
}
