import type { ColdResult } from '../../domain/cold-result.ts';
import { type RestorePlan, totals } from '../../domain/restore-plan.ts';
import type { Reason } from '../../ports/events.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { awaitBatches } from '../observe/batches.ts';
import { healthyClusters } from '../observe/clusters.ts';
import { type ConnectedCluster, withSessions } from '../observe/sessions.ts';
import { startFailures } from '../observe/start-failures.ts';
import { surveyCluster } from '../observe/surveys.ts';
import { orTell } from '../or-tell.ts';
import { act } from './act.ts';
import { finishCold, restoredCold } from './cold-restored.ts';
import { type ColdSummary, capitalized, coldText, restoredNow } from './cold-summary.ts';
import { finish, interruptedAtTheEnd } from './finish.ts';
import { observeRestore } from './observe.ts';
import type { RestoreOptions } from './options.ts';
import { planFrom } from './plan-from.ts';
import { alreadyRestored } from './restored.ts';
import { butWrittenTo } from './written-to.ts';

export interface RestoredCluster {
  readonly cluster: string;
  readonly tag: string;
  /**
   * `restored` by this run; `finished`: an earlier run had put everything in place, and this one verified and tidied it;
   * `unchanged`: it was restored and tidied before.
   */
  readonly outcome: 'restored' | 'finished' | 'unchanged';
  readonly tables: number;
  readonly files: number;
  readonly bytesLinked: number;
  readonly bytesCopied: 0;
  /** Why nothing was changed; null unless the outcome is `unchanged`. */
  readonly why: string | null;
  /** How the volumes were restored with Cassandra stopped; null where it was running. */
  readonly cold: ColdSummary | null;
  /** Tables that were written to meanwhile, quoted: rows newer than the backup may be there. */
  readonly writtenTo: readonly string[];
  readonly plan: RestorePlan | null;
}

/** What came before the nodes were started. */
export interface Before {
  /** Logs, by node name: what they say is no news. */
  readonly told: ReadonlyMap<string, string>;
  /** What this run did to the volumes. */
  readonly volumes: readonly ColdResult[];
}

const NOTHING_BEFORE: Before = { told: new Map(), volumes: [] };

/**
 * The warm restore, once all nodes are up; for whoever holds the lease.
 * @throws DIRTY_VOLUMES where nodes do not come up because of their data
 */
export async function restoreRunning(
  ports: Ports,
  options: RestoreOptions,
  before: Before = NOTHING_BEFORE,
): Promise<readonly RestoredCluster[]> {
  const started = ports.clock.now().getTime();
  const clusters = await healthyClusters(ports, options, {
    lookCloser: (datacenters, down) => startFailures(ports, datacenters, down, options, before.told),
  });
  return withSessions(ports, clusters, async (connected) => {
    // Every cluster is checked before the first one is changed.
    const ready = await each(connected, (c) => prepareAndTell(ports, c, options, { started, before }));
    return each(ready, (run) => run());
  });
}

interface Run {
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly before: Before;
}

/** Batches that a start leaves are replayed within a minute. */
const LEAST_WAIT_MS = 60_000;

/** `prepare`, with events on the datacenters of what came of it. */
async function prepareAndTell(
  ports: Ports,
  connected: ConnectedCluster,
  options: RestoreOptions,
  run: Run,
): Promise<() => Promise<RestoredCluster>> {
  const { datacenters, name } = connected.cluster;
  const tell = (reason: Reason, what: string) => ports.events.tell(datacenters, reason, what);
  const changed = restoredNow(run.before.volumes, name).length > 0;
  const carryOut = await orTell(
    () => prepare(ports, connected, options, run),
    (why) =>
      changed
        ? tell('RestoreFailed', `This run restored the volumes cold, and then failed: ${why}`)
        : tell('RestoreRefused', `This run changed nothing: ${why}`),
  );
  return async () => {
    const restored = await orTell(carryOut, (why) => tell('RestoreFailed', why));
    const { tag, outcome, cold, writtenTo } = restored;
    const how = cold === null ? '' : ` ${capitalized(coldText(cold))}.`;
    if (outcome !== 'unchanged')
      await tell(
        'RestoreFinished',
        `The data are those of backup ${tag}.${how}${butWrittenTo(' ', writtenTo)}`,
      );
    return restored;
  };
}

/** Observe, check and plan one cluster; what is returned does the work. The nodes' start has used up its part of `maxWaitMs`. */
async function prepare(
  ports: Ports,
  connected: ConnectedCluster,
  options: RestoreOptions,
  { started, before: { volumes } }: Run,
): Promise<() => Promise<RestoredCluster>> {
  const { cluster } = connected;
  const surveys = await surveyCluster(ports, cluster, options);
  const before = await alreadyRestored(connected, surveys, options);
  if (before !== null) return async () => before;
  const cold = options.method === 'warm' ? null : await restoredCold(ports, connected, surveys, options);
  if (cold !== null)
    return () => finishCold(ports, connected, cold, restoredNow(volumes, cluster.name).length, options);
  const resumed = interruptedAtTheEnd(surveys);
  if (resumed !== null) return () => finish(ports, connected, resumed, options);
  let facts = await observeRestore(ports, connected, surveys, options);
  const waited = ports.clock.now().getTime() - started;
  const left = Math.min(options.timeoutMs, (options.maxWaitMs ?? Number.POSITIVE_INFINITY) - waited);
  if (await awaitBatches(ports, connected, { ...options, timeoutMs: Math.max(left, LEAST_WAIT_MS) })) {
    // All but the contents of files, which take longest and do not change.
    const again = { ...options, verify: 'quick' } as const;
    facts = await observeRestore(ports, connected, await surveyCluster(ports, cluster, options), again);
  }
  const plan = planFrom(facts, options);
  return async () => {
    const { datacenters } = cluster;
    await ports.events.tell(datacenters, 'RestoreStarted', `Live data give way to backup ${plan.tag}.`);
    ports.progress.warn('Clients must not write while the restore runs: such rows may be lost or stay.');
    const done = await act(ports, facts, plan, options);
    await finish(ports, connected, done, options);
    const { tables, files, bytes } = totals(plan);
    return {
      cluster: plan.cluster,
      tag: plan.tag,
      outcome: 'restored',
      tables,
      files,
      bytesLinked: bytes,
      bytesCopied: 0,
      why: null,
      cold: null,
      writtenTo: done.writtenTo,
      plan,
    };
  };
}
