import { KassetteError } from '../../domain/errors.ts';
import type { Protection } from '../../ports/platform/protection.ts';

/** Nothing backs an embedded cluster up. */
export const noProtection: Protection = {
  namespace: '',
  look: refuse,
  examine: refuse,
};

async function refuse(): Promise<never> {
  throw new KassetteError(
    'USAGE',
    'doctor looks at Kasten, and an embedded cluster has none.',
    'Leave out `--embedded` and name a Kubernetes namespace.',
  );
}
