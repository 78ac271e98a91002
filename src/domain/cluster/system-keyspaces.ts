/** Cassandra's own keyspaces, by exact name: users may well call theirs `my_system`. Source: `SchemaConstants`. */
const SYSTEM_KEYSPACES: ReadonlySet<string> = new Set([
  'system',
  'system_schema',
  'system_auth',
  'system_distributed',
  'system_traces',
  'system_views',
  'system_virtual_schema',
  'system_cluster_metadata',
]);

export function isSystemKeyspace(name: string): boolean {
  return SYSTEM_KEYSPACES.has(name);
}
