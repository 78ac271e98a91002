import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { resultOf, startProgram } from '../../../../lab/cli.ts';
import { compareData, describeDifferences } from '../../../../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData } from '../../../../lab/dataset/compare/record.ts';
import { compareReplicas } from '../../../../lab/dataset/compare/replicas.ts';
import { restoredTables } from '../../../cluster/support/tables.ts';
import type { TestDatacenter } from '../datacenter.ts';
import { afterBackup, beforeBackup, outside, type Runner } from '../kassette/kassette.ts';
import { type Clone, cloneVolumes, removeClones, staged } from './clones.ts';
import { backUpVolumes, forget, type NamespaceBackup } from './volume-snapshots.ts';

const REPLICATION = "{'class': 'SimpleStrategy', 'replication_factor': 3}";
const isOurs = (keyspace: string) => keyspace === 'Shop';
/** As a Volume Clone Restore appends it, and another ending. */
export const WHEN = '2026-03-01-08-30-00';
export const SWAPPED = '-x';

/** Two tables, a backup of them that is in no live volume any more, and clones of the volumes that have it. */
export class ClonedShop {
  readonly datacenter: TestDatacenter;
  client: Client;
  readonly tag: string;
  readonly #record: DataRecord;
  readonly #snapshots: NamespaceBackup;
  /** Under the names that they get. */
  readonly clones: readonly Clone[];
  /** Under each other's names, and for one pod at a time. */
  readonly swapped: readonly Clone[];

  private constructor(
    own: Pick<ClonedShop, 'datacenter' | 'client' | 'tag' | 'clones' | 'swapped'>,
    record: DataRecord,
    snapshots: NamespaceBackup,
  ) {
    this.datacenter = own.datacenter;
    this.client = own.client;
    this.tag = own.tag;
    this.clones = own.clones;
    this.swapped = own.swapped;
    this.#record = record;
    this.#snapshots = snapshots;
  }

  static async open(datacenter: TestDatacenter): Promise<ClonedShop> {
    await datacenter.create();
    const client = await datacenter.connect(20);
    await fill(client);
    const record = await recordData(client, { include: isOurs });
    const { tag } = await beforeBackup(outside(datacenter));
    const snapshots = await backUpVolumes(datacenter);
    await afterBackup(outside(datacenter), '--tag', tag);
    const clones = await cloneVolumes(snapshots, datacenter, WHEN);
    const names = snapshots.snapshots.map((s) => s.claim.metadata.name);
    const nameOf = (claim: string) => names[(names.indexOf(claim) + 1) % names.length] ?? '';
    const forOnePod = { nameOf, accessMode: 'ReadWriteOncePod' } as const;
    const swapped = await cloneVolumes(snapshots, datacenter, 'x', forOnePod);
    return new ClonedShop({ datacenter, client, tag, clones, swapped }, record, snapshots);
  }

  async close(): Promise<void> {
    await removeClones([...this.clones, ...this.swapped], this.datacenter);
    await forget(this.#snapshots, this.datacenter);
    await this.client.execute('DROP KEYSPACE "Shop"');
    await this.client.shutdown();
  }

  async restore(runner: Runner, suffix: string, ...more: readonly string[]) {
    const run = await runner.run([...restoreFrom(suffix, ...more), '--output', 'json']);
    assert.equal(run.status, 0, run.stderr);
    return { ...resultOf(run.stdout, restoredTables), told: run.stderr };
  }

  /** Row by row what was backed up, and nothing left of how it came. */
  async assertSame(): Promise<void> {
    const replicas = await compareReplicas(this.client);
    assert.equal(replicas.outcome, 'agree', describeDifferences(replicas));
    const comparison = compareData(this.#record, await recordData(this.client, { include: isOurs }));
    assert.ok(comparison.identical && comparison.rows === 200, describeDifferences(comparison));
    assert.deepEqual([...(await staged(this.datacenter))], []);
  }

  /** Start a restore that copies slowly, act as soon as something has arrived, and wait for its end. */
  async inCopying(suffix: string, act: (kill: (signal: NodeJS.Signals) => void) => Promise<void> | void) {
    const { bed, namespace } = this.datacenter;
    const slow = ['--rate', '48KiB', '--timeout', '1m', '--kubeconfig', bed.kubeconfig];
    const child = startProgram([...restoreFrom(suffix, ...slow), '--namespace', namespace]);
    const lines: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
    child.stdout.resume();
    const end = new Promise<number | null>((done) => child.once('close', done));
    const arrived = async () => [...(await staged(this.datacenter)).values()].reduce((a, b) => a + b, 0);
    const before = await arrived();
    while (child.exitCode === null && (await arrived()) <= before) await sleep(200);
    assert.equal(child.exitCode, null, `It ended before anything was copied:\n${lines.join('\n')}`);
    await act((signal) => child.kill(signal));
    return { status: await end, told: lines.join('\n') };
  }
}

export function restoreFrom(suffix: string, ...more: readonly string[]): readonly string[] {
  return ['restore-table', '"Shop"."Orders"', '--from', `clones:${suffix}`, ...more];
}

async function fill(client: Client): Promise<void> {
  await client.execute('DROP KEYSPACE IF EXISTS "Shop"');
  await client.execute(`CREATE KEYSPACE "Shop" WITH replication = ${REPLICATION}`);
  for (const table of ['"Orders"', 'others']) {
    await client.execute(`CREATE TABLE "Shop".${table} (id int PRIMARY KEY, value text)`);
    for (let id = 0; id < 100; id++) {
      // Nothing that compression would make small: copying it has to take a while.
      const values = [id, randomBytes(3000).toString('hex')];
      const statement = `INSERT INTO "Shop".${table} (id, value) VALUES (?, ?)`;
      await client.execute(statement, values, { prepare: true });
    }
  }
}
