import type { Ports } from '../../ports/ports.ts';

/** Do the work, and let go of copies that were found meanwhile, whatever happens. */
export async function releasingClones<T>(
  { clones }: Pick<Ports, 'clones'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } finally {
    await clones.release();
  }
}
