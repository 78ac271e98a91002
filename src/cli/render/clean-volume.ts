import type { ColdPlan } from '../../domain/restore/cold-plan.ts';
import type { ColdResult } from '../../domain/restore/cold-result.ts';
import { packPlan } from '../../domain/transfer/packed-plan.ts';
import type { CleanClaimsResult } from '../../engine/cold/clean-claims.ts';
import type { Rendered } from '../descriptor.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';

/** With the plan only where that is what was asked for: it names every file. */
export function renderCleanVolume(
  result: ColdResult,
  { dryRun, packed }: { readonly dryRun: boolean; readonly packed: boolean },
): Rendered {
  const plan = dryRun ? result.plan : null;
  const lines = [...volumeLines({ ...result, plan }), `took ${formatSeconds(result.seconds)}`];
  const json =
    packed && plan !== null ? { ...result, plan: null, packedPlan: packPlan(plan) } : { ...result, plan };
  return { text: lines.join('\n'), json };
}

export function renderCleanClaims(result: CleanClaimsResult): Rendered {
  const lines = [...result.volumes.flatMap(volumeLines), `took ${formatSeconds(result.seconds)}`];
  return { text: lines.join('\n'), json: result };
}

function volumeLines(result: ColdResult): readonly string[] {
  return [...(result.plan === null ? [] : planLines(result.plan)), volumeText(result)];
}

function volumeText(r: ColdResult): string {
  const what = `${r.node} of cluster ${r.cluster}`;
  const sizes = `${r.tables} tables, ${r.files} files, ${formatBytes(r.bytesLinked)} linked, 0 B copied`;
  if (r.outcome === 'unchanged') {
    return `${what}: backup ${r.tag} was restored before, and Cassandra has not run since; nothing was changed`;
  }
  if (r.outcome === 'planned') return `${what} would be as in backup ${r.tag}: ${sizes}`;
  return `${what} is as it was in backup ${r.tag}: ${sizes}; ${r.moved} files were moved to ${r.displaced}`;
}

function planLines(plan: ColdPlan): readonly string[] {
  return [
    `${plan.node}: backup ${plan.tag}; nothing was changed`,
    ...plan.drops.map((t) => `drop   ${t}, which the backup does not have`),
    ...plan.forgets.map((t) => `forget ${t}`),
    'empty  commitlog',
    ...plan.empties.map((f) => `empty  ${f}`),
    ...plan.moves.map((f) => `move   ${f}`),
    ...plan.links.map(([from, to]) => `link   ${to} = ${from}`),
  ];
}
