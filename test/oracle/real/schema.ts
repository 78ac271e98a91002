import {
  type Dataset,
  type DatasetKeyspace,
  type DatasetTable,
  networkTopology,
  type Target,
  table,
  target,
  type Write,
} from '../../../lab/dataset/model.ts';
import { testDataset } from '../../../lab/dataset/schema/schema.ts';
import type { OwnTable, PlannedSchema } from '../plan.ts';

export const VERSION = '5.0.6';
export const DATACENTER = 'cass-prd';
/** The round's keyspaces. */
export const OWN = 'oracle';
/** Lightweight transactions go on with a node down, so that its tables have three replicas always. */
export const REGISTERS = 'Oracle_Registers';

export const ROWS = target(OWN, 'rows');
export const TYPED = target(OWN, 'typed');
export const COUNTS = target(OWN, 'counts');
export const REGISTER = target(REGISTERS, 'registers');
export const TARGETS: Readonly<Record<OwnTable, Target>> = {
  rows: ROWS,
  typed: TYPED,
  registers: REGISTER,
  counts: COUNTS,
};

/** Rows of a partition of `rows`. */
export const PARTITION = 10;

const ALL_PARTS = testDataset({ release: VERSION, datacenter: DATACENTER });
/** Much to write, and nothing of their own to show. */
const TOO_LONG: ReadonlySet<string> = new Set(['storage.ten_thousand_rows']);

/** Tables of the test data set that a round can have. */
export const PARTS: readonly string[] = ALL_PARTS.keyspaces
  .flatMap((keyspace) => keyspace.tables.map((t) => `${keyspace.name}.${t.name}`))
  .filter((name) => !TOO_LONG.has(name));

const COMPACTIONS: Readonly<Record<PlannedSchema['compaction'], string>> = {
  size: "{'class': 'SizeTieredCompactionStrategy'}",
  leveled: "{'class': 'LeveledCompactionStrategy', 'sstable_size_in_mb': 1}",
  window:
    "{'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS', 'compaction_window_size': 1}",
  unified: "{'class': 'UnifiedCompactionStrategy', 'scaling_parameters': 'T4, N, L4'}",
};

/** A plan's schema, with the rows of the parts of the test data set. */
export function datasetOf(schema: PlannedSchema): Dataset {
  return { keyspaces: [own(schema), registers(), ...partsOf(schema.parts)], roles: [] };
}

function partsOf(parts: readonly string[]): readonly DatasetKeyspace[] {
  return ALL_PARTS.keyspaces
    .map((keyspace) => ({
      ...keyspace,
      tables: keyspace.tables.filter((t) => parts.includes(`${keyspace.name}.${t.name}`)),
    }))
    .filter(({ tables }) => tables.length > 0);
}

function own(schema: PlannedSchema): DatasetKeyspace {
  return {
    name: OWN,
    proves: 'what clients write in every way comes back as it was',
    replication: networkTopology(DATACENTER, schema.factor),
    definition: [
      `CREATE TYPE ${OWN}.money (amount int, currency text)`,
      ...(schema.functions ? FUNCTIONS : []),
    ],
    tables: [rows(schema), typed(), counts()],
  };
}

const FUNCTIONS = [
  `CREATE FUNCTION ${OWN}.plus (a int, b int) RETURNS NULL ON NULL INPUT RETURNS int LANGUAGE java AS 'return a + b;'`,
  `CREATE AGGREGATE ${OWN}.total (int) SFUNC plus STYPE int INITCOND 0`,
];

function rows({ compaction, index, view, functions }: PlannedSchema): DatasetTable {
  const using = index === 'legacy' ? 'legacy_local_table' : 'sai';
  return table(ROWS, {
    proves: 'rows with everything that a row can have',
    columns: columnsOf.rows,
    options: `compaction = ${COMPACTIONS[compaction]}`,
    extras: [
      ...(index === 'none' ? [] : [`CREATE INDEX by_a ON ${ROWS.cql} (a) USING '${using}'`]),
      ...(view ? [VIEW] : []),
    ],
    questions: [
      ...(index === 'none' ? [] : [1, 2, 3, 12].map(askBy)),
      ...(functions ? [ROWS.write(`SELECT ${OWN}.total(b) FROM TABLE`)] : []),
    ],
  });
}

const VIEW =
  `CREATE MATERIALIZED VIEW ${OWN}.by_b AS SELECT b, part, seq, a FROM ${ROWS.cql} ` +
  'WHERE b IS NOT NULL AND part IS NOT NULL AND seq IS NOT NULL PRIMARY KEY (b, part, seq)';

function askBy(version: number): Write {
  return ROWS.write('SELECT part, seq FROM TABLE WHERE a = ?', `a${version}`);
}

/** What stands in the parentheses of CREATE TABLE. */
export const columnsOf: Readonly<Record<OwnTable, string>> = {
  rows: 'part int, seq int, a text, b int, tags set<text>, shared text static, PRIMARY KEY (part, seq)',
  typed: 'id int PRIMARY KEY, price frozen<money>, bag map<text, int>, note text',
  registers: 'id int PRIMARY KEY, v int',
  counts: 'id int PRIMARY KEY, n counter',
};

function typed(): DatasetTable {
  return table(TYPED, { proves: 'a user-defined type and a collection', columns: columnsOf.typed });
}

function counts(): DatasetTable {
  return table(COUNTS, { proves: 'counters', columns: columnsOf.counts });
}

function registers(): DatasetKeyspace {
  return {
    name: REGISTERS,
    proves: 'no outcome of a later lightweight transaction comes back',
    replication: networkTopology(DATACENTER, 3),
    definition: [],
    tables: [table(REGISTER, { proves: 'lightweight transactions', columns: columnsOf.registers })],
  };
}
