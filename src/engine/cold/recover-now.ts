import { tagsOf } from '../../domain/backup/tag.ts';
import type { Datacenter } from '../../domain/cluster/topology.ts';
import { checkAllCovered } from '../../domain/restore/cold-cover.ts';
import type { ColdResult } from '../../domain/restore/cold-result.ts';
import { checkStillCarries, type PlacedVolume } from '../../domain/restore-state/asked.ts';
import type { HeldLease } from '../../ports/platform/lease.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { reportFailure } from '../report-failure.ts';
import type { RestoreOptions } from '../restore/options.ts';
import type { RestoredCluster } from '../restore/restored.ts';
import { restoreRunning } from '../restore/running.ts';
import { afterColdRestore } from './after-cold.ts';
import { isAlreadyRestored } from './already-restored.ts';
import { cleanAll } from './clean-all.ts';
import { giveUp } from './give-up.ts';
import { Hold, stopAll } from './hold.ts';
import { checkWholeClusters } from './whole-clusters.ts';

export interface RecoverResult {
  readonly seconds: number;
  /** One for each volume; empty where all of them were restored before. */
  readonly volumes: readonly ColdResult[];
  /** What the verification found and made of it, as of `after-restore`. */
  readonly clusters: readonly RestoredCluster[];
}

/** How often volumes are restored where something else starts the datacenter meanwhile. */
const ROUNDS = 3;

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
  const isDone = await isAlreadyRestored(ports, datacenters, options);
  const { volumes, placed, logs } = isDone
    ? { volumes: [], placed: [], logs: new Map<string, string>() }
    : await restoreAndStart(ports, datacenters, options, held);
  // Nothing that comes up now is dirty: a second cold restore would not mend it.
  const clusters = await restoreRunning(
    ports,
    { ...options, method: undefined, recover: 'never' },
    { logs, volumes, checkNodes: () => checkNodes(ports, datacenters, placed) },
  ).catch((error: unknown) => {
    throw afterColdRestore(error, volumes);
  });
  const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
  return { seconds, volumes, clusters };
}

/** A node that was added since has no part of the backup, and one that was taken away had one. @throws DATACENTER_CHANGED */
async function checkNodes(
  { recovery }: Ports,
  datacenters: readonly Datacenter[],
  placed: readonly PlacedVolume[],
): Promise<void> {
  if (placed.length === 0) return;
  await each(datacenters, async (d) => checkStillCarries(await recovery.asked(d), placed));
}

interface Restored {
  readonly volumes: readonly ColdResult[];
  /** All of these volumes. */
  readonly placed: readonly PlacedVolume[];
  /** Of each node until it was started, by its name. */
  readonly logs: ReadonlyMap<string, string>;
}

/**
 * From running to restored and asked to run. What fails before a volume is changed leaves the datacenters as they were found; what
 * a killed run had stopped counts as running.
 */
async function restoreAndStart(
  ports: Ports,
  datacenters: readonly Datacenter[],
  options: RestoreOptions,
  held: HeldLease,
): Promise<Restored> {
  const refused = (why: string) =>
    ports.events.report(datacenters, 'RestoreRefused', `This run changed no volume: ${why}`);
  const hold = await reportFailure(async () => {
    const begun = await Hold.begin(ports, held, datacenters);
    await rehearse(ports, begun.running, options);
    return begun;
  }, refused);
  try {
    return await untilUndisturbed(ports, hold, options);
  } catch (error) {
    await giveUp(ports, hold);
    const why = error instanceof Error ? error.message : String(error);
    await (hold.changing
      ? ports.events.report(datacenters, 'RestoreFailed', `Volumes may be changed: ${why}`)
      : refused(why));
    throw error;
  }
}

/**
 * Where something else starts a datacenter after volumes were changed, restored ones may run together with others, and get their newer
 * rows: all are stopped and restored once more.
 */
async function untilUndisturbed(ports: Ports, hold: Hold, options: RestoreOptions): Promise<Restored> {
  for (let round = 1; ; round++) {
    try {
      const volumes = await restoreStopped(ports, hold, options);
      // Where a log outlives its node's start, it still says why the one before failed.
      const nodes = hold.datacenters.flatMap((d) => d.nodes);
      const logs = new Map(await each(nodes, async (n) => [n.name, await ports.recovery.log(n)] as const));
      await ports.progress.step('Starting the nodes', () => hold.start());
      return { volumes, placed: hold.volumes, logs };
    } catch (error) {
      if (!hold.changing || options.signal.aborted) throw error;
      const disturbance = await hold.disturbance();
      if (disturbance === null) throw error;
      if (round === ROUNDS) throw disturbance;
      ports.progress.warn(`${disturbance.message} All volumes are restored once more.`);
      hold.again = true;
    }
  }
}

async function restoreStopped(
  ports: Ports,
  hold: Hold,
  options: RestoreOptions,
): Promise<readonly ColdResult[]> {
  await stopAll(ports, hold, options);
  const { tag, keepDisplaced, verify, elsewhere, signal } = options;
  const cold = { tag, keepDisplaced, verify, elsewhere, signal, dryRun: false, listed: false };
  const ready = async (found: readonly ColdResult[]) => {
    checkAllCovered(found, [...found, ...hold.volumes]);
    await hold.beginChanging(found, async () => {
      const tags = tagsOf(found);
      const what = `Cassandra is stopped, and its volumes are restored cold from backup ${tags}.`;
      await ports.events.report(hold.datacenters, 'RestoreStarted', what);
    });
  };
  return (await cleanAll(ports, hold.volumes, { ...cold, again: hold.again }, ready)) ?? [];
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
