import { noBackup } from '../../domain/backup/backup-choice.ts';
import { byCluster } from '../../domain/cluster/ring.ts';
import type { Datacenter } from '../../domain/cluster/topology.ts';
import { KassetteError, NothingYet } from '../../domain/errors.ts';
import type { Hint } from '../../domain/hint.ts';
import { locationText } from '../../domain/k8ssandra/locations.ts';
import { called } from '../../domain/k8ssandra/members.ts';
import type { DistantDatacenter } from '../../ports/platform/datacenters.ts';
import type { Ports } from '../../ports/ports.ts';
import { observe, withReasons } from '../cluster/clusters.ts';
import { withLease } from '../cluster/lease.ts';
import { withSessions } from '../cluster/sessions.ts';
import { nodeFailures } from '../cluster/start-failures.ts';
import type { SharingOption } from '../options.ts';
import type { PlanOptions } from '../restore/options.ts';
import { type Prepared, plannedOf, prepareCluster } from '../restore/prepare.ts';
import { inTurn } from '../turns.ts';

/** What was found for one cluster; a finding is no failure, because the restore to come may be what mends it. */
export interface Finding {
  readonly cluster: string;
  readonly ok: boolean;
  /** Code of the catalogue; null where all is well. */
  readonly code: string | null;
  readonly message: string;
  readonly hint: Hint | null;
}

export interface BeforeRestoreResult {
  readonly findings: readonly Finding[];
}

export interface BeforeRestoreOptions extends PlanOptions, SharingOption {
  /** Where to look for the cluster that a backup is of, if not everywhere. */
  readonly otherNamespaces: readonly string[];
}

/**
 * Check what can be checked before a restore, and change nothing. Fails only where nothing can be said at all, or another
 * run is at work: as a hook it comes before the volumes are restored, when the cluster may well be broken or gone.
 */
export async function beforeRestore(ports: Ports, given: BeforeRestoreOptions): Promise<BeforeRestoreResult> {
  const distantOnes = () => ports.datacenters.elsewhere(given.otherNamespaces);
  try {
    const once = () => withLease(ports, 'before-restore', given, (options) => examineAll(ports, options));
    const findings = await (given.forNamespace === undefined ? once() : inTurn(ports, given, once));
    const names = findings.map((f) => f.cluster);
    const distant = (await distantOnes()).filter((d) => names.includes(d.cluster));
    return { findings: [...findings, ...(await outOfOrder(ports)), ...originals(distant)] };
  } catch (error) {
    if (!(error instanceof NothingYet))
      return { findings: [findingOf('', error), ...(await outOfOrder(ports))] };
    return { findings: [nothingYet(error, await distantOnes()), ...(await outOfOrder(ports))] };
  }
}

/** What a restore of a K8ssandraCluster lacks, in the order in which that has to come, and what came too early. */
async function outOfOrder({ above }: Pick<Ports, 'above'>): Promise<readonly Finding[]> {
  const lacking = (await above?.lacking()) ?? null;
  if (lacking === null) return [];
  const { steps, wrong } = lacking;
  const order = steps.map((step, i) => `${i + 1}. ${step}`).join('; ');
  return [
    ...wrong.map((what) => ({
      ...{ cluster: '', ok: false, code: 'NOT_READY', message: `${what}.` },
      hint: 'docs/how-to/k8ssandracluster.md has the order in which a restore works, and the way out.',
    })),
    ...(steps.length === 0
      ? []
      : [
          {
            ...{ cluster: '', ok: true, code: null, hint: null },
            message: `${called(lacking.of)} is not all there. Restore in this order: ${order}.`,
          },
        ]),
  ];
}

/** A restore in place: the datacenter was deleted, and comes with the restore. */
function nothingYet({ message }: NothingYet, distant: readonly DistantDatacenter[]): Finding {
  const beside =
    distant.length === 0
      ? ''
      : ' If you restore a backup of a cluster that runs in another namespace, keep the two apart: docs/how-to/restore-into-another-namespace.md.';
  return {
    ...{ cluster: '', ok: true, code: null, hint: null },
    message: `${message} There is nothing to check before it is restored.${beside}`,
  };
}

async function examineAll(ports: Ports, options: PlanOptions): Promise<readonly Finding[]> {
  const datacenters = await ports.datacenters.find(options.datacenters);
  return ports.progress.step('Checking', async () => [
    ...(await Promise.all(byCluster(datacenters).map((own) => examine(ports, own, options)))),
    ...(await notRestorable(ports, datacenters)),
  ]);
}

/** What runs the datacenters would change their rows while they are restored. */
async function notRestorable(ports: Ports, [first]: readonly Datacenter[]): Promise<readonly Finding[]> {
  try {
    await ports.datacenters.checkRestorable?.();
    return [];
  } catch (error) {
    return [findingOf(first?.cluster ?? '', error)];
  }
}

/** Restored volumes remember the addresses of the cluster that they are from, and their nodes would join it again. */
function originals(distant: readonly DistantDatacenter[]): readonly Finding[] {
  return distant.map(({ name, cluster, ...place }) => ({
    cluster,
    ok: false,
    code: 'CLUSTER_ELSEWHERE',
    message: `Datacenter ${name} of cluster ${cluster} is in ${locationText(place)}.`,
    hint: 'If you restore a backup of that cluster here while it runs, keep the two apart: docs/how-to/restore-into-another-namespace.md.',
  }));
}

async function examine(
  ports: Ports,
  datacenters: readonly Datacenter[],
  options: PlanOptions,
): Promise<Finding> {
  const name = datacenters[0]?.cluster ?? '';
  return orFinding(name, async () => {
    const { outcome: cluster, down } = await observe(ports, datacenters, options.concurrency);
    if (cluster instanceof KassetteError) {
      throw withReasons(cluster, await nodeFailures(ports, datacenters, down, options));
    }
    return withSessions(ports, [cluster], async ([connected]) => {
      if (connected === undefined)
        throw new KassetteError('INTERNAL', 'No session was opened', 'Report this.');
      const prepared = await prepareCluster(ports, connected, options);
      return { cluster: name, ok: true, code: null, message: messageOf(prepared, options), hint: null };
    });
  });
}

/** @throws NO_BACKUP where a restore that was done before is all there is: another one is to come. */
function messageOf(prepared: Prepared, { tag }: PlanOptions): string {
  const { tag: found, tables, files, bytes } = plannedOf(prepared);
  switch (prepared.kind) {
    case 'nothing':
      throw noBackup(prepared.others, tag);
    case 'tidy':
      return `The data are those of backup ${found}: its restore only has to be tidied up.`;
    case 'replace':
      return `Backup ${found} is complete and fits: ${tables} tables, ${files} files, ${bytes} bytes; ${prepared.plan.drops.length} objects would be dropped.`;
  }
}

/** Nothing can be said then, or somebody is at work. */
const FAILURES = [
  'CLUSTER_UNREACHABLE',
  'USAGE',
  'INTERNAL',
  'BUSY',
  'FORBIDDEN',
  'LEASE_LOST',
  'INTERRUPTED',
];

async function orFinding(cluster: string, work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (error) {
    return findingOf(cluster, error);
  }
}

/** @throws the error where it is no finding */
function findingOf(cluster: string, error: unknown): Finding {
  if (!(error instanceof KassetteError) || FAILURES.includes(error.code)) throw error;
  return { cluster, ok: false, code: error.code, message: error.message, hint: error.advice };
}
