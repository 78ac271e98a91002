import type { Ports } from '../../ports/ports.ts';

/** Do the work while holding the lease, and release it whatever happens. */
export async function withLease<T>(ports: Ports, purpose: string, work: () => Promise<T>): Promise<T> {
  const held = await ports.lease.acquire(purpose);
  try {
    return await work();
  } finally {
    await held.release();
  }
}
