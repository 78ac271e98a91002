import type { Node } from '../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../domain/errors.ts';

const FULL = /No space left on device|Disk quota exceeded/;

/** There was room when it began; others write to the volume, too. @throws NO_SPACE where it is gone */
export async function orFull<T>(node: Node, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof KassetteError) || !FULL.test(cause.message)) throw cause;
    throw new KassetteError(
      'NO_SPACE',
      `The volume of ${node.name} has filled up while files were copied there.`,
      'Nothing live was changed. Free some space, then run the command again: it continues with the files that are already there. Or give up and remove `kassette/staging` from that volume.',
      { cause },
    );
  }
}
