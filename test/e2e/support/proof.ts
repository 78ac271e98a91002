import assert from 'node:assert/strict';
import type { Client } from 'cassandra-driver';
import { compareAnswers, recordAnswers } from '../../../lab/dataset/compare/answers.ts';
import { compareData, describeDifferences } from '../../../lab/dataset/compare/compare.ts';
import { recordData } from '../../../lab/dataset/compare/record.ts';
import { compareReplicas } from '../../../lab/dataset/compare/replicas.ts';
import { checkLive } from '../../../lab/dataset/live-check.ts';
import type { Dataset } from '../../../lab/dataset/model.ts';
import { compareSchema, recordSchema } from '../../../lab/dataset/schema/schema-record.ts';
import type { LiveWrite } from '../../../lab/dataset/writer.ts';

/** All but what the writer changes. */
const isQuiet = (keyspace: string) => keyspace !== 'live';

/** All that a restore has to give back, as it is now. */
export async function record(client: Client, dataset: Dataset) {
  return {
    dataset,
    data: await recordData(client, { include: isQuiet }),
    answers: await recordAnswers(client, dataset),
    schema: await recordSchema(client),
  };
}

export type Recorded = Awaited<ReturnType<typeof record>>;

/** Cell by cell, write time by write time, the replicas among each other first; schema, roles, permissions, answers. */
export async function assertSame(client: Client, before: Recorded): Promise<void> {
  const replicas = await compareReplicas(client);
  assert.equal(replicas.outcome, 'agree', describeDifferences(replicas));
  const data = compareData(before.data, await recordData(client, { include: isQuiet }));
  assert.ok(data.identical, describeDifferences(data));
  assert.ok(data.rows > 0);
  assert.deepEqual(compareSchema(before.schema, await recordSchema(client)), []);
  assert.deepEqual(compareAnswers(before.answers, await recordAnswers(client, before.dataset)), []);
}

/** Of the writer's table every row acknowledged before the backup is there, and none from after it. */
export async function assertLive(
  client: Client,
  writes: readonly LiveWrite[],
  window: { readonly start: number; readonly end: number },
): Promise<void> {
  const live = await checkLive(client, writes, window);
  assert.ok(live.due > 0);
  assert.ok(live.ok, JSON.stringify({ ...live, tooNew: live.tooNew.length }));
}
