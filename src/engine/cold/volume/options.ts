import type { ColdOptions } from '../../../ports/platform/recovery.ts';

/** The options of a cold restore of one volume. */
export interface CleanVolumeOptions extends ColdOptions {
  /** Kubernetes' namespace in which the node will run: another one than the backup's counts as `elsewhere`. */
  readonly namespace?: string | undefined;
  /** Addresses of nodes that the restored one will belong to: that these run is no reason to refuse. */
  readonly ownAddresses?: readonly string[] | undefined;
  /** Cluster and node that the volume has to be of, where the caller knows. */
  readonly expected: { readonly cluster?: string | undefined; readonly node?: string | undefined };
}
