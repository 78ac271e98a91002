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
