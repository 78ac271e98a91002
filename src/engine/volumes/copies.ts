import type { Ports } from '../../ports/ports.ts';

/** Do the work, and let go of copies that were found meanwhile, whatever happens. */
export async function releasingCopies<T>(
  { copies }: Pick<Ports, 'copies'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } finally {
    await copies.release();
  }
}
