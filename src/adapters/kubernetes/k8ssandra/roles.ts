import { z } from 'zod';
import type { Stuck } from '../../../domain/k8ssandra/cure.ts';
import { STOPPING } from '../../../domain/rights.ts';
import { call } from '../client/calls.ts';
import { DATACENTERS } from '../client/resources.ts';
import type { Part } from './keep.ts';
import { type Sites, siteAt } from './sites.ts';

/** Source: cass-operator's `CassandraDatacenterStatus`. */
const withUser = z.object({
  status: z.object({ superUserUpserted: z.string().optional() }).default({}),
});

/**
 * Datacenters whose nodes are all up, that are not ready, and whose superuser has not been written yet: nothing else of cass-operator's work is left then.
 * A restored one comes without its status, and one on its way passes through this; to be looked at again does not harm it.
 */
export async function waitingForRoles({ all }: Sites, parts: readonly Part[]): Promise<Stuck['roles']> {
  const waiting: Stuck['roles'][number][] = [];
  for (const part of parts) {
    const { namespace, k8sContext, reachedBy, datacenters } = part;
    const objects = siteAt(all, part)?.objects;
    if (objects === undefined) continue;
    for (const { name, unready, pods = [] } of await datacenters.find([])) {
      if (unready?.passing !== true || pods.length === 0 || !pods.every((p) => p.ready)) continue;
      const object: unknown = await call(STOPPING.read, namespace, () =>
        objects.getNamespacedCustomObject({ ...DATACENTERS, namespace, name }),
      );
      const { superUserUpserted } = withUser.parse(object).status;
      if (superUserUpserted === undefined) waiting.push({ namespace, k8sContext, reachedBy, name });
    }
  }
  return waiting;
}
