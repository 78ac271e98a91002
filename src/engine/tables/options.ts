import type { TableName } from '../../domain/tables/table-name.ts';
import type { Mode } from '../../domain/tables/table-plan.ts';
import type { ReadingOptions, SourceOptions } from '../options.ts';

/** Which tables come back, from where and how. */
export interface TableOptions extends SourceOptions, ReadingOptions {
  readonly names: readonly TableName[];
  readonly mode: Exclude<Mode, 'side-by-side'>;
  /** Another name to restore under, side by side with the live tables. */
  readonly as: TableName | null;
  /** `quick`: presence, sizes and stored digests. `full`: every file that the manifest has a checksum of is read. */
  readonly verify: 'quick' | 'full';
  /** Limit for what is copied, over all nodes; null for none. */
  readonly bytesPerSecond: number | null;
  /** Bytes that must stay free on every volume. */
  readonly reserveBytes: number;
}
