import type { Datacenter } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { RestorePlan } from '../../domain/restore/restore-plan.ts';
import { planDirty, planStart, type Recovery } from '../../domain/restore-state/start.ts';
import type { Ports } from '../../ports/ports.ts';
import { healthyClusters } from '../cluster/clusters.ts';
import { withSessions } from '../cluster/sessions.ts';
import { startFailures } from '../cluster/start-failures.ts';
import { isAlreadyRestored } from '../cold/already-restored.ts';
import { checkWholeClusters } from '../cold/whole-clusters.ts';
import { each } from '../each.ts';
import type { PlanOptions, RestoreOptions } from '../restore/options.ts';
import { type PlannedCluster, plannedOf, prepareCluster } from '../restore/prepare.ts';

export interface PlanResult {
  /** What comes next for each cluster; none where all volumes are restored cold first. */
  readonly clusters: readonly PlannedCluster[];
  /** Of the clusters whose live data give way to a backup: exactly how. */
  readonly plans: readonly RestorePlan[];
  /** A cold restore of all volumes, after which the clusters are looked at again; null where none comes first. */
  readonly recover: PlannedRecovery | null;
}

export interface PlannedRecovery {
  readonly datacenters: readonly string[];
  readonly why: string;
  /** Whether after-restore asks first. */
  readonly asks: boolean;
}

/** What after-restore would do, after the same checks and of the same values; changes nothing and takes no lease. */
export async function plan(
  ports: Ports,
  options: PlanOptions & Pick<RestoreOptions, 'recover'>,
): Promise<PlanResult> {
  await ports.datacenters.checkRestorable?.();
  const datacenters = await ports.datacenters.find(options.datacenters);
  const start = planStart(datacenters, options);
  if (start.kind === 'recover' && ports.recovery.unavailable) throw ports.recovery.unavailable;
  if (start.kind === 'recover' && !(await isAlreadyRestored(ports, datacenters, options)))
    return planRecovery(ports, datacenters, start);
  try {
    return await planRunning(ports, options);
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code !== 'DIRTY_VOLUMES') throw error;
    if (ports.recovery.unavailable) throw error;
    const dirty = planDirty(error, options);
    if (dirty.kind !== 'recover') throw error;
    return planRecovery(ports, datacenters, dirty);
  }
}

async function planRunning(ports: Ports, options: PlanOptions): Promise<PlanResult> {
  const clusters = await healthyClusters(ports, options, {
    lookCloser: (datacenters, down) => startFailures(ports, datacenters, down, options),
  });
  const prepared = await withSessions(ports, clusters, (connected) =>
    each(connected, (c) => prepareCluster(ports, c, options)),
  );
  const plans = prepared.flatMap((p) => (p.kind === 'replace' ? [p.plan] : []));
  return { clusters: prepared.map(plannedOf), plans, recover: null };
}

/** What is in the volumes nobody can look at but a Job in each, which changes the cluster: recover itself looks first. */
async function planRecovery(
  ports: Ports,
  datacenters: readonly Datacenter[],
  { why, question }: Recovery,
): Promise<PlanResult> {
  await checkWholeClusters(ports, datacenters);
  const recover = { datacenters: datacenters.map((d) => d.name), why, asks: question !== null };
  return { clusters: [], plans: [], recover };
}
