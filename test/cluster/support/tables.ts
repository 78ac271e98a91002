import assert from 'node:assert/strict';
import { z } from 'zod';
import { mustRun } from '../../../lab/cli.ts';
import type { Subject } from './subject.ts';

const statement = z.object({ object: z.string(), statement: z.string() });

/** A plan of single tables, whole: what was shown is compared with what was carried out. */
export const tablePlan = z.strictObject({
  cluster: z.string(),
  source: z.string(),
  tag: z.string(),
  mode: z.enum(['replace', 'merge', 'side-by-side']),
  drops: z.array(statement),
  truncates: z.array(z.object({ keyspace: z.string(), name: z.string() })),
  creates: z.array(statement),
  tables: z.array(
    z.strictObject({
      keyspace: z.string(),
      name: z.string(),
      kind: z.enum(['table', 'view']),
      from: z.string().optional(),
      action: z.enum(['reload', 'recreate', 'rebuild', 'merge']),
      sstables: z.number(),
      files: z.number(),
      bytes: z.number(),
    }),
  ),
  rebuilds: z.array(statement),
  kept: z.array(z.string()),
  differences: z.array(z.string()),
  notes: z.array(z.string()),
  redistribute: z.boolean(),
  bytesCopied: z.number(),
  expectedSeconds: z.number(),
});

export type ShownTablePlan = z.infer<typeof tablePlan>;

export const restoredTables = z.object({
  seconds: z.number(),
  cluster: z.string(),
  tag: z.string(),
  tables: z.number(),
  files: z.number(),
  bytesLinked: z.number(),
  bytesCopied: z.number(),
  concurrentWrites: z.array(z.string()),
  plan: tablePlan,
});

export async function shownTablePlan(
  { directory }: Subject,
  names: readonly string[],
  from: string,
  ...options: readonly string[]
): Promise<ShownTablePlan> {
  const args = ['plan', 'restore-table', ...names, '--from', from, ...options];
  return (await mustRun(directory, args, tablePlan)).result;
}

export async function restoreTables(
  { directory }: Subject,
  names: readonly string[],
  from: string,
  ...options: readonly string[]
) {
  const args = ['restore-table', ...names, '--from', from, ...options];
  const { result } = await mustRun(directory, args, restoredTables);
  assert.deepEqual(result.concurrentWrites, []);
  return result;
}

const verifiedBackup = z.object({
  tag: z.string(),
  deep: z.boolean(),
  nodes: z.array(z.object({ name: z.string(), hostId: z.string(), where: z.string() })),
  tables: z.number(),
  sstables: z.number(),
  files: z.number(),
  bytes: z.number(),
});

export async function verified({ directory }: Subject, from: string, ...options: readonly string[]) {
  return (await mustRun(directory, ['verify', '--from', from, ...options], verifiedBackup)).result;
}
