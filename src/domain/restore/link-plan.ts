import type { ManifestTable } from '../backup/manifest.ts';
import { mayDisagree, saysRepaired } from '../sstables/repairs.ts';
import { withGeneration } from '../sstables/sstable.ts';
import { unstaged } from '../transfer/staging.ts';
import { type LoadableFile, loadableParts, tableKey } from './restore-plan.ts';

/** Where one snapshot part's files go, and under which names. */
export interface PlannedLinks {
  readonly keyspace: string;
  readonly table: string;
  readonly directory: string;
  readonly target: string;
  readonly links: Iterable<readonly [from: string, to: string]>;
  /** Linked files, with their sizes, that must not call rows repaired. */
  readonly unrepaired: Iterable<{ readonly path: string; readonly bytes: number }>;
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
 * @param isUnrepaired whether no linked file of a table may call rows repaired
 */
export function planLinks(
  tables: readonly ManifestTable[],
  tableIds: ReadonlyMap<string, string>,
  firstGeneration: number,
  rename: Rename = (table) => table,
  isUnrepaired: (table: ManifestTable) => boolean = mayDisagree,
): readonly PlannedLinks[] {
  let next = firstGeneration;
  return tables.flatMap((table) => {
    const { keyspace, name } = rename(table);
    const id = tableIds.get(tableKey({ keyspace, name }));
    if (id === undefined) return [];
    return loadableParts(table).flatMap(({ directory, files }) => {
      const first = next;
      next += sstablesIn(files);
      if (next === first) return [];
      const data = parentOf(parentOf(unstaged(directory)));
      const target = `${data}/${keyspace}/${name}-${id.replaceAll('-', '')}`;
      const links = { [Symbol.iterator]: () => renumbered(files, first) };
      const unrepaired = isUnrepaired(table)
        ? { [Symbol.iterator]: () => statisticsIn(files, first, target) }
        : [];
      return [{ keyspace, table: name, directory, target, links, unrepaired }];
    });
  });
}

function sstablesIn(files: Iterable<LoadableFile>): number {
  let [count, last] = [0, ''];
  for (const { sstable } of files) {
    if (sstable !== last) count++;
    last = sstable;
  }
  return count;
}

/** Made when they are asked for: a node may have half a million. */
function* renumbered(
  files: Iterable<LoadableFile>,
  first: number,
): Generator<readonly [from: string, to: string]> {
  let [generation, last] = [first - 1, ''];
  for (const { name, sstable, component } of files) {
    if (sstable !== last) generation++;
    last = sstable;
    yield [name, withGeneration(sstable, component, generation)];
  }
}

function* statisticsIn(
  files: Iterable<LoadableFile>,
  first: number,
  target: string,
): Generator<{ readonly path: string; readonly bytes: number }> {
  const links = renumbered(files, first);
  for (const { name, bytes } of files) {
    const { value } = links.next();
    if (saysRepaired(name) && value !== undefined) yield { path: `${target}/${value[1]}`, bytes };
  }
}

function parentOf(directory: string): string {
  return directory.slice(0, directory.lastIndexOf('/'));
}
