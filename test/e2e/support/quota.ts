import type { TestDatacenter } from './datacenter.ts';

/** A quota that no Job's pod fits into, however much Cassandra frees; it counts when its status is there. */
export async function smallQuota(of: Pick<TestDatacenter, 'kubectl'>): Promise<void> {
  await of.kubectl('create', 'quota', 'small', '--hard=limits.memory=1Mi');
  await of.kubectl('wait', 'quota/small', '--for=jsonpath={.status.hard.limits\\.memory}=1Mi');
}
