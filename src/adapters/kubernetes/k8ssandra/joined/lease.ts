import { inOrder, type Location } from '../../../../domain/k8ssandra/locations.ts';
import type { HeldLease, Lease } from '../../../../ports/platform/lease.ts';

/** The lease of one namespace. */
export interface NamespaceLease extends Location {
  readonly lease: Lease;
}

/**
 * The leases of several namespaces as one: all of them, or none. They are taken in the order of the names that the spec has for their Kubernetes clusters
 * and of the namespaces' own, which is the same for every run and on every machine: of two runs the one that takes the first namespace that they share gets all of its own, and none waits for a run that
 * waits for it. Where one is held by a run that lives, those that were taken are released at once.
 */
export function joinedLease(places: readonly NamespaceLease[]): Lease {
  const ordered = inOrder(places);
  return {
    async acquire(purpose) {
      const held: HeldLease[] = [];
      try {
        for (const { lease } of ordered) held.push(await lease.acquire(purpose));
        // Waiting for a later one may have cost an earlier one.
        for (const { lost } of held) lost.throwIfAborted();
      } catch (error) {
        await releaseAll(held);
        throw error;
      }
      return {
        lost: AbortSignal.any(held.map((h) => h.lost)),
        async confirm() {
          await Promise.all(held.map((h) => h.confirm()));
        },
        release: () => releaseAll(held),
      };
    },
  };
}

/** Each of them, whatever becomes of the others; the last one first. What is not released expires. */
async function releaseAll(held: readonly HeldLease[]): Promise<void> {
  for (const one of held.toReversed()) await one.release().catch(() => {});
}
