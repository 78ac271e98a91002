/** Keeps two runs from working on the same nodes at once. */
export interface Lease {
  /**
   * Take the lease, or fail at once. It ends with `release`, and by itself when the process is gone.
   * @throws BUSY
   */
  acquire(purpose: string): Promise<HeldLease>;
}

export interface HeldLease {
  release(): Promise<void>;
}
