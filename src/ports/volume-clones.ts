import type { Node } from '../domain/cluster/topology.ts';
import type { CloneSource } from '../domain/transfer/source.ts';

/** Finds clones and copies of nodes' volumes that lie beside the live ones, and makes them readable. They are only ever read. */
export interface VolumeClones {
  /**
   * Each copy as a node whose name is the claim's (of several namespaces `namespace/claim`) or the directory's, and on which
   * `Volumes` works until `release`: what it is a copy of only its manifest shows.
   * @param live the live nodes: copies have their data directories at the same places
   * @throws NOT_FOUND, NO_VOLUME where there is none, USAGE where this kind of cluster has no such copies, FORBIDDEN,
   *   JOB_FAILED where one cannot be mounted
   */
  find(from: CloneSource, live: readonly Node[], signal: AbortSignal): Promise<readonly Node[]>;
  /**
   * Have a copy read where the live node's volume can be written to as well, for `Volumes.copyDirect`. Answers why that cannot be,
   * in words; null where it can. Either way the copy stays readable.
   */
  coMount(copy: Node, live: Node, signal: AbortSignal): Promise<string | null>;
  /** Remove whatever was made to read them. Never fails; may be repeated. */
  release(): Promise<void>;
}
