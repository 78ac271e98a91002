import type { CommonOptions, ReadingOptions, TagOption, TimeLimitOption } from '../options.ts';

/** What decides how the live data give way to a backup. */
export interface PlanOptions extends CommonOptions, TagOption, TimeLimitOption, ReadingOptions {
  /** `warm`: through the running Cassandras, even where all volumes were restored cold; undefined: as it fits. */
  readonly method: 'warm' | 'cold' | undefined;
  /** Keep keyspaces and tables that the backup does not have. */
  readonly keepExtra: boolean;
  /** `quick`: presence, sizes and stored digests. `full`: every file that the manifest has a checksum of is read. */
  readonly verify: 'quick' | 'full';
  /** Bytes that must stay free on every volume. */
  readonly reserveBytes: number;
}

export interface RestoreOptions extends PlanOptions {
  /** What to do where Cassandra does not come up on the restored volumes. */
  readonly recover: 'auto' | 'ask' | 'never';
  /** Ask the person at the terminal; false where there is none. */
  readonly confirm: (question: string) => Promise<boolean>;
  /** Of a cold restore: what it moves aside stays for good; the nodes forget those that they knew. */
  readonly keepDisplaced: boolean;
  readonly elsewhere: boolean;
}
