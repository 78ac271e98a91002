import { KassetteError } from '../../domain/errors.ts';
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
  return withLease(ports, 'after-restore', given, async (options) => {
    const started = ports.clock.now();
    const { method, clusters } = await restore(ports, options);
    const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
    return { seconds, method, clusters };
  });
}

async function restore(ports: Ports, options: RestoreOptions) {
  if (options.method === 'cold') return cold(ports, options);
  try {
    return { method: 'warm' as const, clusters: await restoreRunning(ports, options) };
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code !== 'DIRTY_VOLUMES') throw error;
    if (!(await goesCold(error.message, options))) throw error;
    ports.progress.warn(`${error.message} The volumes are restored cold.`);
    return cold(ports, options);
  }
}

async function cold(ports: Ports, options: RestoreOptions) {
  return { method: 'cold' as const, clusters: (await recoverNow(ports, options)).clusters };
}

async function goesCold(why: string, { recover, confirm }: RestoreOptions): Promise<boolean> {
  if (recover !== 'ask') return recover === 'auto';
  return confirm(`${why} Stop the datacenter and restore its volumes cold?`);
}
