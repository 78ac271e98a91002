import { coldText } from '../../engine/cold/cold-summary.ts';
import type { RecoverResult } from '../../engine/cold/recover-now.ts';
import { withConcurrentWrites } from '../../engine/restore/concurrent-writes.ts';
import type { Rendered } from '../descriptor.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';

export function renderRecover(result: RecoverResult): Rendered {
  const volumes = result.volumes.map((v) =>
    v.outcome === 'restored'
      ? `${v.node}: ${v.files} files, ${formatBytes(v.bytesLinked)} linked, 0 B copied; ${v.moved} files were moved aside`
      : `${v.node}: restored before`,
  );
  const clusters = result.clusters.map((c) =>
    c.cold !== null || c.outcome === 'unchanged'
      ? `${c.cluster} is as it was in backup ${c.tag}: ${c.cold === null ? c.why : coldText(c.cold)}`
      : `${c.cluster} is as it was in backup ${c.tag}, reloaded${withConcurrentWrites('; ', c.concurrentWrites)}`,
  );
  return {
    text: [...volumes, ...clusters, `took ${formatSeconds(result.seconds)}`].join('\n'),
    json: result,
  };
}
