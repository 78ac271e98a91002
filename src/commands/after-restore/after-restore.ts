import { KassetteError } from '../../domain/errors.ts';
import { STOPPED_FOR_COLD } from '../../domain/topology.ts';
import type { HeldLease } from '../../ports/lease.ts';
import type { Ports } from '../../ports/ports.ts';
import { withLease } from '../observe/lease.ts';
import { recoverNow } from '../recover/recover.ts';
import type { RestoreOptions } from './options.ts';
import { type RestoredCluster, restoreRunning } from './running.ts';

export interface AfterRestoreResult {
  readonly seconds: number;
  /** `cold`: the volumes were restored with Cassandra stopped. */
  readonly method: 'warm' | 'cold';
  readonly clusters: readonly RestoredCluster[];
}

/** Turn restored volumes into exactly the database of the backup that is in them. */
export async function afterRestore(ports: Ports, given: RestoreOptions): Promise<AfterRestoreResult> {
  return withLease(ports, 'after-restore', given, async (options, held) => {
    const started = ports.clock.now();
    const { method, clusters } = await restore(ports, options, held);
    const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
    return { seconds, method, clusters };
  });
}

async function restore(ports: Ports, options: RestoreOptions, held: HeldLease) {
  const cold = async () => ({
    method: 'cold' as const,
    clusters: (await recoverNow(ports, options, held)).clusters,
  });
  if (options.method === 'cold' || (await goesOn(ports, options))) return cold();
  try {
    return { method: 'warm' as const, clusters: await restoreRunning(ports, options) };
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code !== 'DIRTY_VOLUMES') throw error;
    const question = `${error.message} Stop the datacenter and restore its volumes cold?`;
    if (!(await goesCold(question, options))) throw error;
    ports.progress.warn(`${error.message} The volumes are restored cold.`);
    return cold();
  }
}

/** Whether a cold restore was begun and not ended, by a run that was killed, and has to be gone on with. */
async function goesOn(ports: Ports, options: RestoreOptions): Promise<boolean> {
  if (options.method === 'warm') return false;
  const datacenters = await ports.datacenters.find(options.datacenters);
  const stopped = datacenters.find((d) => d.coldRestore !== undefined);
  if (stopped === undefined) return false;
  const why = `Datacenter ${stopped.name} ${STOPPED_FOR_COLD}.`;
  if (!(await goesCold(`${why} Go on with it?`, options))) return false;
  ports.progress.warn(`${why} It goes on.`);
  return true;
}

async function goesCold(question: string, { recover, confirm }: RestoreOptions): Promise<boolean> {
  return recover === 'ask' ? confirm(question) : recover === 'auto';
}
