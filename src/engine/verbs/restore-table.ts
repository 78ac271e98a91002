import { checkWholeRing } from '../../domain/backup/backup-check.ts';
import { KassetteError } from '../../domain/errors.ts';
import { checkCreatable } from '../../domain/restore/creatable.ts';
import { showName } from '../../domain/tables/table-name.ts';
import { sumOf, type TableRestorePlan } from '../../domain/tables/table-plan.ts';
import type { Reason } from '../../ports/platform/events.ts';
import type { Ports } from '../../ports/ports.ts';
import { awaitBatches } from '../cluster/batches.ts';
import { healthyClusters } from '../cluster/clusters.ts';
import { withLease } from '../cluster/lease.ts';
import { type ConnectedCluster, withSessions } from '../cluster/sessions.ts';
import { reportFailure } from '../report-failure.ts';
import { withConcurrentWrites } from '../restore/concurrent-writes.ts';
import { warnOfUnrestored } from '../schema/foreign.ts';
import { rehearse } from '../schema/rehearse.ts';
import { act, takesRowsAway } from '../tables/act.ts';
import { observeTables } from '../tables/observe.ts';
import type { TableOptions } from '../tables/options.ts';
import { assignParts } from '../tables/part-assignment.ts';
import { planFrom } from '../tables/plan-tables.ts';
import { checkRooms } from '../tables/transfer/room.ts';
import { releasingClones } from '../volumes/clones.ts';

export interface RestoredTables {
  readonly seconds: number;
  readonly cluster: string;
  readonly tag: string;
  readonly tables: number;
  readonly files: number;
  readonly bytesLinked: number;
  readonly bytesCopied: number;
  /** Tables that were written to meanwhile, quoted: rows newer than the backup may be there. */
  readonly concurrentWrites: readonly string[];
  readonly plan: TableRestorePlan;
}

/** Bring single tables or keyspaces back from a backup, while all others are served and stay as they are. */
export async function restoreTable(ports: Ports, given: TableOptions): Promise<RestoredTables> {
  return withLease(ports, 'restore-table', given, async (options) => {
    const started = ports.clock.now();
    return withTheCluster(ports, options, async (connected) => {
      const { datacenters } = connected.cluster;
      const report = (reason: Reason, what: string) => ports.events.report(datacenters, reason, what);
      const names = options.names.map(showName).join(', ');
      const { facts, assignments, plan } = await reportFailure(
        () => prepareAndRehearse(ports, connected, options),
        (why) => report('TablesRestoreRefused', `This run changed nothing: ${why}`),
      );
      await report('TablesRestoreStarted', `${names} from backup ${plan.tag}.`);
      ports.progress.warn(
        `Clients must not write to ${names} during the restore: such rows may be lost or stay.`,
      );
      const concurrentWrites = await reportFailure(
        () => act(ports, facts, assignments, plan, options),
        (why) => report('TablesRestoreFailed', why),
      );
      const finished = `${names} as in backup ${plan.tag}.${withConcurrentWrites(' ', concurrentWrites)}`;
      await report('TablesRestoreFinished', finished);
      const { tables, files, bytes } = sumOf(plan);
      const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
      const { cluster, tag } = plan;
      return {
        seconds,
        cluster,
        tag,
        tables,
        files,
        bytesLinked: bytes,
        bytesCopied: plan.bytesCopied,
        concurrentWrites,
        plan,
      };
    });
  });
}

/** What restore-table would do, after the same checks; changes nothing and takes no lease. */
export async function planRestoreTable(ports: Ports, options: TableOptions): Promise<TableRestorePlan> {
  return withTheCluster(ports, options, async (connected) => {
    const { facts, plan } = await prepare(ports, connected, options);
    const creates = [...plan.creates, ...plan.rebuilds];
    checkCreatable(creates, facts.reconciled.targetSchema, facts.settings);
    return plan;
  });
}

/** Before the journal is written: a restore that is refused has not begun. */
async function prepareAndRehearse(ports: Ports, connected: ConnectedCluster, options: TableOptions) {
  const prepared = await prepareAndWait(ports, connected, options);
  const { facts, plan } = prepared;
  const { targetSchema, rebuilt } = facts.reconciled;
  const views = plan.rebuilds.filter(({ statement }) => statement.startsWith('CREATE'));
  const target = { ...facts, saved: [...targetSchema, ...rebuilt] };
  await rehearse(ports, target, [...plan.creates, ...views], options);
  return prepared;
}

async function prepareAndWait(ports: Ports, connected: ConnectedCluster, options: TableOptions) {
  const prepared = await prepare(ports, connected, options);
  if (!takesRowsAway(prepared.plan)) return prepared;
  const waited = await awaitBatches(ports, connected, options);
  // What was checked may have changed meanwhile; but copies do not, and to look at them again is to mount them again.
  if (!waited || prepared.facts.fromClones) return prepared;
  return prepare(ports, connected, { ...options, verify: 'quick' });
}

/** Observe, check and plan. */
async function prepare(ports: Ports, connected: ConnectedCluster, options: TableOptions) {
  checkWholeRing(connected.cluster, 'restore');
  const facts = await observeTables(ports, connected, options);
  const assignments = assignParts(facts);
  checkRooms(facts, assignments, options.reserveBytes);
  const plan = planFrom(facts, assignments, options);
  warnOfUnrestored(ports, facts.reconciled.targetSchema, facts.triggers, plan.tables);
  return { facts, assignments, plan };
}

/** A table is in one cluster: which one must be clear. */
async function withTheCluster<T>(
  ports: Ports,
  options: TableOptions,
  work: (connected: ConnectedCluster) => Promise<T>,
): Promise<T> {
  await ports.datacenters.checkRestorable?.();
  const clusters = await healthyClusters(ports, options);
  if (clusters.length > 1) {
    throw new KassetteError(
      'USAGE',
      `There are several clusters: ${clusters.map((c) => c.name).join(', ')}.`,
      'Nothing was changed. Name all datacenters of one cluster with `--datacenter`.',
    );
  }
  return withSessions(ports, clusters, async ([connected]) => {
    if (connected === undefined) throw new KassetteError('INTERNAL', 'No session was opened', 'Report this.');
    return releasingClones(ports, () => work(connected));
  });
}
