import type { Node, RingMember } from '../domain/cluster/topology.ts';

/**
 * How an operation ended. `underway`: the management API gave up its call to the node, as it does after 30 s, and the node
 * goes on by itself; a caller that needs the end has to look for it in the node's files or its system tables.
 */
export type Outcome = 'done' | 'underway';

/**
 * Operations on one node through its management API.
 *
 * Every call is bounded by the implementation's request timeout. Reads and idempotent writes are retried a few times on
 * connection errors; `takeSnapshot` is not (a second try of one that went through fails on the existing tag).
 * Failures are `KassetteError`s that name the node and the operation; a node whose Cassandra is stopped or still starting
 * gives NODE_NOT_RUNNING.
 */
export interface NodeControl {
  /** Whether the node serves CQL. Never throws for a node that is merely down: answers false. */
  isReady(node: Node): Promise<boolean>;
  /** The ring as this node sees it, itself included. */
  endpoints(node: Node): Promise<readonly RingMember[]>;
  /** Schema version → addresses; unreachable ones under `UNREACHABLE`. */
  schemaVersions(node: Node): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Flush every keyspace's memtables; returns when they are on disk. Idempotent. */
  flush(node: Node): Promise<void>;
  /** Snapshot every table of every keyspace under `tag`, flushing first. Fails where the tag exists. */
  takeSnapshot(node: Node, tag: string): Promise<Outcome>;
  /**
   * Remove the tag's snapshots; fine where there are none. Idempotent. Never while one may still be taken: Cassandra takes
   * the missing directory for a disk error, and by default stops CQL and gossip.
   */
  clearSnapshot(node: Node, tag: string): Promise<Outcome>;
  /** Load SSTables that were put into the table's live directories. Safe to repeat once it has ended. */
  refresh(node: Node, keyspace: string, table: string): Promise<Outcome>;
  /** Remove from these tables' SSTables the rows that the node does not own; returns when it is done. Idempotent. */
  cleanUp(node: Node, keyspace: string, tables: readonly string[]): Promise<void>;
  /** Throw away the hints that this node keeps for others. Idempotent. */
  truncateHints(node: Node): Promise<void>;
}
