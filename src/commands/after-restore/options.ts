import type { CommonOptions, TagOption } from '../options.ts';

export interface RestoreOptions extends CommonOptions, TagOption {
  /** `warm`: through the running Cassandras, even where all volumes were restored cold; undefined: as it fits. */
  readonly method: 'warm' | 'cold' | undefined;
  /** Keep keyspaces and tables that the backup does not have. */
  readonly keepExtra: boolean;
  /** `quick`: presence, sizes and stored digests. `full`: every Data.db is read and its CRC computed. */
  readonly verify: 'quick' | 'full';
  /** Bytes that must stay free on every volume. */
  readonly reserveBytes: number;
}
