/** What a cold restore of one volume can be told. */
export interface CleanVolumeOptions {
  readonly tag: string | undefined;
  /** Only say what would be done. */
  readonly dryRun: boolean;
  /** What is moved aside stays when all is verified. */
  readonly keepDisplaced: boolean;
  /** `full`: every Data.db is read and its CRC computed. */
  readonly verify: 'quick' | 'full';
  /** Restore once more, though Cassandra has run on what was restored. */
  readonly again: boolean;
  /** The node must not find the original's others: its memory of them is left out. */
  readonly elsewhere: boolean;
  /** Kubernetes' namespace in which the node will run: one that is not the backup's is elsewhere. */
  readonly namespace?: string | undefined;
  /** Cluster and node that the volume has to be of, where whoever asks knows. */
  readonly expected: { readonly cluster?: string | undefined; readonly node?: string | undefined };
  readonly signal: AbortSignal;
}
