import { setTimeout as pause } from 'node:timers/promises';
import type { V1Lease } from '@kubernetes/client-node';
import { parseRuns, type Run, renderRuns, withRun } from '../../../domain/last-runs.ts';
import { LEASE_NAME } from '../../../domain/rights.ts';
import type { RunNotes } from '../../../ports/platform/run-notes.ts';
import { statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { within } from './lease.ts';

const ANNOTATION = 'kassette/last-runs';
/** A run must not wait long to be noted, and its end must not be delayed for that. */
const LIMIT_MS = 10_000;
const PAUSE_MS = { conflict: 100, passing: 1000 };
/** What stays as it is however often it is asked. */
const FINAL: ReadonlySet<number | undefined> = new Set([400, 401, 403, 404, 413, 422]);

type Leases = Pick<Connection, 'coordination' | 'namespace'>;

/**
 * An annotation of the lease, which every run that changes something may read and write, and which no operator reconciles. Who holds the lease
 * is left as it is: only the version that was seen is replaced.
 */
export function kubernetesRunNotes(connection: Leases, warn: (message: string) => void): RunNotes {
  return {
    async last() {
      try {
        return runsOf(await within(LIMIT_MS, read(connection)));
      } catch {
        return null;
      }
    },
    async note(run) {
      const stop = new AbortController();
      try {
        await within(LIMIT_MS, keep(connection, run, stop.signal));
      } catch (error) {
        // Where the namespace is not there yet, there is nothing to note it on.
        if (statusOf(error) !== 404) warn(`This run was not noted among the last ones: ${messageOf(error)}`);
      } finally {
        stop.abort();
      }
    },
  };
}

const runsOf = (lease: V1Lease | null) => parseRuns(lease?.metadata?.annotations?.[ANNOTATION] ?? '');

/** Null where there is none yet. */
async function read({ coordination, namespace }: Leases): Promise<V1Lease | null> {
  try {
    return await coordination.readNamespacedLease({ namespace, name: LEASE_NAME });
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** @param signal after which no try is made any more */
async function keep(connection: Leases, run: Run, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await replace(connection, await read(connection), run);
    } catch (error) {
      const status = statusOf(error);
      if (FINAL.has(status)) throw error;
      // Noted, renewed, taken or released by another run meanwhile.
      await pause(status === 409 ? PAUSE_MS.conflict * (0.5 + Math.random()) : PAUSE_MS.passing);
    }
    if (signal.aborted) return;
  }
}

async function replace({ coordination, namespace }: Leases, lease: V1Lease | null, run: Run): Promise<void> {
  const annotations = { [ANNOTATION]: renderRuns(withRun(runsOf(lease), run)) };
  if (lease === null) {
    const metadata = { name: LEASE_NAME, annotations };
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata };
    await coordination.createNamespacedLease({ namespace, body });
    return;
  }
  const metadata = { ...lease.metadata, annotations: { ...lease.metadata?.annotations, ...annotations } };
  await coordination.replaceNamespacedLease({ namespace, name: LEASE_NAME, body: { ...lease, metadata } });
}

function messageOf(error: unknown): string {
  const status = statusOf(error);
  if (status !== undefined) return `Kubernetes answers ${status}`;
  return error instanceof Error ? error.message : String(error);
}
