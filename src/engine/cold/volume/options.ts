import type { ColdOptions } from '../../../ports/platform/recovery.ts';

/** What a cold restore of one volume can be told. */
export interface CleanVolumeOptions extends ColdOptions {
  /** Kubernetes' namespace in which the node will run: one that is not the backup's is elsewhere. */
  readonly namespace?: string | undefined;
  /** Addresses of nodes that the restored one will belong to: that these run is no reason to refuse. */
  readonly ownAddresses?: readonly string[] | undefined;
  /** Cluster and node that the volume has to be of, where whoever asks knows. */
  readonly expected: { readonly cluster?: string | undefined; readonly node?: string | undefined };
}
