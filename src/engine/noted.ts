import { randomBytes } from 'node:crypto';
import { KassetteError } from '../domain/errors.ts';
import { failureOf, type Run } from '../domain/last-runs.ts';
import type { Reason } from '../ports/platform/events.ts';
import type { Ports } from '../ports/ports.ts';

/** Of a run whatever comes of it. */
export type AboutRun = Pick<Run, 'command' | 'hook' | 'datacenters' | 'tag'>;

/** What came of a run that has not failed, though what it found may be a failure. */
export interface RunOutcome extends Pick<Run, 'message'> {
  readonly tag?: string | null;
  readonly code?: string | null;
}

/**
 * Do the work of a command, which gets its ports from here. Its beginning and its end are noted among the last runs, and where it fails, an
 * event on the datacenters says so, unless the work has reported that itself. Neither changes what comes of the work.
 */
export async function noted<T>(
  ports: Ports,
  about: AboutRun,
  work: (ports: Ports) => Promise<T>,
  outcomeOf: (result: T) => RunOutcome,
): Promise<T> {
  const begun: Run = {
    ...{ id: randomBytes(4).toString('hex'), ...about, startedAt: ports.clock.now().toISOString() },
    ...{ endedAt: null, code: null, message: '' },
  };
  const end = (how: Partial<Run>) =>
    note(ports, { ...begun, endedAt: ports.clock.now().toISOString(), ...how });
  const told = telling(ports);
  await note(ports, begun);
  let result: T;
  try {
    result = await work(told.ports);
  } catch (error) {
    // First what stays: a run that is asked to stop has not long to live.
    await end(failureOf(error));
    if (!told.failure()) await reportFailed(ports, about, error);
    throw error;
  }
  await end(outcomeOf(result));
  return result;
}

/** Its contract is that it never fails; a run's own end must not depend on that. */
async function note({ runs, progress }: Ports, run: Run): Promise<void> {
  try {
    await runs.note(run);
  } catch (error) {
    progress.warn(`This run was not noted: ${error instanceof Error ? error.message : error}`);
  }
}

/** The same ports, and whether a failure was reported through them. */
function telling(ports: Ports): { readonly ports: Ports; readonly failure: () => boolean } {
  let isTold = false;
  const events: Ports['events'] = {
    async report(datacenters, reason, message) {
      if (/Failed|Refused/.test(reason)) isTold = true;
      await ports.events.report(datacenters, reason, message);
    },
  };
  return { ports: { ...ports, events }, failure: () => isTold };
}

const REASONS: Readonly<Record<string, Reason>> = {
  'before-backup': 'BackupFailed',
  'after-backup': 'BackupCloseFailed',
  'before-restore': 'RestoreRefused',
  'restore-table': 'TablesRestoreFailed',
};

/** With these there is nobody to tell, or telling would be refused, or wait, as the run was. */
const UNTOLD: readonly string[] = ['CLUSTER_UNREACHABLE', 'FORBIDDEN', 'NOT_FOUND'];

async function reportFailed(
  { datacenters, events }: Ports,
  { command, datacenters: names }: AboutRun,
  error: unknown,
): Promise<void> {
  if (error instanceof KassetteError && UNTOLD.includes(error.code)) return;
  const { code, message } = failureOf(error);
  try {
    const found = await datacenters.find(names);
    await events.report(found, REASONS[command] ?? 'RestoreFailed', `${command}: ${code}: ${message}`);
  } catch {
    // The failure itself is what matters.
  }
}
