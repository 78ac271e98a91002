import type { StatusToWrite, Stuck } from '../../domain/k8ssandra/cure.ts';
import type { Lacking } from '../../domain/k8ssandra/order.ts';
import type { K8ssandraState, RebuildTask } from '../../domain/k8ssandra/restoring.ts';

/** What the object above says by now, and what its operator is doing. */
export interface AboveNow {
  readonly state: K8ssandraState;
  readonly tasks: readonly RebuildTask[];
  readonly stuck: Stuck;
}

/** The K8ssandraCluster above the datacenters, which makes them. All calls may be repeated. */
export interface ObjectAbove {
  /**
   * What a backup keeps of it, as text; without a password.
   * @throws FORBIDDEN where it, or what `keep` writes, may not be kept; NOT_FOUND
   */
  read(): Promise<string>;
  /** Keep the text of the backup with this tag, and the superuser's secret as a secret of kassette's, where a tool that backs up the namespaces takes them along. */
  keep(tag: string, text: string): Promise<void>;
  /** @throws NOT_FOUND, FORBIDDEN */
  now(): Promise<AboveNow>;
  /**
   * Write into its status what `lacking` says of it as it is by then, where that is anything, and have the operators look at it and at these
   * datacenters again.
   * @returns names of the datacenters that were written
   */
  giveBack(
    lacking: (now: K8ssandraState) => StatusToWrite | null,
    datacenters: Stuck['roles'],
  ): Promise<readonly string[]>;
  /** What is not there yet of what is restored, in the order in which that works; null where nothing is known of it. */
  lacking(): Promise<Lacking | null>;
}
