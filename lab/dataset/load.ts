import { type Client, types } from 'cassandra-driver';
import pMap from 'p-map';
import pRetry from 'p-retry';
import { define } from './define.ts';
import { type Dataset, type DatasetTable, quoted, type Write } from './model.ts';

/** What the loader needs of every node beyond CQL; implemented over the management API. */
export interface StorageControl {
  /** Writes memtables to disk on all nodes: everything, one keyspace, or some of its tables. */
  flush(keyspace?: string, tables?: readonly string[]): Promise<void>;
  /** Compacts the tables' SSTables into one, on all nodes. */
  compact(keyspace: string, tables: readonly string[]): Promise<void>;
}

export interface LoadOptions {
  /** Writes under way at a time. */
  readonly concurrency?: number;
  /** Called as each stage ends. */
  readonly onStage?: (stage: LoadStage) => void;
}

export interface LoadStage {
  readonly name: string;
  readonly milliseconds: number;
}

export interface LoadReport {
  readonly stages: readonly LoadStage[];
  readonly tables: number;
  readonly writes: number;
}

/**
 * Creates the dataset's keyspaces and fills them, at consistency ALL, so that the replicas agree from the start. When it
 * returns, the first step's rows are in SSTables, the second's in further SSTables of some tables (some of them
 * compacted) and the third's in memtables.
 */
export async function load(
  client: Client,
  dataset: Dataset,
  storage: StorageControl,
  options: LoadOptions = {},
): Promise<LoadReport> {
  const tables = tablesOf(dataset);
  const clock = stopwatch(options.onStage);
  await loadStored(client, dataset, storage, options, clock);
  await writeLate(client, dataset, options);
  clock.lap('third writes');
  const writes = tables.flatMap((table) => table.steps.flatMap((step) => step.writes)).length;
  return { stages: clock.laps, tables: tables.length, writes };
}

/** The part of `load` that ends in files; a cluster may be stopped after it. */
export async function loadStored(
  client: Client,
  dataset: Dataset,
  storage: StorageControl,
  options: LoadOptions = {},
  clock = stopwatch(options.onStage),
): Promise<void> {
  const tables = tablesOf(dataset);
  await define(client, schemaStatements(dataset));
  clock.lap('schema');
  await writeStep(client, tables, 0, options);
  clock.lap('first writes');
  await storage.flush();
  clock.lap('flush of everything');
  await writeStep(client, tables, 1, options);
  clock.lap('second writes');
  await eachKeyspace(tables, 'flushed', (keyspace, names) => storage.flush(keyspace, names));
  clock.lap('flush of some');
  await eachKeyspace(tables, 'compacted', (keyspace, names) => storage.compact(keyspace, names));
  clock.lap('compaction of some');
}

/** The part of `load` that stays in memtables. */
export function writeLate(client: Client, dataset: Dataset, options: LoadOptions = {}): Promise<void> {
  return writeStep(client, tablesOf(dataset), 2, options);
}

function tablesOf(dataset: Dataset): readonly DatasetTable[] {
  return dataset.keyspaces.flatMap((keyspace) => keyspace.tables);
}

/** Every DDL statement that comes before the data, in order. */
export function schemaStatements(dataset: Dataset): readonly string[] {
  return [
    ...dataset.keyspaces.flatMap((keyspace) => [
      `CREATE KEYSPACE ${quoted(keyspace.name)} WITH replication = ${keyspace.replication}`,
      ...keyspace.definition,
      ...keyspace.tables.flatMap((table) => table.definition),
    ]),
    ...dataset.roles,
  ];
}

async function writeStep(
  client: Client,
  tables: readonly DatasetTable[],
  index: number,
  options: LoadOptions,
): Promise<void> {
  await define(
    client,
    tables.flatMap((table) => table.steps[index]?.alter ?? []),
  );
  const writes = tables.flatMap((table) => (table.steps[index]?.writes ?? []).map((w) => ({ ...w, table })));
  const repeated = await write(client, writes, options.concurrency ?? CONCURRENCY);
  // A counter that timed out may have reached some replicas only. Reading at ALL repairs it.
  for (const { keyspace, name } of repeated) {
    await client.execute(`SELECT * FROM ${quoted(keyspace)}.${quoted(name)}`, [], { consistency: ALL });
  }
}

/** Three nodes that share the processor with others acknowledge no more than this in time. */
const CONCURRENCY = 24;

const ALL = types.consistencies.all;

/** A node that is too busy to answer is asked again after 1, 2, 4, 8 and 16 seconds. */
const RETRIES = 5;

/**
 * Each write gets its own timestamp, in order: so the result is the same in whatever order they arrive, and however often.
 * Except for counters and appended lists: returned are the tables with writes that may have been carried out twice.
 */
async function write(
  client: Client,
  writes: readonly (Write & { readonly table: DatasetTable })[],
  concurrency: number,
): Promise<ReadonlySet<DatasetTable>> {
  const firstMicros = Date.now() * 1000;
  const repeated = new Set<DatasetTable>();
  await pMap(
    writes,
    async ({ cql, params, table }, index) => {
      const timestamp = types.Long.fromNumber(firstMicros + index);
      const options = { prepare: true, consistency: ALL, timestamp };
      try {
        await pRetry(() => client.execute(cql, [...params], options), {
          retries: RETRIES,
          onFailedAttempt: () => void repeated.add(table),
        });
      } catch (cause) {
        throw new Error(`A write of the dataset failed: ${cql}`, { cause });
      }
    },
    { concurrency },
  );
  return repeated;
}

async function eachKeyspace(
  tables: readonly DatasetTable[],
  chosen: 'flushed' | 'compacted',
  act: (keyspace: string, names: readonly string[]) => Promise<void>,
): Promise<void> {
  const byKeyspace = Map.groupBy(
    tables.filter((table) => table[chosen]),
    (table) => table.keyspace,
  );
  for (const [keyspace, members] of byKeyspace) {
    await act(
      keyspace,
      members.map((table) => table.name),
    );
  }
}

function stopwatch(onStage: LoadOptions['onStage']) {
  const laps: LoadStage[] = [];
  let last = performance.now();
  return {
    laps,
    lap(name: string): void {
      const now = performance.now();
      const stage = { name, milliseconds: Math.round(now - last) };
      last = now;
      laps.push(stage);
      onStage?.(stage);
    },
  };
}
