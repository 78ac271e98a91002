import type { Datacenter } from '../../domain/cluster/topology.ts';
import type { Location } from '../../domain/k8ssandra/locations.ts';

/** A datacenter in another namespace. */
export interface DistantDatacenter extends Location {
  readonly name: string;
  readonly cluster: string;
}

/** Finds the datacenters that a command is about. */
export interface Datacenters {
  /** Those named, or all where none is named. @throws NOT_FOUND, CLUSTER_UNREACHABLE */
  find(names: readonly string[]): Promise<readonly Datacenter[]>;
  /**
   * Datacenters of the other namespaces: of all of them, or of these where this process may not look at all; none of where it may not
   * look.
   */
  elsewhere(namespaces: readonly string[]): Promise<readonly DistantDatacenter[]>;
  /** That what runs the datacenters does not change their rows, or is about to, while they are restored. @throws NOT_READY */
  checkRestorable?(): Promise<void>;
}
