import type { Cluster } from '../../domain/cluster/ring.ts';
import type { Ports } from '../../ports/ports.ts';
import type { CommonOptions } from '../options.ts';
import { healthyClusters, type Waiting } from './clusters.ts';
import { withLease } from './lease.ts';
import { nodeFailures } from './start-failures.ts';

/** A backup is made of nodes that are up: one that is down, and not coming, is not waited for as after a restore. */
const DOWN_MS = 60_000;
/** What is seen again once the lease is held may be a moment's. */
const AGAIN_MS = 10_000;

/**
 * Do the work while holding the lease, on clusters that are healthy. They are waited for without it, so that nobody else is kept from
 * working meanwhile, and looked at once more when it is held.
 */
export async function withHealthyClusters<O extends CommonOptions, T>(
  ports: Ports,
  purpose: string,
  options: O,
  work: (options: O, clusters: readonly Cluster[]) => Promise<T>,
): Promise<T> {
  const waiting: Waiting = {
    lookCloser: (datacenters, down) => nodeFailures(ports, datacenters, down, options),
    downMs: DOWN_MS,
  };
  await healthyClusters(ports, options, waiting);
  return withLease(ports, purpose, options, async (held) => {
    const again = { ...held, timeoutMs: Math.min(held.timeoutMs, AGAIN_MS) };
    return work(held, await healthyClusters(ports, again, waiting));
  });
}
