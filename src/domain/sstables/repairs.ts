import type { ManifestTable } from '../backup/manifest.ts';

/** Incremental repairs that one node keeps: whether each has ended, and the ids of its tables. */
export type Repairs = readonly {
  readonly id: string;
  readonly tables: readonly string[];
  readonly ended: boolean;
}[];

/**
 * Ids of the tables of which an incremental repair was open on any node at any moment between two looks at all nodes. Between them
 * lie all snapshots: of any other table each node's snapshot holds the repaired rows of the same, ended repairs.
 * @param before by node name
 */
export function repairedMeanwhile(
  before: ReadonlyMap<string, Repairs>,
  after: ReadonlyMap<string, Repairs>,
): ReadonlySet<string> {
  const open = [...before.values()].flat().filter((r) => !r.ended);
  const come = [...after].flatMap(([node, repairs]) => {
    const over = new Set(before.get(node)?.flatMap((r) => (r.ended ? [r.id] : [])));
    return repairs.filter((r) => !over.has(r.id));
  });
  return new Set([...open, ...come].flatMap((r) => r.tables));
}

/**
 * Whether some nodes' files of a table may call rows repaired that others' do not, or do not have. An incremental repair never looks at
 * repaired rows again, so such a difference would stay. A backup of an older version does not say.
 */
export function mayDisagree({ repairing }: Pick<ManifestTable, 'repairing'>): boolean {
  return repairing !== false;
}

/** Whether a file says of its SSTable whether its rows are repaired. */
export function saysRepaired(name: string): boolean {
  return name.endsWith('-Statistics.db');
}
