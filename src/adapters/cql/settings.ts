import type { SchemaSettings } from '../../domain/schema-settings.ts';

/** Names in `system_views.settings`, with those that 4.0 has for the same. */
export const SETTINGS = [
  'cdc_enabled',
  'materialized_views_enabled',
  'enable_materialized_views',
  'user_defined_functions_enabled',
  'enable_user_defined_functions',
  'sasi_indexes_enabled',
  'enable_sasi_indexes',
  'memtable.configurations',
] as const;

/** What a node tells of its settings, by name; a name that the release does not know is missing. */
export function settingsFrom(release: string, values: ReadonlyMap<string, string | null>): SchemaSettings {
  const isOn = (...names: readonly string[]) => names.some((name) => values.get(name) === 'true');
  return {
    release,
    cdc: isOn('cdc_enabled'),
    views: isOn('materialized_views_enabled', 'enable_materialized_views'),
    functions: isOn('user_defined_functions_enabled', 'enable_user_defined_functions'),
    sasi: isOn('sasi_indexes_enabled', 'enable_sasi_indexes'),
    memtables: memtablesOf(values.get('memtable.configurations')),
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
