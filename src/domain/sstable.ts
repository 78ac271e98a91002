/**
 * SSTable component file names: `nb-<n>-big-Data.db`, `nb-<uuid>-big-…`, `da-<id>-bti-…`.
 * Source: Cassandra's `Descriptor` (4.0 to 5.0).
 */
const COMPONENT = /^([a-z]{2})-([0-9a-z]+(?:_[0-9a-z]+)*)-([a-z]+)-([^/]+)$/;

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

/** What identifies one SSTable within its directory. */
export function sstableOf(name: ComponentName): string {
  return `${name.version}-${name.generation}-${name.format}`;
}

/**
 * The first generation that we link under. Cassandra's own counters start at 1 and never come near; a refresh renames
 * what it finds to the table's next own generation, so none of ours outlives it. All versions read decimal generations,
 * those with time-based identifiers too. Limit: 2^31 - 1.
 */
export const FIRST_LINKED_GENERATION = 1_000_000_000;

export function withGeneration(name: ComponentName, generation: number): string {
  return `${name.version}-${generation}-${name.format}-${name.component}`;
}
