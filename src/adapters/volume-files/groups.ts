import pMap from 'p-map';

/** File operations wait for the disk: several at a time, and no more than its threads do at once. */
const DIRECTORIES_AT_ONCE = 8;

/** Work on items by their group, such as the directory that they are in. */
export async function inGroups<T>(
  items: readonly T[],
  groupOf: (item: T) => string,
  work: (group: string, items: readonly T[]) => Promise<void>,
): Promise<void> {
  await pMap(Map.groupBy(items, groupOf), ([group, own]) => work(group, own), {
    concurrency: DIRECTORIES_AT_ONCE,
  });
}
