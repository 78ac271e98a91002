import type { HeldLease } from '../../ports/platform/lease.ts';
import type { Ports } from '../../ports/ports.ts';
import type { CommonOptions } from '../options.ts';

/** Do the work while holding the lease, and release it whatever happens; the work's options end with the lease, too. */
export async function withLease<O extends Pick<CommonOptions, 'signal'>, T>(
  ports: Pick<Ports, 'lease'>,
  purpose: string,
  options: O,
  work: (options: O, held: HeldLease) => Promise<T>,
): Promise<T> {
  const held = await ports.lease.acquire(purpose);
  try {
    return await work({ ...options, signal: AbortSignal.any([options.signal, held.lost]) }, held);
  } finally {
    await held.release();
  }
}
