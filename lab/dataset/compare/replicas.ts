import type { Client, types } from 'cassandra-driver';
import { hostsUp } from '../define.ts';
import { compareRows, type Difference } from './compare.ts';
import { type DataRecord, type RecordOptions, recordData } from './record.ts';

/**
 * CQL's NODE_LOCAL: the coordinator answers from its own SSTables and memtables, without asking, digesting or repairing
 * any other replica. Cassandra 4.0 and later know it, but refuse it unless started with
 * `-Dcassandra.enable_nodelocal_queries=true`; the driver has no name for it.
 */
const NODE_LOCAL = 11 as types.consistencies;

export interface ReplicaAgreement {
  /** `unavailable`: the nodes do not allow NODE_LOCAL, so nothing was compared. */
  readonly outcome: 'agree' | 'differ' | 'unavailable';
  readonly rows: number;
  /** Copies of those rows, over all nodes. */
  readonly copies: number;
  readonly differenceCount: number;
  readonly differences: readonly Difference[];
}

export interface AgreementOptions {
  readonly include?: RecordOptions['include'];
  readonly limit?: number;
  readonly expiryToleranceSeconds?: number;
}

/**
 * Whether every row is on as many nodes as its keyspace's replication says, each copy the same in every cell.
 *
 * Why not read at ONE from each node: a coordinator prefers itself, but the dynamic snitch may send the read elsewhere, and
 * nothing in the answer tells. Why not read at ALL and count read repairs: reading at ALL is itself what hides the
 * difference, and range reads compare no digests, so the counters say little. NODE_LOCAL looks at one replica and cannot
 * change it. Call this before anything reads at ALL, since that repairs what it finds.
 */
export async function compareReplicas(
  client: Client,
  options: AgreementOptions = {},
): Promise<ReplicaAgreement> {
  const hosts = hostsUp(client);
  const include = options.include ?? (() => true);
  const [firstHost] = hosts;
  if (firstHost === undefined) throw new Error('No Cassandra node is up.');
  if (!(await allowsNodeLocal(client))) {
    return { outcome: 'unavailable', rows: 0, copies: 0, differenceCount: 0, differences: [] };
  }
  const factors = await replicationFactors(client);
  const records: DataRecord[] = [];
  // One after the other: each is bound by its node's processor already.
  for (const host of hosts)
    records.push(await recordData(client, { include, host, consistency: NODE_LOCAL }));
  return agreementOf(records, (table) => factors.get(keyspaceOf(table)) ?? 0, options);
}

/** The pure part: `factorOf` answers how many copies a table's rows should have. */
export function agreementOf(
  records: readonly DataRecord[],
  factorOf: (table: string) => number,
  options: Pick<AgreementOptions, 'limit' | 'expiryToleranceSeconds'> = {},
): ReplicaAgreement {
  const tally = { rows: 0, copies: 0, differenceCount: 0 };
  const differences: Difference[] = [];
  const report = (difference: Difference) => {
    tally.differenceCount++;
    if (differences.length < (options.limit ?? 20)) differences.push(difference);
  };
  for (const table of new Set(records.flatMap((record) => Object.keys(record.tables)))) {
    const counted = compareCopies(
      table,
      records,
      factorOf(table),
      options.expiryToleranceSeconds ?? 2,
      report,
    );
    tally.rows += counted.rows;
    tally.copies += counted.copies;
  }
  return { outcome: tally.differenceCount === 0 ? 'agree' : 'differ', ...tally, differences };
}

function compareCopies(
  table: string,
  records: readonly DataRecord[],
  factor: number,
  tolerance: number,
  report: (difference: Difference) => void,
): { readonly rows: number; readonly copies: number } {
  const parts = records.flatMap((record) => record.tables[table] ?? []);
  const keys = new Set(parts.flatMap((part) => Object.keys(part.rows)));
  let copies = 0;
  for (const key of keys) {
    const found = parts.flatMap((part) => {
      const row = part.rows[key];
      return row === undefined ? [] : [{ part, row }];
    });
    copies += found.length;
    if (found.length !== factor) {
      const kind = found.length < factor ? 'missing row' : 'extra row';
      report({ table, kind, key, expected: `${factor} copies`, actual: `${found.length} copies` });
    }
    const [first, ...others] = found;
    for (const other of others) {
      if (first === undefined) break;
      for (const difference of compareRows(first.part, first.row, other.row, tolerance)) {
        report({ table, key, ...difference });
      }
    }
  }
  return { rows: keys.size, copies };
}

function keyspaceOf(table: string): string {
  return table.slice(1, table.indexOf('"."'));
}

async function allowsNodeLocal(client: Client): Promise<boolean> {
  const answers = await Promise.all(
    hostsUp(client).map(async (host) => {
      try {
        await client.execute('SELECT key FROM system.local', [], { host, consistency: NODE_LOCAL });
        return true;
      } catch {
        return false;
      }
    }),
  );
  return answers.every(Boolean);
}

/** Copies of each row, over all datacenters. */
async function replicationFactors(client: Client): Promise<ReadonlyMap<string, number>> {
  const result = await client.execute('SELECT keyspace_name, replication FROM system_schema.keyspaces');
  return new Map(
    result.rows.map((row) => {
      const replication: ReadonlyMap<string, string> = row.get('replication');
      const factors = [...replication]
        .filter(([name]) => name !== 'class')
        .map(([, factor]) => Number(factor));
      return [row.get('keyspace_name'), factors.reduce((sum, factor) => sum + factor, 0)];
    }),
  );
}
