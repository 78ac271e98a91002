import { KassetteError } from '../../domain/errors.ts';
import { DISCARDED } from '../../domain/rewind/journal.ts';
import type { RewindNode } from './options.ts';

/** Remove all live files: they are a rewind's. */
export async function clear(n: RewindNode): Promise<void> {
  const { volume } = n;
  await refuseIfUsed(n);
  const live = await volume.live();
  await volume.displace({ moves: live.tables.flatMap((t) => t.files), empties: live.transient }, DISCARDED);
  await volume.discard();
}

/** As long as one works on the volume nothing must be moved there. @throws VOLUME_IN_USE */
export async function refuseIfUsed({ node, volume }: RewindNode): Promise<void> {
  const user = await volume.user();
  if (user === null) return;
  throw new KassetteError(
    'VOLUME_IN_USE',
    `The volume of ${node.name} is in use by ${user}.`,
    'The state before the rewind is kept. Stop Cassandra there, then run the command again.',
  );
}
