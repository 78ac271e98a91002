/** What of the test schema a Cassandra release can hold or show. */
export interface Features {
  readonly vectors: boolean;
  readonly storageAttachedIndexes: boolean;
  readonly unifiedCompaction: boolean;
  /** `USING 'legacy_local_table'`: what an index without it is depends on `default_secondary_index`. */
  readonly legacyIndexesByName: boolean;
  /** Names with characters beyond Unicode's basic plane: 4.0.1 counts their bytes wrongly, and drivers lose the thread. */
  readonly namesBeyondBasicPlane: boolean;
  /** WRITETIME and TTL of frozen collections: 4.0.1 refuses them. */
  readonly timesOfFrozenCollections: boolean;
  /** WRITETIME and TTL of the elements of collections and the fields of user-defined types. */
  readonly timesOfMultiCellColumns: boolean;
}

/** What an index needs behind it to be a legacy one whatever the default is. */
export function usingLegacyIndex({ legacyIndexesByName }: Features): string {
  return legacyIndexesByName ? " USING 'legacy_local_table'" : '';
}

/** `release` such as `4.0.17` or `5.0.6`. */
export function featuresOf(release: string): Features {
  const [major = 0, minor = 0, patch = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  if (!(major >= 4)) throw new RangeError(`No Cassandra release that the test schema knows: ${release}`);
  const five = major >= 5;
  const afterFourZero = five || minor >= 1;
  return {
    vectors: five,
    storageAttachedIndexes: five,
    unifiedCompaction: five,
    legacyIndexesByName: five,
    namesBeyondBasicPlane: afterFourZero,
    timesOfFrozenCollections: afterFourZero || patch >= 17,
    timesOfMultiCellColumns: five,
  };
}
