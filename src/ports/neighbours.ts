/** Looks from here, where a restored node will run, for nodes at addresses that a backup remembers. */
export interface Neighbours {
  /**
   * Host id of the node whose Cassandra runs at the address, as its management API tells it; null where none tells within
   * seconds. Never fails.
   */
  hostIdAt(address: string): Promise<string | null>;
}
