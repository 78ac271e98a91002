/** Keeps two runs from working on the same nodes at once. */
export interface Lease {
  /**
   * Take the lease, or fail as soon as it is clear that another run holds it. It ends with `release`, and by itself some
   * seconds after the process is gone.
   * @throws BUSY
   */
  acquire(purpose: string): Promise<HeldLease>;
}

export interface HeldLease {
  /** Aborted, with LEASE_LOST, when it is no longer certain that no other run is active. */
  readonly lost: AbortSignal;
  /** Look whether it is still held: a process that was stopped for a while learns of the loss too late. @throws LEASE_LOST */
  readonly confirm: () => Promise<void>;
  release(): Promise<void>;
}
