import { type RestorePlan, totals } from '../../domain/restore/restore-plan.ts';
import { coldText } from '../../engine/cold/cold-summary.ts';
import { withConcurrentWrites } from '../../engine/restore/concurrent-writes.ts';
import type { PlannedCluster } from '../../engine/restore/prepare.ts';
import type { RestoredCluster } from '../../engine/restore/restored.ts';
import type { AfterRestoreResult } from '../../engine/verbs/after-restore.ts';
import type { BeforeRestoreResult } from '../../engine/verbs/before-restore.ts';
import type { PlannedRecovery, PlanResult } from '../../engine/verbs/plan.ts';
import type { Rendered, Say } from '../descriptor.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';

import { plainly, withHint } from '../say.ts';
import { CREATE, section } from './section.ts';

export function renderAfterRestore(result: AfterRestoreResult): Rendered {
  const clusters = result.clusters.map(outcome);
  const sum = (of: 'tables' | 'files' | 'bytesLinked') => result.clusters.reduce((n, c) => n + c[of], 0);
  const each = (of: 'tag' | 'outcome') => [...new Set(result.clusters.map((c) => c[of]))].join(', ');
  return {
    text: [...clusters, `took ${formatSeconds(result.seconds)}`].join('\n'),
    json: result,
    outputs: {
      tag: each('tag'),
      outcome: each('outcome'),
      tables: sum('tables'),
      files: sum('files'),
      bytes: sum('bytesLinked'),
      seconds: result.seconds,
      concurrentWrites: [...new Set(result.clusters.flatMap((c) => c.concurrentWrites))].join(', '),
    },
  };
}

function outcome(c: RestoredCluster): string {
  const sizes = `${c.tables} tables, ${c.files} files, ${formatBytes(c.bytesLinked)} linked, 0 B copied`;
  if (c.outcome === 'unchanged') return `${c.cluster}: nothing was changed; backup ${c.tag}: ${c.why}`;
  const newer = withConcurrentWrites('; ', c.concurrentWrites);
  const built = c.viewsRebuilt.length === 0 ? '' : `; built from their tables: ${c.viewsRebuilt.join(', ')}`;
  if (c.cold !== null)
    return `${c.cluster} is as it was in backup ${c.tag}: ${coldText(c.cold)}; ${sizes}${built}`;
  if (c.outcome === 'finished')
    return `${c.cluster}: the interrupted restore of backup ${c.tag} is finished${built}${newer}`;
  return `${c.cluster} is as it was in backup ${c.tag}: ${sizes}${built}${newer}`;
}

export function renderBeforeRestore(result: BeforeRestoreResult, say: Say = plainly): Rendered {
  const lines = result.findings.map((f) => {
    const where = f.cluster === '' ? '' : `${f.cluster}: `;
    return f.ok ? `${where}${f.message}` : `${where}${f.code}: ${f.message}\n  hint: ${say(f.hint ?? '')}`;
  });
  const outputs = {
    ok: String(result.findings.every((f) => f.ok)),
    findings: result.findings.map((f) => f.message).join(' '),
  };
  const findings = result.findings.map((f) => withHint(f, say));
  return { text: lines.join('\n'), json: { findings }, outputs };
}

export function renderPlan(result: PlanResult): Rendered {
  const { clusters, plans, recover } = result;
  const texts = clusters.map((c) => {
    const plan = c.next === 'replace' ? plans.find((p) => p.cluster === c.cluster) : undefined;
    return plan === undefined ? nextText(c) : planText(plan);
  });
  return {
    text: [...(recover === null ? [] : [recoveryText(recover)]), ...texts].join('\n\n'),
    json: result,
  };
}

function nextText({ cluster, tag, next, method, why, viewsToRebuild }: PlannedCluster): string {
  if (next === 'nothing') return `cluster ${cluster}: nothing is to do; backup ${tag}: ${why}`;
  const ended = method === 'cold' ? 'all volumes were restored cold' : 'all is loaded on all nodes';
  const views = viewsToRebuild.length === 0 ? '' : `build from their tables: ${viewsToRebuild.join(', ')}\n`;
  return `cluster ${cluster}: the data are those of backup ${tag}: ${ended}\n${views}remove the backup and the automatic snapshots; no table is changed`;
}

function recoveryText({ datacenters, why, asks }: PlannedRecovery): string {
  const stop = `stop ${datacenters.join(', ')}${asks ? ', if that is agreed to' : ''}`;
  return [
    why,
    stop,
    'restore every volume cold, each from the backup in it',
    `start ${datacenters.join(', ')}`,
    'look at the clusters again, and remove the backup where all is as it should be',
  ].join('\n');
}

function planText(plan: RestorePlan): string {
  const sum = totals(plan);
  const width = Math.max(...plan.tables.map((t) => t.keyspace.length + t.name.length + 1), 5);
  return [
    `cluster ${plan.cluster}, backup ${plan.tag}`,
    ...section(
      'drop',
      plan.drops.map((d) => `${d.statement};`),
    ),
    ...section(
      'truncate',
      plan.truncates.map((t) => `${t.keyspace}.${t.name}`),
    ),
    ...section(
      CREATE,
      plan.creates.map((c) => `${c.statement.replaceAll('\n', '\n    ')};`),
    ),
    ...section('keep (not in the backup)', plan.kept),
    'load',
    ...plan.tables.map(
      (t) =>
        `  ${`${t.keyspace}.${t.name}`.padEnd(width)}  ${t.action.padEnd(8)}  ${t.sstables} SSTables, ${t.files} files, ${formatBytes(t.bytes)}`,
    ),
    ...section(
      'after loading',
      plan.rebuilds.map((r) => `${r.statement.replaceAll('\n', '\n    ')};`),
    ),
    `total: ${sum.tables} tables, ${sum.sstables} SSTables, ${sum.files} files, ${formatBytes(sum.bytes)} linked, 0 B copied`,
  ].join('\n');
}
