import { planRestoreTable, restoreTable } from '../../engine/verbs/restore-table.ts';
import { clusterCommand } from '../descriptor.ts';
import { CLONE_JOB_FLAGS, flags } from '../flags/catalogue.ts';
import { renderRestoredTables, renderTablePlan } from '../render/table.ts';

const FLAGS = flags(
  ...(['names', 'from', 'as', 'mode', 'verify', 'reserveBytes', 'bytesPerSecond'] as const),
  ...CLONE_JOB_FLAGS,
);

export const restoreTableCommand = clusterCommand({
  name: 'restore-table',
  summary: 'Restore single tables or keyspaces from a backup. All other tables stay online and unchanged.',
  section: 'Restore:',
  access: 'write',
  flags: FLAGS,
  examples: examplesOf('restore-table'),
  run: restoreTable,
  render: renderRestoredTables,
  noteOf: ({ tag }) => ({ tag }),
});

export const planRestoreTableCommand = clusterCommand({
  name: 'plan restore-table',
  summary: 'Print exactly what restore-table would do, after the same checks. Changes nothing.',
  section: 'Restore:',
  access: 'read',
  flags: FLAGS,
  examples: examplesOf('plan restore-table'),
  run: planRestoreTable,
  render: renderTablePlan,
});

function examplesOf(name: string): readonly string[] {
  return [
    `kassette ${name} shop.orders --from backup:kassette-20260301T021500Z-1a2b`,
    `kassette ${name} shop '"Order"."Camel Case"' --from backup:kassette-20260301T021500Z-1a2b`,
    `kassette ${name} shop.orders --from clones:2026-03-01-08-30-00 --rate 50MiB`,
  ];
}
