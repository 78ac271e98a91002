import type { Datacenter } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { checkAllCovered } from '../../domain/restore/cold-cover.ts';
import type { ColdResult } from '../../domain/restore/cold-result.ts';
import type { HeldLease } from '../../ports/platform/lease.ts';
import type { Ports } from '../../ports/ports.ts';
import { until } from '../../ports/until.ts';
import { each } from '../each.ts';
import { reportFailure } from '../report-failure.ts';
import type { RestoreOptions } from '../restore/options.ts';
import type { RestoredCluster } from '../restore/restored.ts';
import { restoreRunning } from '../restore/running.ts';
import { afterColdRestore } from './after-cold.ts';
import { cleanAll } from './clean-all.ts';
import { giveUp } from './give-up.ts';
import { checkWholeClusters } from './whole-clusters.ts';

export interface RecoverResult {
  readonly seconds: number;
  /** One for each volume; empty where all of them were restored before. */
  readonly volumes: readonly ColdResult[];
  /** What the verification found and made of it, as of `after-restore`. */
  readonly clusters: readonly RestoredCluster[];
}

const POLL_MS = 1000;

/**
 * Stop datacenters, restore all their volumes cold, start them, wait until they are healthy, and verify; for a caller that holds the
 * lease.
 */
export async function recoverNow(
  ports: Ports,
  options: RestoreOptions,
  held: HeldLease,
): Promise<RecoverResult> {
  const started = ports.clock.now();
  const datacenters = await ports.datacenters.find(options.datacenters);
  await checkWholeClusters(ports, datacenters);
  const volumes = await restoreStopped(ports, datacenters, options, held);
  // Where a log outlives its node's start, it still says why the one before failed.
  const nodes = datacenters.flatMap((d) => d.nodes);
  const logs = new Map(await each(nodes, async (n) => [n.name, await ports.recovery.log(n)] as const));
  await ports.progress.step('Starting the nodes', () =>
    each(datacenters, (d) => ports.recovery.start(d, held.confirm), options),
  );
  // Nothing that comes up now is dirty: a second cold restore would not mend it.
  const clusters = await restoreRunning(
    ports,
    { ...options, method: undefined, recover: 'never' },
    { logs, volumes },
  ).catch((error: unknown) => {
    throw afterColdRestore(error, volumes);
  });
  const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
  return { seconds, volumes, clusters };
}

/**
 * From running to stopped and restored. What fails before a volume is changed leaves the datacenters as they were found; what
 * a killed run had stopped counts as running.
 */
async function restoreStopped(
  ports: Ports,
  datacenters: readonly Datacenter[],
  options: RestoreOptions,
  held: HeldLease,
): Promise<readonly ColdResult[]> {
  const stopped = await each(datacenters, (d) => ports.recovery.isStopped(d));
  const running = datacenters.filter((_, i) => !stopped[i]);
  let changing = datacenters.some((d) => d.coldRestore === 'changing');
  const volumes = (await each(datacenters, (d) => ports.recovery.volumes({ datacenter: d.name }))).flat();
  await reportFailure(
    () => rehearse(ports, running, options),
    (why) => ports.events.report(datacenters, 'RestoreRefused', `This run changed no volume: ${why}`),
  );
  try {
    await stopAll(ports, datacenters, options, () =>
      each(running, (d) => ports.recovery.stop(d, 'stopped', held.confirm), options),
    );
    const { tag, keepDisplaced, verify, elsewhere, signal } = options;
    const cold = {
      tag,
      dryRun: false,
      listed: false,
      keepDisplaced,
      verify,
      elsewhere,
      again: false,
      signal,
    };
    const ready = async (found: readonly ColdResult[]) => {
      checkAllCovered(found, [...found, ...volumes]);
      await held.confirm();
      const tags = [...new Set(found.map((f) => f.tag))].join(', ');
      const what = `Cassandra is stopped, and its volumes are restored cold from backup ${tags}.`;
      await ports.events.report(datacenters, 'RestoreStarted', what);
      changing = true;
      await each(datacenters, (d) => ports.recovery.stop(d, 'changing', held.confirm), options);
    };
    return (await cleanAll(ports, volumes, cold, ready)) ?? [];
  } catch (error) {
    const ours = datacenters.filter((d) => running.includes(d) || changing || d.coldRestore !== undefined);
    await giveUp(ports, ours, { changing, held });
    const why = error instanceof Error ? error.message : String(error);
    await (changing
      ? ports.events.report(datacenters, 'RestoreFailed', `Volumes may be changed: ${why}`)
      : ports.events.report(datacenters, 'RestoreRefused', `This run changed no volume: ${why}`));
    throw error;
  }
}

/** Nothing is stopped for what could not be restored then. One that is stopped already has its Jobs tried by their own checks. */
async function rehearse(
  { recovery, progress }: Ports,
  datacenters: readonly Datacenter[],
  { signal }: RestoreOptions,
): Promise<void> {
  if (datacenters.length === 0) return;
  await progress.step('Checking that the volumes can be restored', () =>
    each(datacenters, (d) => recovery.rehearse(d, { signal })),
  );
}

async function stopAll(
  ports: Ports,
  datacenters: readonly Datacenter[],
  options: RestoreOptions,
  stop: () => Promise<unknown>,
): Promise<void> {
  await ports.progress.step('Stopping the nodes', async (report) => {
    await stop();
    let users: readonly string[] = [];
    let fewest = Number.POSITIVE_INFINITY;
    const look = async () => {
      users = (await each(datacenters, (d) => ports.recovery.users(d))).flat();
      if (users.length === 0) return { found: true };
      fewest = Math.min(fewest, users.length);
      report.note(`waiting for ${users.join(', ')}`);
      return String(fewest);
    };
    const { timeoutMs: within, signal } = options;
    await until(look, { every: POLL_MS, within, signal, clock: ports.clock, late: () => stillThere(users) });
  });
}

function stillThere(users: readonly string[]): KassetteError {
  return new KassetteError(
    'TIMEOUT',
    `The volumes are still in use by ${users.join(', ')}.`,
    'Nothing was changed. Find out what keeps these pods; allow more time with `--timeout`.',
  );
}
