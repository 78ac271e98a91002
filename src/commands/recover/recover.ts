import { checkAllCovered } from '../../domain/cold-cover.ts';
import type { ColdResult } from '../../domain/cold-result.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Datacenter } from '../../domain/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RestoreOptions } from '../after-restore/options.ts';
import type { RestoredCluster } from '../after-restore/running.ts';
import { restoreRunning } from '../after-restore/running.ts';
import { each } from '../each.ts';
import { withLease } from '../observe/lease.ts';
import { cleanAll } from './clean-all.ts';
import { checkWholeClusters } from './whole-clusters.ts';

export interface RecoverResult {
  readonly seconds: number;
  /** One for each volume; empty where all of them were restored before. */
  readonly volumes: readonly ColdResult[];
  /** What the verification found, as `after-restore` tells it. */
  readonly clusters: readonly RestoredCluster[];
}

const POLL_MS = 1000;

/** Stop datacenters, restore all their volumes cold, start them, wait until they are healthy, and verify. */
export async function recover(ports: Ports, given: RestoreOptions): Promise<RecoverResult> {
  return withLease(ports, 'recover', given, (options) => recoverNow(ports, options));
}

/** `recover` for whoever holds the lease. */
export async function recoverNow(ports: Ports, options: RestoreOptions): Promise<RecoverResult> {
  const started = ports.clock.now();
  const datacenters = await ports.datacenters.find(options.datacenters);
  await checkWholeClusters(ports, datacenters);
  const volumes = await restoreStopped(ports, datacenters, options);
  // Where a log outlives its node's start, it still tells why the one before failed.
  const nodes = datacenters.flatMap((d) => d.nodes);
  const told = new Map(await each(nodes, async (n) => [n.name, await ports.recovery.log(n)] as const));
  await ports.progress.step('Starting the nodes', () =>
    each(datacenters, (d) => ports.recovery.start(d), options),
  );
  // Nothing that comes up now is dirty: a second cold restore would not mend it.
  const clusters = await restoreRunning(ports, { ...options, method: undefined, recover: 'never' }, told);
  const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
  return { seconds, volumes, clusters };
}

/** From running to stopped and restored. What fails before a volume is changed leaves the datacenters as they were found. */
async function restoreStopped(
  ports: Ports,
  datacenters: readonly Datacenter[],
  options: RestoreOptions,
): Promise<readonly ColdResult[]> {
  const ran = await each(datacenters, async (d) => !(await ports.recovery.isStopped(d)));
  const volumes = (await each(datacenters, (d) => ports.recovery.volumes({ datacenter: d.name }))).flat();
  try {
    await stopAll(ports, datacenters, options);
    const { tag, keepDisplaced, verify, elsewhere, signal } = options;
    const cold = { tag, dryRun: false, keepDisplaced, verify, elsewhere, again: false, signal };
    const ready = async (found: readonly ColdResult[]) => checkAllCovered(found, [...found, ...volumes]);
    return (await cleanAll(ports, volumes, cold, ready)) ?? [];
  } catch (error) {
    ports.progress.warn('Giving up: the datacenters are left as they were found.');
    await each(
      datacenters.filter((_, i) => ran[i]),
      (d) => ports.recovery.start(d),
    );
    throw error;
  }
}

async function stopAll(
  ports: Ports,
  datacenters: readonly Datacenter[],
  options: RestoreOptions,
): Promise<void> {
  await ports.progress.step('Stopping the nodes', async (report) => {
    await each(datacenters, (d) => ports.recovery.stop(d), options);
    const deadline = ports.clock.now().getTime() + options.timeoutMs;
    for (;;) {
      options.signal.throwIfAborted();
      const users = (await each(datacenters, (d) => ports.recovery.users(d))).flat();
      if (users.length === 0) return;
      if (ports.clock.now().getTime() >= deadline) throw stillThere(users);
      report.note(`waiting for ${users.join(', ')}`);
      await ports.clock.sleep(POLL_MS);
    }
  });
}

function stillThere(users: readonly string[]): KassetteError {
  return new KassetteError(
    'TIMEOUT',
    `The volumes are still in use by ${users.join(', ')}.`,
    'Nothing was changed. Look at what keeps these pods; allow more time with --timeout.',
  );
}
