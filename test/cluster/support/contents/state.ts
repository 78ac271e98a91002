import assert from 'node:assert/strict';
import type { Client } from 'cassandra-driver';
import { type AnswerRecord, compareAnswers, recordAnswers } from '../../../../lab/dataset/compare/answers.ts';
import { compareData, describeDifferences } from '../../../../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData } from '../../../../lab/dataset/compare/record.ts';
import { compareReplicas } from '../../../../lab/dataset/compare/replicas.ts';
import type { Dataset } from '../../../../lab/dataset/model.ts';
import {
  compareSchema,
  recordSchema,
  type SchemaRecord,
} from '../../../../lab/dataset/schema/schema-record.ts';
import { USED } from './background-use.ts';

/** Everything of a database that a restore is about, at one moment; plain JSON. */
export interface DatabaseState {
  readonly data: DataRecord;
  readonly schema: SchemaRecord;
  /** What indexes, views and functions answer. */
  readonly answers: AnswerRecord;
}

/** @param unrecorded a keyspace whose rows are not looked at */
export async function recordState(
  client: Client,
  dataset: Dataset,
  superuser: string,
  unrecorded = USED,
): Promise<DatabaseState> {
  const data = await recordData(client, { include: (keyspace) => keyspace !== unrecorded });
  const schema = comparable(await recordSchema(client), superuser);
  return { data, schema, answers: await recordAnswers(client, dataset) };
}

/** Every cell, write time and expiry, every object, role, permission and answer is the same. */
export function assertSameState(actual: DatabaseState, expected: DatabaseState): void {
  const data = compareData(expected.data, actual.data);
  assert.equal(describeDifferences(data), '', 'the data differ');
  assert.deepEqual(compareSchema(expected.schema, actual.schema), [], 'the schema differs');
  assert.deepEqual(compareAnswers(expected.answers, actual.answers), [], 'the answers differ');
}

export async function assertReplicasAgree(client: Client): Promise<void> {
  const agreement = await compareReplicas(client);
  assert.equal(agreement.outcome, 'agree', describeDifferences(agreement));
}

/**
 * Without what Cassandra itself does not keep steady. It grants a new object's permissions to who made it while the other
 * nodes may still be revoking those of the object of that name that was dropped before; the superuser does not need them.
 * And only the node that coordinated a column's drop, until its next start, tells its time in microseconds.
 */
function comparable(schema: SchemaRecord, superuser: string): SchemaRecord {
  const objects = Object.entries(schema.objects)
    .filter(([name]) => !name.includes(USED))
    .map(
      ([name, statement]) =>
        [name, statement.replaceAll(/( DROP .* USING TIMESTAMP \d+)\d{3};/g, '$1000;')] as const,
    );
  return {
    ...schema,
    objects: Object.fromEntries(objects),
    permissions: schema.permissions.filter((line) => !line.startsWith(`${superuser}: `)),
  };
}
