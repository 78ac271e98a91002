import type { ManifestFile } from '../sstables/file-list.ts';
import type { ManifestTable } from './manifest.ts';

interface Part {
  readonly directory: string;
  readonly files: Iterable<ManifestFile>;
}

/** `…/<keyspace>/<table>-<id without dashes>`; a table's name has no `-`. */
const TABLE_DIRECTORY =
  /(?:^|\/)(\w+)\/(\w+)-([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** Group snapshot parts, one for each table and data directory, into tables. */
export function tablesOf(parts: readonly Part[]): readonly ManifestTable[] {
  const tables = new Map<string, ManifestTable>();
  for (const { directory, files } of parts) {
    const [, keyspace, name, ...id] = TABLE_DIRECTORY.exec(directory) ?? [];
    if (keyspace === undefined || name === undefined) continue;
    const part = { directory, files };
    const table = tables.get(directory.slice(directory.lastIndexOf('/'))) ?? {
      keyspace,
      name,
      id: id.join('-'),
      parts: [],
    };
    table.parts.push(part);
    tables.set(directory.slice(directory.lastIndexOf('/')), table);
  }
  return [...tables.values()];
}
