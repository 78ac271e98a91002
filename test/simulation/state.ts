import type { ColdStage } from '../../src/domain/topology.ts';
import type { SchemaState } from './schema-text.ts';
import type { Row } from './sstables.ts';

/** What one Cassandra process has in its memory, by table id without hyphens where it is about a table. */
export interface NodeState {
  /** When it was started, in seconds. */
  gossipGeneration: number;
  memtables: Record<string, Row[]>;
  /** SSTables that it reads; what else lies in a table's directory it does not know. */
  live: Record<string, string[]>;
  nextGeneration: Record<string, number>;
  /** How often it has written to a table since it started. */
  writes: Record<string, number>;
  /** When a table was emptied last. */
  truncated: Record<string, number>;
  /** Tags of snapshots that it is making. */
  snapshotting: string[];
}

/** All of a cluster that does not lie in its volumes; plain data, so that a moment of it can be kept and gone back to. */
export interface ClusterState {
  nowMs: number;
  /** Of ids that were handed out. */
  serial: number;
  schema: SchemaState;
  roles: string[];
  nodes: Record<string, NodeState>;
  /** Datacenters that were told to stop, with kassette's note on them. */
  stopped: Record<string, ColdStage | null>;
  /** Whoever took the lease and has not released it. */
  leaseHolder: number | null;
}

export function emptyNode(gossipGeneration: number): NodeState {
  return {
    ...{ gossipGeneration, memtables: {}, live: {}, nextGeneration: {} },
    ...{ writes: {}, truncated: {}, snapshotting: [] },
  };
}
