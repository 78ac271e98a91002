import assert from 'node:assert/strict';
import type { Client } from 'cassandra-driver';
import { compareReplicas } from '../../../lab/dataset/compare/replicas.ts';
import { generator, type History } from '../../../lab/dataset/history.ts';

export interface Span {
  readonly from: Date;
  readonly until: Date;
}

/** So many whole seconds of a span, in the order of a seed; each begins after the span does. */
export function secondsIn({ from, until }: Span, seed: number, count: number): readonly Date[] {
  const [first, last] = [Math.ceil(from.getTime() / 1000), Math.floor(until.getTime() / 1000) - 1];
  const random = generator(seed);
  const all = Array.from({ length: last - first + 1 }, (_, i) => new Date((first + i) * 1000));
  return all
    .map((second) => ({ second, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ second }) => second);
}

/** That all that was acknowledged before the second is there on every replica, and nothing else. */
export async function assertHistory(writes: History, client: Client, second: Date): Promise<void> {
  const { wrong } = await writes.check(client, second);
  assert.deepEqual(wrong.slice(0, 10), [], second.toISOString());
  assert.equal((await compareReplicas(client)).outcome, 'agree', second.toISOString());
}
