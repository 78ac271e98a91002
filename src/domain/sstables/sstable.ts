/**
 * SSTable component file names: `nb-<n>-big-Data.db`, `nb-<uuid>-big-…`, `da-<id>-bti-…`.
 * Source: Cassandra's `Descriptor` (4.0 to 5.0).
 */
const COMPONENT = /^([a-z]{2})-([0-9a-z]+(?:_[0-9a-z]+)*)-([a-z]+)-([!-.0-~]+)$/;

export interface ComponentName {
  readonly version: string;
  /** A decimal generation, or a time-based identifier in base 36. */
  readonly generation: string;
  readonly format: string;
  /** `Data.db`, `Statistics.db`, `SAI+aa+….db`, … */
  readonly component: string;
}

/** The parts of a component's file name; null for any other file (`manifest.json`, `schema.cql`, …). */
export function parseComponent(fileName: string): ComponentName | null {
  const [, version, generation, format, component] = COMPONENT.exec(fileName) ?? [];
  if (version === undefined || generation === undefined || format === undefined || component === undefined)
    return null;
  return { version, generation, format, component };
}

/** The same below a table's snapshot, where those of an index lie in a directory of its name: `.name/nb-1-big-Data.db`. */
const PATH = /^((?:\.\w+\/)?[a-z]{2}-[0-9a-z]+(?:_[0-9a-z]+)*-[a-z]+-)([!-.0-~]+)$/;

/** `nb-1-big-` and `Data.db` of a component's path below a snapshot; null for any other file. */
export function splitComponent(path: string): readonly [sstable: string, component: string] | null {
  const [, sstable, component] = PATH.exec(path) ?? [];
  return sstable === undefined || component === undefined ? null : [sstable, component];
}

/** What identifies one SSTable within its directory. */
export function sstableOf(name: ComponentName): string {
  return `${name.version}-${name.generation}-${name.format}`;
}

/** Of kassette's own generations. */
export const LOWEST_LINKED = 1_000_000_000;
/** More than Cassandra makes of SSTables in a table while a restore runs. */
const GAP = 10_000_000;

/**
 * The first generation that a run links under, far above all that are there. Cassandra's own counters start at 1 and do not
 * come near, unless it was started upon links of an interrupted run: then it counts on from those, and a run that linked
 * right behind could meet a file that is being written. A refresh renames what it finds to the table's next own generation,
 * so none of kassette's outlives it. All versions read decimal generations, those with time-based identifiers too.
 * Limit: 2^31 - 1, a hundred such interruptions.
 */
export function firstGeneration(highestTaken: number): number {
  return highestTaken === 0 ? LOWEST_LINKED : (Math.floor(highestTaken / GAP) + 2) * GAP;
}

/** `nb-1-big-` and `Data.db` under another generation. */
export function withGeneration(sstable: string, component: string, generation: number): string {
  return sstable.replace(/-[^-]+-/, `-${generation}-`) + component;
}

/**
 * Whether a component belongs to an index that lies beside its SSTable: it has the index's name in it and is made for its
 * definition. Cassandra builds what is missing when it loads the SSTable.
 */
export function isIndexComponent(component: string): boolean {
  return component.startsWith('SAI') || component.startsWith('SI_');
}
