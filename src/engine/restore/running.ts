import type { ColdResult } from '../../domain/restore/cold-result.ts';
import { totals } from '../../domain/restore/restore-plan.ts';
import type { Reason } from '../../ports/platform/events.ts';
import type { Ports } from '../../ports/ports.ts';
import { awaitBatches } from '../cluster/batches.ts';
import { healthyClusters } from '../cluster/clusters.ts';
import { type ConnectedCluster, withSessions } from '../cluster/sessions.ts';
import { startFailures } from '../cluster/start-failures.ts';
import { capitalized, coldText, restoredNow } from '../cold/cold-summary.ts';
import { rebuildViews } from '../cold/rebuild-views.ts';
import { warnOfUnbuiltIndexes } from '../cold/unbuilt-indexes.ts';
import { each } from '../each.ts';
import { reportFailure } from '../report-failure.ts';
import { rehearse } from '../schema/rehearse.ts';
import { act } from './act.ts';
import { withConcurrentWrites } from './concurrent-writes.ts';
import { finish } from './finish.ts';
import type { RestoreOptions } from './options.ts';
import { type Prepared, prepareUnrehearsed, whyNothing } from './prepare.ts';
import type { RestoredCluster } from './restored.ts';

/** What came before the nodes were started. */
export interface Before {
  /** Logs, by node name: what they say is no news. */
  readonly logs: ReadonlyMap<string, string>;
  /** What this run did to the volumes. */
  readonly volumes: readonly ColdResult[];
  /** Looks whether the datacenters still have the nodes whose volumes were restored. @throws where waiting for them is of no use */
  readonly checkNodes: () => Promise<void>;
}

const NOTHING_BEFORE: Before = { logs: new Map(), volumes: [], checkNodes: async () => {} };

/**
 * The warm restore, once all nodes are up; for a caller that holds the lease.
 * @throws DIRTY_VOLUMES where nodes do not come up because of their data
 */
export async function restoreRunning(
  ports: Ports,
  options: RestoreOptions,
  before: Before = NOTHING_BEFORE,
): Promise<readonly RestoredCluster[]> {
  const started = ports.clock.now().getTime();
  const clusters = await healthyClusters(ports, options, {
    lookCloser: async (datacenters, down) => {
      await before.checkNodes();
      return startFailures(ports, datacenters, down, options, before.logs);
    },
  });
  return withSessions(ports, clusters, async (connected) => {
    // Every cluster is checked before the first one is changed.
    const ready = await each(connected, (c) => prepareAndReport(ports, c, options, { started, before }));
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
async function prepareAndReport(
  ports: Ports,
  connected: ConnectedCluster,
  options: RestoreOptions,
  run: Run,
): Promise<() => Promise<RestoredCluster>> {
  const { datacenters, name } = connected.cluster;
  const report = (reason: Reason, what: string) => ports.events.report(datacenters, reason, what);
  const changed = restoredNow(run.before.volumes, name).length > 0;
  const carryOut = await reportFailure(
    () => prepare(ports, connected, options, run),
    (why) =>
      changed
        ? report('RestoreFailed', `This run restored the volumes cold, and then failed: ${why}`)
        : report('RestoreRefused', `This run changed nothing: ${why}`),
  );
  return async () => {
    const restored = await reportFailure(carryOut, (why) => report('RestoreFailed', why));
    const { tag, outcome, cold, concurrentWrites } = restored;
    const how = cold === null ? '' : ` ${capitalized(coldText(cold))}.`;
    if (outcome !== 'unchanged')
      await report(
        'RestoreFinished',
        `The data are those of backup ${tag}.${how}${withConcurrentWrites(' ', concurrentWrites)}`,
      );
    return restored;
  };
}

/** Observe, check, plan and rehearse one cluster; what is returned does the work. The nodes' start has used up its part of `maxWaitMs`. */
async function prepare(
  ports: Ports,
  connected: ConnectedCluster,
  options: RestoreOptions,
  { started, before: { volumes } }: Run,
): Promise<() => Promise<RestoredCluster>> {
  const prepared = await prepareWithoutBatches(ports, connected, options, started);
  switch (prepared.kind) {
    case 'nothing':
      return async () => unchanged(prepared);
    case 'tidy': {
      const byThisRun = restoredNow(volumes, prepared.cluster).length;
      return () => tidy(ports, connected, prepared, byThisRun, options);
    }
    case 'replace':
      await rehearse(ports, prepared.facts, [...prepared.plan.creates, ...prepared.plan.rebuilds], options);
      return () => replace(ports, connected, prepared, options);
  }
}

/** Batches that wait would bring newer rows back: they are replayed before live data give way. */
async function prepareWithoutBatches(
  ports: Ports,
  connected: ConnectedCluster,
  options: RestoreOptions,
  started: number,
): Promise<Prepared> {
  const prepared = await prepareUnrehearsed(ports, connected, options);
  if (prepared.kind !== 'replace') return prepared;
  const waited = ports.clock.now().getTime() - started;
  const left = Math.min(options.timeoutMs, (options.maxWaitMs ?? Number.POSITIVE_INFINITY) - waited);
  const patience = { ...options, timeoutMs: Math.max(left, LEAST_WAIT_MS) };
  if (!(await awaitBatches(ports, connected, patience))) return prepared;
  // All but the contents of files, which take longest and do not change.
  return prepareUnrehearsed(ports, connected, { ...options, verify: 'quick' });
}

function unchanged({ cluster, record }: Extract<Prepared, { kind: 'nothing' }>): RestoredCluster {
  const { tag, tables, files, bytes: bytesLinked } = record;
  return {
    ...{ cluster, tag, outcome: 'unchanged', tables, files, bytesLinked, bytesCopied: 0 },
    ...{ why: whyNothing(record), cold: null, concurrentWrites: [], viewsRebuilt: [], plan: null },
  };
}

/**
 * Nothing is changed in the database but views that a cold restore brought back and that may differ from their tables; the backup and
 * what was moved aside go.
 * @param byThisRun how many of the volumes this run restored, before the nodes were started
 */
async function tidy(
  ports: Ports,
  connected: ConnectedCluster,
  { ending, cold }: Extract<Prepared, { kind: 'tidy' }>,
  byThisRun: number,
  options: RestoreOptions,
): Promise<RestoredCluster> {
  if (cold !== null) {
    await rebuildViews(ports, connected, cold.database, options);
    await warnOfUnbuiltIndexes(ports, connected, cold.database, options);
  }
  const finished = await finish(ports, connected, ending, options);
  if (cold === null) return finished;
  const summary = { restoredAt: cold.restoredAt, volumes: connected.cluster.nodes.length, byThisRun };
  return { ...finished, outcome: byThisRun > 0 ? 'restored' : 'finished', cold: summary };
}

async function replace(
  ports: Ports,
  connected: ConnectedCluster,
  { facts, plan }: Extract<Prepared, { kind: 'replace' }>,
  options: RestoreOptions,
): Promise<RestoredCluster> {
  const { datacenters } = connected.cluster;
  await ports.events.report(datacenters, 'RestoreStarted', `Live data are replaced by backup ${plan.tag}.`);
  ports.progress.warn('Clients must not write while the restore runs: such rows may be lost or stay.');
  const done = await act(ports, facts, plan, options);
  await finish(ports, connected, done, options);
  const { tables, files, bytes: bytesLinked } = totals(plan);
  return {
    ...{ cluster: plan.cluster, tag: plan.tag, outcome: 'restored', tables, files, bytesLinked },
    ...{ bytesCopied: 0, why: null, cold: null, concurrentWrites: done.concurrentWrites },
    ...{ viewsRebuilt: done.building, plan },
  };
}
