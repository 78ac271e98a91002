import type { Datacenter } from '../domain/topology.ts';

/** Finds the datacenters that a command is about. */
export interface Datacenters {
  /** Those named, or all where none is named. @throws NOT_FOUND, CLUSTER_UNREACHABLE */
  find(names: readonly string[]): Promise<readonly Datacenter[]>;
}
