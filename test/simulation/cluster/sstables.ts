import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  parseComponent,
  splitComponent,
  sstableOf,
  withGeneration,
} from '../../../src/domain/sstables/sstable.ts';

/** One cell is enough of a row to tell which write is the newest; null: it was deleted. */
export interface Row {
  readonly key: string;
  readonly value: string | null;
  /** When it was written: the newest one counts, wherever it lies. */
  readonly at: number;
}

export const sstableName = (generation: number) => `nb-${generation}-big`;

/** Write an SSTable as Cassandra does: the TOC.txt, which makes it one, last. */
export function writeSstable(directory: string, sstable: string, rows: readonly Row[]): void {
  const data = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const components = {
    'Data.db': data,
    'Digest.crc32': String(crc32(data)),
    'Statistics.db': 'statistics\n',
    'TOC.txt': 'Data.db\nDigest.crc32\nStatistics.db\nTOC.txt\n',
  };
  mkdirSync(directory, { recursive: true });
  for (const [component, content] of Object.entries(components))
    writeFileSync(join(directory, `${sstable}-${component}`), content);
}

export function readSstable(directory: string, sstable: string): readonly Row[] {
  const data = readFileSync(join(directory, `${sstable}-Data.db`), 'utf8');
  return data
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
}

/** SSTables of a directory with the names of their components. */
export function sstablesIn(directory: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  if (!existsSync(directory)) return found;
  for (const name of readdirSync(directory).toSorted()) {
    const parsed = parseComponent(name);
    if (parsed === null) continue;
    const own = found.get(sstableOf(parsed)) ?? [];
    own.push(name);
    found.set(sstableOf(parsed), own);
  }
  return found;
}

/**
 * Take an SSTable in, as `loadNewSSTables` does: its Statistics.db is replaced by another one, its TOC.txt added to in place, as where an
 * index is built, and then it is renamed to a generation of the table's own, the Data.db last. None of it is synced.
 */
export function takeIn(directory: string, components: readonly string[], generation: number): void {
  const parsed = components.map((name) => ({ name, parsed: splitComponent(name) }));
  const last = (name: string) => (name.endsWith('-Data.db') ? 1 : 0);
  for (const { name, parsed: of } of parsed.toSorted((a, b) => last(a.name) - last(b.name))) {
    if (of === null) continue;
    const path = join(directory, name);
    if (of[1] === 'Statistics.db') {
      writeFileSync(`${path}.tmp`, readFileSync(path));
      renameSync(`${path}.tmp`, path);
    }
    if (of[1] === 'TOC.txt') writeFileSync(path, 'SAI+aa+Meta.db\n', { flag: 'a' });
    renameSync(path, join(directory, withGeneration(...of, generation)));
  }
}

/** The last write of each key, which may be its deletion. */
export function newest(rows: Iterable<Row>): ReadonlyMap<string, Row> {
  const found = new Map<string, Row>();
  for (const row of rows) {
    const known = found.get(row.key);
    if (known === undefined || row.at >= known.at) found.set(row.key, row);
  }
  return found;
}

/** What the rows of several SSTables and memtables come to. */
export function merged(rows: Iterable<Row>): ReadonlyMap<string, string> {
  const live = [...newest(rows).values()].flatMap((r) =>
    r.value === null ? [] : [[r.key, r.value] as const],
  );
  return new Map(live.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
