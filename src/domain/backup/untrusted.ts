import { z } from 'zod';
import { splitComponent } from '../sstables/sstable.ts';

/*
 * The forms of what a volume says. Anyone may have written it: who restores a volume, or reads a clone, need not be who owned it. So
 * whatever becomes a path, a word of a statement, an address or a line for a terminal is held to what kassette itself writes.
 */

/** Text for one line: it neither moves a cursor nor ends the line. */
export const line = z.string().regex(/^\P{Cc}*$/u);

/** A directory of its own below `kassette/staging`. */
export const hostId = z.guid();

/** It becomes a part of a URL, and of nothing but its host. */
export const address = z.string().regex(/^[\w.:%-]+$/);

/** As in `system_auth.role_permissions`; a word of a GRANT statement. */
export const permissionName = z.string().regex(/^[A-Z]+(?:_[A-Z]+)*$/);

/** Below a table's snapshot: an SSTable's component; those of an index lie in a directory of its name. */
export function isComponentPath(path: string): boolean {
  return splitComponent(path) !== null;
}

/** What Cassandra calls the snapshots that it makes on TRUNCATE and DROP. */
const AUTOMATIC = /^(.+)\/snapshots\/(?:truncated|dropped)-[!-.0-~]+$/;

/** The path of an automatic snapshot: such a directory is removed. */
export const autoSnapshot = z
  .string()
  .refine((path) => isPlainPath(AUTOMATIC.exec(path)?.[1] ?? ''), 'is not an automatic snapshot');

export function isAutoSnapshot(path: string): boolean {
  return autoSnapshot.safeParse(path).success;
}

/** When Cassandra made this automatic snapshot because that table was dropped, milliseconds since 1970; null where it is none. */
export function droppedAt(path: string, table: Parameters<typeof isDirectoryOf>[0]): number | null {
  const [, directory, at] = /^(.+)\/snapshots\/dropped-(\d+)-[^/]+$/.exec(path) ?? [];
  return directory !== undefined && isDirectoryOf(table, directory) ? Number(at) : null;
}

/** Whether it is in the directory of one of these tables, whatever its id. */
export function isSnapshotOf(
  tables: readonly { readonly keyspace: string; readonly name: string }[],
  path: string,
): boolean {
  return tables.some(({ keyspace, name }) => path.includes(`/${keyspace}/${name}-`));
}

/** Relative or absolute, of printable names and none of them `..`: it leads down and nowhere else. Settings may have `//` and `/./`. */
function isPlainPath(path: string): boolean {
  return path !== '' && path.split('/').every((n) => n !== '..' && !/\p{Cc}/u.test(n));
}

/** Whether a directory is the one that Cassandra has for this table: `…/<keyspace>/<table>-<id without dashes>`. */
export function isDirectoryOf(
  { keyspace, name, id }: { readonly keyspace: string; readonly name: string; readonly id: string },
  directory: string,
): boolean {
  const own = `${keyspace}/${name}-${id.replaceAll('-', '')}`;
  return isPlainPath(directory) && (directory === own || directory.endsWith(`/${own}`));
}
