import type { CleanClaimsResult } from '../../commands/clean-volume/clean-claims.ts';
import type { CleanVolumeResult } from '../../commands/clean-volume/clean-volume.ts';
import type { ColdPlan } from '../../domain/cold-plan.ts';
import type { ColdResult } from '../../domain/cold-result.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';
import type { Rendered } from '../run.ts';

/** With the plan only where that is what was asked for: it names every file. */
export function renderCleanVolume(result: CleanVolumeResult, withPlan: boolean): Rendered {
  const plan = withPlan ? result.plan : null;
  const lines = [
    ...(plan === null ? [] : planLines(plan)),
    volumeText(result),
    `took ${formatSeconds(result.seconds)}`,
  ];
  return { text: lines.join('\n'), json: { ...result, plan } };
}

export function renderCleanClaims(result: CleanClaimsResult): Rendered {
  const lines = [...result.volumes.map(volumeText), `took ${formatSeconds(result.seconds)}`];
  return { text: lines.join('\n'), json: result };
}

function volumeText(r: ColdResult): string {
  const what = `${r.node} of cluster ${r.cluster}`;
  const sizes = `${r.tables} tables, ${r.files} files, ${formatBytes(r.bytesLinked)} linked, 0 B copied`;
  if (r.outcome === 'unchanged') {
    return `${what}: backup ${r.tag} was restored before and Cassandra has not run since; nothing was changed`;
  }
  if (r.outcome === 'planned') return `${what} would be as it was in backup ${r.tag}: ${sizes}`;
  return `${what} is as it was in backup ${r.tag}: ${sizes}; ${r.moved} files were moved to ${r.displaced}`;
}

function planLines(plan: ColdPlan): readonly string[] {
  return [
    `backup ${plan.tag}; nothing was changed`,
    ...plan.drops.map((t) => `drop   ${t}, which the backup does not have`),
    ...plan.forgets.map((t) => `forget ${t}`),
    'empty  commitlog',
    ...plan.empties.map((f) => `empty  ${f}`),
    ...plan.moves.map((f) => `move   ${f}`),
    ...plan.links.map(([from, to]) => `link   ${to} = ${from}`),
  ];
}
