import { KassetteError } from '../../domain/errors.ts';
import type { KastenInspector } from '../../ports/platform/kasten-inspector.ts';

/** Nothing backs an embedded cluster up. */
export const noKasten: KastenInspector = {
  namespace: '',
  look: refuse,
  examine: refuse,
  surroundings: refuse,
};

async function refuse(): Promise<never> {
  throw new KassetteError(
    'USAGE',
    'doctor looks at Kasten, and an embedded cluster has none.',
    'Leave out `--embedded` and name a Kubernetes namespace.',
  );
}
