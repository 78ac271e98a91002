import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import type { Rewinding } from '../../ports/platform/rewinding.ts';

const unavailable = new KassetteError(
  'REWIND_UNSUPPORTED',
  'Datacenters on Kubernetes cannot be set back in place yet.',
  hint`Nothing was changed. Restore the volumes from a restore point of before, then run ${kassette('after-restore')}. A rewind works on embedded clusters (\`--embedded\`).`,
);

const refuse = () => {
  throw unavailable;
};

/** No pod of cass-operator's replays a log on its own. */
export const noRewinding: Rewinding = { unavailable, volume: refuse, replay: async () => refuse() };
