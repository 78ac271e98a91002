import { LOGS } from '../../domain/backup/manifest.ts';
import { type SchemaSettings, SWITCHES, type Switch } from '../../domain/schema/schema-settings.ts';
import type { CqlSession } from '../../ports/cql.ts';

const MEMTABLES = 'memtable.configurations';

const namesOf = ({ name, in40 = name }: { readonly name: string; readonly in40?: string }) => [name, in40];

/** Names in `system_views.settings` that are asked for. */
export const SETTINGS: readonly string[] = [...Object.values(SWITCHES).flatMap(namesOf), MEMTABLES];

/** What a node reports of its settings, by name; one that the release does not know is missing, and switches nothing off. */
export function settingsFrom(release: string, values: ReadonlyMap<string, string | null>): SchemaSettings {
  const isOff = ([, names]: readonly [string, Parameters<typeof namesOf>[0]]) =>
    namesOf(names).some((name) => values.get(name) === 'false');
  const off = Object.entries(SWITCHES).filter(isOff);
  return {
    release,
    off: new Set(off.map(([key]) => key as Switch)),
    memtables: memtablesOf(values.get(MEMTABLES)),
  };
}

/**
 * The names in a Java map as text, `{trie=TrieMemtable{}, default=…}`, or in JSON. Names of parameters are among them: that
 * a configuration may be taken for there which is not is better than the opposite.
 */
function memtablesOf(text: string | null | undefined): ReadonlySet<string> | null {
  if (text === undefined) return null;
  const names = (text ?? '').matchAll(/(?:^|[{,]\s*)"?([\w-]+)"?\s*[=:]/g);
  return new Set(['default', ...[...names].map((m) => m[1] ?? '')]);
}

const DATA = 'data_file_directories';
const SYSTEM = 'local_system_data_file_directory';

export const DIRECTORIES = `SELECT name, value FROM system_views.settings WHERE name IN (${[
  ...LOGS.map((log) => `${log}_directory`),
  DATA,
  SYSTEM,
]
  .map((name) => `'${name}'`)
  .join(', ')})`;

/** What a node reports of its directories, by name. */
export function directoriesFrom(
  values: ReadonlyMap<string, string | null>,
): Awaited<ReturnType<CqlSession['directories']>> {
  const logs = LOGS.flatMap((log) => {
    const path = values.get(`${log}_directory`);
    return path ? [[log, path] as const] : [];
  });
  return { data: listOf(values.get(DATA)), system: values.get(SYSTEM) || null, logs: new Map(logs) };
}

/** `[/a, /b]`, or the same as JSON; null where it is no list of absolute paths. */
function listOf(text: string | null | undefined): readonly string[] | null {
  const [, inside = ''] = /^\[(.*)\]$/.exec(text ?? '') ?? [];
  const paths = inside.split(',').map((path) => path.trim().replace(/^"(.*)"$/, '$1'));
  return paths.every((path) => path.startsWith('/')) ? paths : null;
}
