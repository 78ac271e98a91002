import { KassetteError } from '../../domain/errors.ts';
import { planDirty, planStart, type Recovery } from '../../domain/restore-state/start.ts';
import type { HeldLease } from '../../ports/platform/lease.ts';
import type { Ports } from '../../ports/ports.ts';
import { mendAbove } from '../above/mend.ts';
import { withLease } from '../cluster/lease.ts';
import { recoverNow } from '../cold/recover-now.ts';
import { type SharingOption, withEnd } from '../options.ts';
import type { RestoreOptions } from '../restore/options.ts';
import type { RestoredCluster } from '../restore/restored.ts';
import { restoreRunning } from '../restore/running.ts';
import { allThere, inTurn } from '../turns.ts';

export interface AfterRestoreResult {
  readonly seconds: number;
  /** `cold`: the volumes were restored with Cassandra stopped. */
  readonly method: 'warm' | 'cold';
  readonly clusters: readonly RestoredCluster[];
}

/** Turn restored volumes into exactly the database of the backup that is in them. */
export async function afterRestore(
  ports: Ports,
  given: RestoreOptions & SharingOption,
): Promise<AfterRestoreResult> {
  const timed = withEnd(given, ports);
  if (given.forNamespace === undefined) return inLease(ports, timed);
  await allThere(ports, given);
  // The hook of the first namespace restores all of them; those of the others find it done.
  return inTurn(ports, given, () => inLease(ports, timed));
}

async function inLease(
  ports: Ports,
  given: ReturnType<typeof withEnd<RestoreOptions>>,
): Promise<AfterRestoreResult> {
  return withLease(ports, 'after-restore', given, async (options, held) => {
    const started = ports.clock.now();
    const { method, clusters } = await restore(ports, options, held);
    const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
    return { seconds, method, clusters };
  });
}

async function restore(ports: Ports, options: RestoreOptions, held: HeldLease) {
  await mendAbove(ports, options);
  await ports.datacenters.checkRestorable?.();
  const start = planStart(await ports.datacenters.find(options.datacenters), options);
  if (start.kind === 'recover' && ports.recovery.unavailable) throw ports.recovery.unavailable;
  if (start.kind === 'recover' && (await isAgreed(start, options))) return cold(ports, start, options, held);
  try {
    return { method: 'warm' as const, clusters: await restoreRunning(ports, options) };
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code !== 'DIRTY_VOLUMES') throw error;
    if (ports.recovery.unavailable) throw error;
    const dirty = planDirty(error, options);
    if (dirty.kind !== 'recover' || !(await isAgreed(dirty, options))) throw error;
    return cold(ports, dirty, options, held);
  }
}

async function cold(ports: Ports, { warning }: Recovery, options: RestoreOptions, held: HeldLease) {
  if (warning !== null) ports.progress.warn(warning);
  return { method: 'cold' as const, clusters: (await recoverNow(ports, options, held)).clusters };
}

async function isAgreed({ question }: Recovery, { confirm }: RestoreOptions): Promise<boolean> {
  return question === null || confirm(question);
}
