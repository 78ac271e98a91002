import type { Bed } from '../bed/bed.ts';
import { RELEASE } from './bed.ts';
import { TestDatacenter } from './datacenter.ts';

/** What kassette reads of it: its cluster is `dse`, and it names no secret. */
export const RING_SECRETS = ['dse-superuser'];

/**
 * The example's datacenter of three nodes. All files that need a ring use this one, in one order, and leave it with nothing
 * of theirs in it; its namespace is none that the committed manifests name, so that their files run beside.
 */
export function sharedRing(bed: Bed): TestDatacenter {
  return new TestDatacenter(bed, { version: RELEASE, namespace: 'ring' });
}
