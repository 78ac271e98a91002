/** Looks from here, where a restored node will run, for nodes at addresses that a backup records. */
export interface PeerProbe {
  /**
   * Host id of the node whose Cassandra runs at the address, as its management API reports it; null where none answers
   * within seconds. Never fails.
   */
  hostIdAt(address: string): Promise<string | null>;
}
