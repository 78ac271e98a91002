import type { Ports } from '../../ports/ports.ts';
import { mendAbove } from '../above/mend.ts';
import { withLease } from '../cluster/lease.ts';
import { type RecoverResult, recoverNow } from '../cold/recover-now.ts';
import type { RestoreOptions } from '../restore/options.ts';

/** Stop datacenters, restore all their volumes cold, start them, wait until they are healthy, and verify. */
export async function recover(ports: Ports, given: RestoreOptions): Promise<RecoverResult> {
  return withLease(ports, 'recover', given, async (options, held) => {
    await mendAbove(ports, options);
    await ports.datacenters.checkRestorable?.();
    return recoverNow(ports, options, held);
  });
}
