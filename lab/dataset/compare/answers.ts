import { type Client, types } from 'cassandra-driver';
import pMap from 'p-map';
import type { Dataset, Write } from '../model.ts';
import { canonicalValue } from './canonical.ts';

/** What each question of a dataset was answered, by the question; plain JSON. */
export type AnswerRecord = Readonly<Record<string, readonly string[]>>;

export interface AnswerDifference {
  readonly question: string;
  readonly expected: readonly string[] | undefined;
  readonly actual: readonly string[] | undefined;
}

/** Asks what only indexes and functions can answer. An index that cannot answer is a difference, not an error. */
export async function recordAnswers(client: Client, dataset: Dataset): Promise<AnswerRecord> {
  const questions = dataset.keyspaces.flatMap(({ tables }) => tables.flatMap((table) => table.questions));
  const answers = await pMap(
    questions,
    async (question) => [nameOf(question), await ask(client, question)] as const,
    {
      concurrency: 4,
    },
  );
  return Object.fromEntries(answers);
}

/** Empty where every question got the same answer. */
export function compareAnswers(expected: AnswerRecord, actual: AnswerRecord): readonly AnswerDifference[] {
  const questions = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...questions]
    .map((question) => ({ question, expected: expected[question], actual: actual[question] }))
    .filter((answer) => JSON.stringify(answer.expected) !== JSON.stringify(answer.actual));
}

function nameOf({ cql, params }: Write): string {
  return params.length === 0 ? cql : `${cql} -- ${params.map(canonicalValue).join(', ')}`;
}

async function ask(client: Client, { cql, params }: Write): Promise<readonly string[]> {
  // Cassandra answers vector searches at ONE only.
  const consistency = cql.includes(' ANN OF ') ? types.consistencies.one : types.consistencies.all;
  const answer = async (prepare: boolean) => {
    const result = await client.execute(cql, [...params], { prepare, consistency, fetchSize: 5000 });
    return result.rows.map((row) => row.values().map(canonicalValue).join(', ')).sort();
  };
  try {
    // A statement that was prepared goes with the function that it calls, and the driver then says nothing of why.
    return await answer(true).catch(() => answer(false));
  } catch (error) {
    return [`failed: ${error instanceof Error ? error.message : error}`];
  }
}
