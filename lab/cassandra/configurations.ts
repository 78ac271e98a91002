/** Which of the two files that Cassandra 5.0 and later bring the settings come from. */
export type Configuration = 'latest' | 'compatible';

type Settings = Readonly<Record<string, unknown>>;

/** What cass-operator's configuration builder starts from: `cassandra_latest.yaml` where the release brings it. */
export function defaultConfiguration(version: string): Configuration {
  return hasBoth(version) ? 'latest' : 'compatible';
}

/** The settings in which the two differ; before 5.0 there is one file only, and these are its own. */
export function configurationSettings(version: string, configuration: Configuration): Settings {
  if (!hasBoth(version)) return {};
  return configuration === 'latest' ? LATEST : COMPATIBLE;
}

function hasBoth(version: string): boolean {
  return Number.parseInt(version, 10) >= 5;
}

const MEMTABLES = {
  skiplist: { class_name: 'SkipListMemtable' },
  trie: { class_name: 'TrieMemtable' },
} as const;

/** From `conf/cassandra_latest.yaml` of Cassandra 5.0.6. CDC, off there, stays on: a table of the test schema uses it. */
const LATEST: Settings = {
  allocate_tokens_for_local_replication_factor: 3,
  key_cache_size: '0MiB',
  memtable: { configurations: { ...MEMTABLES, default: { inherits: 'trie' } } },
  memtable_allocation_type: 'offheap_objects',
  commitlog_disk_access_mode: 'auto',
  trickle_fsync: true,
  trickle_fsync_interval: '10240KiB',
  sstable: { selected_format: 'bti' },
  column_index_size: '4KiB',
  default_compaction: {
    class_name: 'UnifiedCompactionStrategy',
    parameters: {
      scaling_parameters: 'T4',
      max_sstables_to_compact: 64,
      target_sstable_size: '1GiB',
      sstable_growth: 1 / 3,
      min_sstable_size: '100MiB',
    },
  },
  concurrent_compactors: 8,
  uuid_sstable_identifiers_enabled: true,
  stream_entire_sstables: true,
  default_secondary_index: 'sai',
  default_secondary_index_enabled: true,
  storage_compatibility_mode: 'NONE',
};

/**
 * What the same settings are by `conf/cassandra.yaml`. Written out, because where the operator's builder starts from the other
 * file this is how a user asks for them.
 */
export const COMPATIBLE: Settings = {
  key_cache_size: '16MiB',
  memtable: { configurations: { ...MEMTABLES, default: { inherits: 'skiplist' } } },
  memtable_allocation_type: 'heap_buffers',
  sstable: { selected_format: 'big' },
  // Without parameters Cassandra does not start.
  default_compaction: {
    class_name: 'SizeTieredCompactionStrategy',
    parameters: { min_threshold: 4, max_threshold: 32 },
  },
  uuid_sstable_identifiers_enabled: false,
  default_secondary_index: 'legacy_local_table',
  storage_compatibility_mode: 'CASSANDRA_4',
};
