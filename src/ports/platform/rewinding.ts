import type { Node } from '../../domain/cluster/topology.ts';
import type { KassetteError } from '../../domain/errors.ts';
import type { ReplaySegment } from '../../domain/rewind/node-log.ts';
import type { ReplayReport } from '../../domain/rewind/replay-report.ts';
import type { OfflineVolume } from '../offline-volume.ts';
import type { RewindVolume } from '../rewind-volume.ts';

/** What a node is to replay, on its own. */
export interface ReplayPass {
  /** `schema`: only the schema, and when tables were truncated; the files of no other table need to be there. */
  readonly pass: 'schema' | 'all';
  readonly target: Date;
  readonly segments: readonly ReplaySegment[];
  /** Tables that are left as they are: `system.IndexInfo`. */
  readonly leftOut: readonly string[];
}

/** What a place offers that can set its nodes back. */
export interface Rewinding {
  /** Why nothing can be set back here; every call fails with it. */
  readonly unavailable?: KassetteError;
  /** The volume of a node, whether it runs or not. */
  volume(node: Node): OfflineVolume & RewindVolume;
  /**
   * Run the node's Cassandra on its volume for nothing but this replay: it joins no ring, gossips with nobody, serves no client, and has ended when
   * this returns. The segments stay. One that a killed run has started is ended first.
   * @throws REPLAY_FAILED with what it said
   */
  replay(node: Node, pass: ReplayPass, options: { readonly signal: AbortSignal }): Promise<ReplayReport>;
}
