import { KassetteError } from '../../domain/errors.ts';
import type { Copies } from '../../ports/copies.ts';

/** A directory here is none that the nodes of a namespace could be given files from. */
export const noCopies: Copies = {
  async find() {
    throw new KassetteError(
      'USAGE',
      '--from path:… is for embedded clusters.',
      'Nothing was changed. On Kubernetes name a backup that is in the volumes: --from backup:TAG.',
    );
  },
};
