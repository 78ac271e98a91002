import type { Ports } from '../../../src/ports/ports.ts';

const unknown = { unknown: 'not looked at' };

/** Nothing that is set up around the datacenters may be seen. */
export const unseenKasten: Ports['kasten'] = {
  namespace: 'ns',
  look: async () => ({
    ...{ policies: unknown, bindings: unknown, blueprints: unknown, datacenters: unknown },
    ...{ restorePoints: unknown, restores: unknown },
  }),
  surroundings: async () => ({ jobs: unknown, proxies: unknown, policies: unknown }),
  examine: async (place) => ({
    ...{ place, account: unknown, missing: unknown, image: unknown },
    ...{ admission: unknown, policies: unknown },
  }),
};
