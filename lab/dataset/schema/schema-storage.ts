import { createHash } from 'node:crypto';
import {
  type DatasetKeyspace,
  type DatasetTable,
  networkTopology,
  table,
  target,
  times,
  type Write,
} from '../model.ts';
import type { Features } from '../release.ts';

export function storage(datacenter: string, features: Features): DatasetKeyspace {
  return {
    name: 'storage',
    proves: 'every way to keep SSTables, and every table option',
    replication: networkTopology(datacenter, 3),
    definition: [],
    tables: [
      ...compactionStrategies(features),
      changeDataCapture(),
      emptyTable(),
      options(),
      tenThousandRows(),
    ],
  };
}

const STRATEGIES = {
  leveled: "{'class': 'LeveledCompactionStrategy', 'sstable_size_in_mb': 1}",
  time_window:
    "{'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS', 'compaction_window_size': 1}",
  unified: "{'class': 'UnifiedCompactionStrategy', 'scaling_parameters': 'T4, N, L4'}",
} as const;

function compactionStrategies(features: Features): readonly DatasetTable[] {
  return Object.entries(STRATEGIES)
    .filter(([name]) => name !== 'unified' || features.unifiedCompaction)
    .map(([name, strategy]) => {
      const rows = target('storage', name);
      const row = (id: number) => ({ id, value: `${name} ${id}` });
      return table(rows, {
        proves: `SSTables of ${name} compaction`,
        columns: 'id int PRIMARY KEY, value text',
        options: `compaction = ${strategy}`,
        steps: [
          { writes: times(60, (id) => rows.insert(row(id))) },
          { writes: times(60, (id) => rows.insert(row(id + 30))) },
          { writes: times(10, (id) => rows.insert(row(id + 80))) },
        ],
        flushed: true,
        compacted: name === 'leveled',
      });
    });
}

function changeDataCapture(): DatasetTable {
  const rows = target('storage', 'captured');
  return table(rows, {
    proves: 'a table with CDC on, whose commit log segments lie in cdc_raw',
    columns: 'id int PRIMARY KEY, value text',
    options: 'cdc = true',
    steps: [
      { writes: times(20, (id) => rows.insert({ id, value: `v${id}` })) },
      { writes: times(5, (id) => rows.insert({ id, value: `w${id}` })) },
    ],
  });
}

function emptyTable(): DatasetTable {
  return table(target('storage', 'empty'), {
    proves: 'a table without a single SSTable exists afterwards, and is empty',
    columns: 'id int PRIMARY KEY, value text',
  });
}

const COMMENT = `It''s "quoted"; -- not a comment; $$ not a body $$ /* open
DROP KEYSPACE restaurants;
	tab, back\\slash, ünïcode 🎞`;

function options(): DatasetTable {
  const rows = target('storage', 'options');
  return table(rows, {
    proves: 'table options and a comment that breaks whatever splits the schema at semicolons or lines',
    columns: 'id int PRIMARY KEY, value text',
    options: [
      `comment = '${COMMENT}'`,
      "speculative_retry = '75PERCENTILE'",
      "compression = {'class': 'DeflateCompressor', 'chunk_length_in_kb': 4}",
      "caching = {'keys': 'NONE', 'rows_per_partition': '10'}",
      'bloom_filter_fp_chance = 0.2',
      'crc_check_chance = 0.5',
      'gc_grace_seconds = 7200',
      'memtable_flush_period_in_ms = 3600000',
      'min_index_interval = 64',
      'max_index_interval = 512',
      "compaction = {'class': 'SizeTieredCompactionStrategy', 'min_threshold': 5, 'max_threshold': 6}",
      "read_repair = 'NONE'",
    ].join(' AND '),
    steps: [
      { writes: times(30, (id) => rows.insert({ id, value: `v${id}` })) },
      { writes: times(10, (id) => rows.insert({ id: id + 25, value: `w${id}` })) },
    ],
    flushed: true,
  });
}

/** Rows of one partition that are written together: four of 1 KB stay below the size of which Cassandra warns. */
const TOGETHER = 4;

function tenThousandRows(): DatasetTable {
  const rows = target('storage', 'ten_thousand_rows');
  const insert = `INSERT INTO ${rows.cql} (part, seq, body) VALUES (?, ?, ?);`;
  const cql = `BEGIN UNLOGGED BATCH ${insert.repeat(TOGETHER)} APPLY BATCH`;
  const group = (index: number): Write => ({
    cql,
    params: times(TOGETHER, (n) => n + index * TOGETHER).flatMap((seq) => [index % 500, seq, noise(seq)]),
  });
  return table(rows, {
    proves: '10,000 rows of 1 KB',
    columns: 'part int, seq int, body blob, PRIMARY KEY (part, seq)',
    steps: [
      { writes: times(2_250, group) },
      { writes: times(225, (n) => group(n + 2_250)) },
      { writes: times(25, (n) => group(n + 2_475)) },
    ],
    flushed: true,
  });
}

/** 1,000 bytes that do not compress, the same for the same seed. */
function noise(seed: number): Buffer {
  return createHash('shake256', { outputLength: 1000 }).update(`ten thousand rows ${seed}`).digest();
}
