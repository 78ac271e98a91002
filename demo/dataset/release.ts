/** What of the test schema a Cassandra release can hold or show. */
export interface Features {
  readonly vectors: boolean;
  readonly storageAttachedIndexes: boolean;
  readonly unifiedCompaction: boolean;
  /** WRITETIME and TTL of the elements of collections and the fields of user-defined types. */
  readonly timesOfMultiCellColumns: boolean;
}

/** `release` such as `4.0.17` or `5.0.6`. Everything asked for here came with 5.0. */
export function featuresOf(release: string): Features {
  const major = Number.parseInt(release, 10);
  if (!(major >= 4)) throw new RangeError(`No Cassandra release that the test schema knows: ${release}`);
  const five = major >= 5;
  return {
    vectors: five,
    storageAttachedIndexes: five,
    unifiedCompaction: five,
    timesOfMultiCellColumns: five,
  };
}
