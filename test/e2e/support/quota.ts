import type { TestDatacenter } from './datacenter.ts';

/** A quota that wants of every new pod what nobody's pods say; it counts when its status is there. */
export async function demandingQuota(of: Pick<TestDatacenter, 'kubectl'>): Promise<void> {
  await of.kubectl('create', 'quota', 'demanding', '--hard=pods=50,requests.ephemeral-storage=10Gi');
  await of.kubectl('wait', 'quota/demanding', '--for=jsonpath={.status.hard.pods}=50');
}
