import type { Datacenter, Node } from '../../domain/cluster/topology.ts';
import type { RewindJournal } from '../../domain/rewind/journal.ts';
import type { OfflineVolume } from '../../ports/offline-volume.ts';
import type { HeldLease } from '../../ports/platform/lease.ts';
import type { RewindVolume } from '../../ports/rewind-volume.ts';
import type { CommonOptions } from '../options.ts';

export interface RewindOptions extends CommonOptions {
  /** The second to set back to, as a person writes it. */
  readonly to?: string | undefined;
  readonly undo: boolean;
  readonly accept: boolean;
  /** Whether the volumes were restored: then each of them has to have the log until that second. */
  readonly restored?: boolean;
  /** Check and plan, and change nothing. */
  readonly dryRun: boolean;
  /** What is to stay free on every volume. */
  readonly reserveBytes: number;
}

/** A node with its volume, and how far a rewind of that has come. */
export interface RewindNode {
  readonly node: Node;
  readonly volume: OfflineVolume & RewindVolume;
  readonly journal: RewindJournal | null;
}

/** What a run works on. */
export interface At {
  readonly held: HeldLease;
  readonly datacenter: Datacenter;
  readonly nodes: readonly RewindNode[];
}
