import type { ManifestTable } from './manifest.ts';
import { loadableParts, tableKey } from './restore-plan.ts';
import { sstableOf, withGeneration } from './sstable.ts';

/** Where one snapshot part's files go, and under which names. */
export interface PlannedLinks {
  readonly keyspace: string;
  readonly table: string;
  readonly directory: string;
  readonly target: string;
  readonly links: readonly (readonly [from: string, to: string])[];
}

/**
 * Links for one node: each SSTable under a fresh generation. A snapshot's file names equal those of live or just-obsoleted
 * files; under the old name a file could be lost when Cassandra deletes the obsolete one.
 * @param tables those of the node's manifest that a restore is about
 * @param tableIds ids of the live tables by `keyspace.name`
 * @param firstGeneration of `firstGeneration`
 */
export function planLinks(
  tables: readonly ManifestTable[],
  tableIds: ReadonlyMap<string, string>,
  firstGeneration: number,
): readonly PlannedLinks[] {
  let next = firstGeneration;
  return tables.flatMap((table) => {
    const id = tableIds.get(tableKey(table));
    if (id === undefined) return [];
    return loadableParts(table)
      .filter(({ part }) => part.files.length > 0)
      .map(({ directory, part }) => {
        const generations = new Map<string, number>();
        const links = part.files.map((f) => {
          const sstable = sstableOf(f.parsed);
          const generation = generations.get(sstable) ?? next++;
          generations.set(sstable, generation);
          return [f.name, withGeneration(f.parsed, generation)] as const;
        });
        const target = `${parentOf(directory)}/${table.name}-${id.replaceAll('-', '')}`;
        return { keyspace: table.keyspace, table: table.name, directory, target, links };
      });
  });
}

function parentOf(directory: string): string {
  return directory.slice(0, directory.lastIndexOf('/'));
}
