import pMap from 'p-map';

export interface EachOptions {
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

/**
 * Do the work for every item, so many at a time. After a failure nothing new is begun, what runs is waited for, and then
 * the first error is thrown: undoing the work must not race with the rest of it.
 */
export async function each<T, R>(
  items: Iterable<T>,
  work: (item: T) => Promise<R>,
  { concurrency = Number.POSITIVE_INFINITY, signal }: EachOptions = {},
): Promise<readonly R[]> {
  let failure: { readonly error: unknown } | undefined;
  const results: R[] = [];
  await pMap(
    [...items].entries(),
    async ([index, item]) => {
      if (failure !== undefined) return;
      try {
        signal?.throwIfAborted();
        results[index] = await work(item);
      } catch (error) {
        failure ??= { error };
      }
    },
    { concurrency },
  );
  if (failure !== undefined) throw failure.error;
  return results;
}

/** What comes one by one, put together: so many at a time, or so much, whichever is reached first. */
export function* batchesOf<T>(
  items: Iterable<T>,
  most: { readonly items: number; readonly weight?: number },
  weightOf: (item: T) => number = () => 0,
): Generator<readonly T[]> {
  let batch: T[] = [];
  let weight = 0;
  for (const item of items) {
    batch.push(item);
    weight += weightOf(item);
    if (batch.length < most.items && weight < (most.weight ?? Number.POSITIVE_INFINITY)) continue;
    yield batch;
    batch = [];
    weight = 0;
  }
  if (batch.length > 0) yield batch;
}
