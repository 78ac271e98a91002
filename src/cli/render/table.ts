import { sumOf, type TableRestorePlan } from '../../domain/tables/table-plan.ts';
import { concurrentWritesWarning } from '../../engine/restore/concurrent-writes.ts';
import type { RestoredTables } from '../../engine/verbs/restore-table.ts';
import type { Rendered } from '../descriptor.ts';
import { formatBytes, formatSeconds } from '../quantities.ts';

import { CREATE, section } from './section.ts';

export function renderRestoredTables(result: RestoredTables): Rendered {
  const { cluster, tag, plan, bytesLinked, bytesCopied, files, seconds, concurrentWrites } = result;
  const names = plan.tables.map(
    (t) => `  ${t.keyspace}.${t.name}: ${doneTo[t.action]}${t.from === undefined ? '' : ` from ${t.from}`}`,
  );
  const sizes = `${files} files, ${formatBytes(bytesLinked)} linked, ${formatBytes(bytesCopied)} copied`;
  return {
    text: [
      `${cluster}: from backup ${tag}, ${sizes}`,
      ...names,
      ...(concurrentWrites.length === 0 ? [] : [concurrentWritesWarning(concurrentWrites)]),
      'all other tables are unchanged; the backup was kept',
      `took ${formatSeconds(seconds)}`,
    ].join('\n'),
    json: result,
  };
}

const doneTo = {
  reload: 'truncated and loaded',
  recreate: 'recreated and loaded',
  rebuild: 'built from its table',
  merge: "the backup's rows added",
} as const;

export function renderTablePlan(plan: TableRestorePlan): Rendered {
  const sum = sumOf(plan);
  const width = Math.max(...plan.tables.map((t) => t.keyspace.length + t.name.length + 1), 5);
  const statement = (s: { statement: string }) => `${s.statement.replaceAll('\n', '\n    ')};`;
  return {
    text: [
      `cluster ${plan.cluster}, ${plan.source}, backup ${plan.tag}, ${plan.mode}`,
      ...section('differences between backup and live schema', plan.differences),
      ...section('drop', plan.drops.map(statement)),
      ...section(
        'truncate',
        plan.truncates.map((t) => `${t.keyspace}.${t.name}`),
      ),
      ...section(CREATE, plan.creates.map(statement)),
      ...section('keep (not in the backup)', plan.kept),
      'load',
      ...plan.tables.map(
        (t) =>
          `  ${`${t.keyspace}.${t.name}`.padEnd(width)}  ${t.action.padEnd(8)}  ${t.sstables} SSTables, ${t.files} files, ${formatBytes(t.bytes)}${t.from === undefined ? '' : `, from ${t.from}`}`,
      ),
      ...section('after loading', plan.rebuilds.map(statement)),
      ...section('note', plan.notes),
      `total: ${sum.tables} tables, ${sum.files} files, ${formatBytes(sum.bytes)} linked, ${formatBytes(plan.bytesCopied)} copied; all other tables stay unchanged`,
      `about ${formatSeconds(plan.expectedSeconds)}`,
    ].join('\n'),
    json: plan,
  };
}
