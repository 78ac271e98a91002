import type { RestorePlan } from '../../domain/restore/restore-plan.ts';
import type { ColdSummary } from '../cold/cold-summary.ts';

export interface RestoredCluster {
  readonly cluster: string;
  readonly tag: string;
  /**
   * `restored` by this run; `finished`: an earlier run had put everything in place, and this one verified and tidied it;
   * `unchanged`: it was restored and tidied before.
   */
  readonly outcome: 'restored' | 'finished' | 'unchanged';
  readonly tables: number;
  readonly files: number;
  readonly bytesLinked: number;
  readonly bytesCopied: 0;
  /** Why nothing was changed; null unless the outcome is `unchanged`. */
  readonly why: string | null;
  /** How the volumes were restored with Cassandra stopped; null where it was running. */
  readonly cold: ColdSummary | null;
  /** Tables that were written to meanwhile, quoted: rows newer than the backup may be there. */
  readonly concurrentWrites: readonly string[];
  /** Views, `keyspace.name`, that were built from their tables, because the backup's may differ from these. */
  readonly viewsRebuilt: readonly string[];
  readonly plan: RestorePlan | null;
}
