import { tableKey } from '../../domain/restore/restore-plan.ts';
import { planTables, type TableRestorePlan } from '../../domain/tables/table-plan.ts';
import { showSource } from '../../domain/transfer/source.ts';
import type { TableFacts } from './facts.ts';
import type { TableOptions } from './options.ts';
import { mustRedistribute, type PartAssignment } from './part-assignment.ts';
import { bytesToCopy } from './transfer/files-to-copy.ts';

/** The plan of these facts: what `plan restore-table` prints and `restore-table` carries out. */
export function planFrom(
  facts: TableFacts,
  assignments: readonly PartAssignment[],
  options: TableOptions,
): TableRestorePlan {
  const { cluster, tag, reconciled, selection, sizes } = facts;
  const { targetSchema, replaceable, kept, rebuilt, differences, notes, rename } = reconciled;
  const isTable = (o: { kind: string }) => o.kind === 'table' || o.kind === 'view';
  const pairs = selection.objects.filter(isTable).map((o) => [tableKey(rename(o)), tableKey(o)] as const);
  return planTables({
    ...{ cluster: cluster.name, source: showSource(options.from), tag },
    mode: options.as === null ? options.mode : 'side-by-side',
    ...{ targetSchema, replaceable, kept, rebuilt, differences, notes, renewed: facts.renewed },
    viewsToRebuild: facts.viewsToRebuild,
    redistribute: mustRedistribute(facts),
    nodes: facts.nodes.length,
    bytesCopied: assignments.reduce((sum, p) => sum + bytesToCopy(facts, p), 0),
    bytesPerSecond: options.bytesPerSecond,
    savedNames: new Map(pairs.filter(([now, saved]) => now !== saved)),
    sizes: new Map(
      pairs.flatMap(([now, saved]) => {
        const size = sizes.get(saved);
        return size === undefined ? [] : [[now, size] as const];
      }),
    ),
  });
}
