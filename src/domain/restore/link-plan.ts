import type { ManifestTable } from '../backup/manifest.ts';
import { sstableOf, withGeneration } from '../sstables/sstable.ts';
import { unstaged } from '../transfer/staging.ts';
import { loadableParts, tableKey } from './restore-plan.ts';

/** Where one snapshot part's files go, and under which names. */
export interface PlannedLinks {
  readonly keyspace: string;
  readonly table: string;
  readonly directory: string;
  readonly target: string;
  readonly links: readonly (readonly [from: string, to: string])[];
}

/** Which table a saved one is loaded into. */
export type Rename = (table: { keyspace: string; name: string }) => { keyspace: string; name: string };

/**
 * Links for one node: each SSTable under a fresh generation. A snapshot's file names equal those of live or just-obsoleted
 * files; under the old name a file could be lost when Cassandra deletes the obsolete one.
 * @param tables those of the node's manifest that a restore is about
 * @param tableIds ids of the live tables by `keyspace.name`
 * @param firstGeneration of `firstGeneration`
 * @param rename where tables are loaded under another name
 */
export function planLinks(
  tables: readonly ManifestTable[],
  tableIds: ReadonlyMap<string, string>,
  firstGeneration: number,
  rename: Rename = (table) => table,
): readonly PlannedLinks[] {
  let next = firstGeneration;
  return tables.flatMap((table) => {
    const { keyspace, name } = rename(table);
    const id = tableIds.get(tableKey({ keyspace, name }));
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
        const data = parentOf(parentOf(unstaged(directory)));
        const target = `${data}/${keyspace}/${name}-${id.replaceAll('-', '')}`;
        return { keyspace, table: name, directory, target, links };
      });
  });
}

function parentOf(directory: string): string {
  return directory.slice(0, directory.lastIndexOf('/'));
}
