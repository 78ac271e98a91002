import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, types } from 'cassandra-driver';
import { compareAnswers, recordAnswers } from '../../../../lab/dataset/compare/answers.ts';
import { compareData, describeDifferences } from '../../../../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData, rowsOf } from '../../../../lab/dataset/compare/record.ts';
import type { Dataset } from '../../../../lab/dataset/model.ts';
import { compareSchema, recordSchema } from '../../../../lab/dataset/schema/schema-record.ts';
import type { Recorded } from '../proof.ts';

/** All cells as each client's datacenter has them. Reads at LOCAL_QUORUM reach no other datacenter, so they mend nothing there. */
export const recordEach = (clients: readonly Client[]): Promise<readonly DataRecord[]> =>
  Promise.all(clients.map((c) => recordData(c, { consistency: types.consistencies.localQuorum })));

/** The datacenters agree in each cell, its write time and its expiry; with schema, roles, permissions and answers of indexes. */
export async function recordAgreed(clients: readonly Client[], dataset: Dataset): Promise<Recorded> {
  const [client] = clients;
  const [data] = await recordEach(clients.slice(0, 1));
  assert.ok(client && data && rowsOf(data) > 0);
  await assertDataIn(clients, data);
  return {
    ...{ dataset, data },
    answers: await recordAnswers(client, dataset),
    schema: await recordSchema(client),
  };
}

/** What was recorded, in each datacenter. */
export async function assertSameInEach(clients: readonly Client[], before: Recorded): Promise<void> {
  await assertDataIn(clients, before.data);
  for (const client of clients) {
    assert.deepEqual(compareSchema(before.schema, await recordSchema(client)), []);
    // At ALL: after what has compared the datacenters.
    assert.deepEqual(compareAnswers(before.answers, await recordAnswers(client, before.dataset)), []);
  }
}

/** What is different fails, whatever it is later: rows that come back were there, and were not shown. */
async function assertDataIn(clients: readonly Client[], expected: DataRecord): Promise<void> {
  try {
    assertData(await recordEach(clients), expected);
  } catch (error) {
    await sleep(SECOND_LOOK_MS);
    const differences = (await recordEach(clients)).map((data) =>
      describeDifferences(compareData(expected, data)),
    );
    const later = `${SECOND_LOOK_MS / 1000} s later: ${differences.filter((d) => d !== '').join('\n') || 'none'}`;
    throw new Error(`${error instanceof Error ? error.message : error}\n${later}`, { cause: error });
  }
}

const SECOND_LOOK_MS = 5000;

export function assertData(actual: readonly DataRecord[], expected: DataRecord): void {
  for (const [i, data] of actual.entries()) {
    const comparison = compareData(expected, data);
    assert.ok(comparison.identical, `datacenter ${i + 1}: ${describeDifferences(comparison)}`);
  }
}
