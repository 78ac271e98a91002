import { KassetteError } from '../errors.ts';
import { hint, kubectl } from '../hint.ts';
import type { Location } from './locations.ts';
import { called } from './members.ts';
import { type K8ssandraState, unknownTo } from './restoring.ts';
import type { SavedCondition, SavedK8ssandra, SavedStatus } from './saved.ts';

/**
 * What the operator answers, for good, after it has altered system keyspaces to the datacenters that it knows, and Cassandra refuses that for
 * `system_auth`, of which another one has replicas.
 */
const ALTER_FAILED = /alter keyspaces? \S+ failed/i;

/** Why the operator gets no further until it is helped. */
export interface Stuck {
  /** Whether it waits for the replication of system keyspaces, which it could not alter. */
  readonly replication: boolean;
  /** CassandraDatacenters whose nodes are up and that are never ready: cass-operator could not create the superuser's role, for which all replicas are needed. */
  readonly roles: readonly (Location & { readonly name: string })[];
}

/** What is written into the status of the object; conditions are all that it then has. */
export interface StatusToWrite {
  readonly datacenters: SavedStatus['datacenters'];
  readonly conditions: readonly (SavedCondition | K8ssandraState['conditions'][number])[];
}

export function waitsForReplication({ error }: K8ssandraState): boolean {
  return error !== null && ALTER_FAILED.test(error);
}

/** Whether something is to be given back, or to be helped. */
export function needsCure(state: K8ssandraState, { replication, roles }: Stuck): boolean {
  return unknownTo(state).length > 0 || replication || roles.length > 0;
}

/**
 * Of the saved status what the object lacks: datacenters that its spec declares, and whose nodes are those of the backup; conditions of a type that
 * it has not. A datacenter in the status that is not in the spec would be decommissioned. Null where there is nothing to write.
 * @param hostIds of the backup, by datacenter
 */
export function statusToWrite(
  saved: SavedK8ssandra,
  now: K8ssandraState,
  hostIds: ReadonlyMap<string, readonly string[]>,
): StatusToWrite | null {
  if (saved.clusterName !== now.spec.clusterName) return null;
  const lacking = unknownTo(now).flatMap((name) => {
    const status = Object.hasOwn(saved.status.datacenters, name) ? saved.status.datacenters[name] : undefined;
    return status !== undefined && isOfBackup(status, hostIds.get(name) ?? [])
      ? [[name, status] as const]
      : [];
  });
  if (lacking.length === 0) return null;
  const added = saved.status.conditions.filter((c) => !now.conditions.some((own) => own.type === c.type));
  return { datacenters: Object.fromEntries(lacking), conditions: [...now.conditions, ...added] };
}

function isOfBackup({ cassandra }: SavedStatus['datacenters'][string], hostIds: readonly string[]): boolean {
  const own = Object.values(cassandra.nodeStatuses ?? {}).flatMap((n) => n.hostID?.toLowerCase() ?? []);
  const expected = new Set(hostIds.map((id) => id.toLowerCase()));
  return own.length > 0 && own.length === expected.size && own.every((id) => expected.has(id));
}

/** @returns NOT_READY: the cure was given and has not helped */
export function notCured({ spec, error }: K8ssandraState): KassetteError {
  return new KassetteError(
    'NOT_READY',
    `k8ssandra-operator does not get further with ${called(spec)}: ${error ?? ''}. It was told once more to look, with a status that has all datacenters.`,
    hint`No data were changed. Look at the operator's log and at ${kubectl('describe', 'k8ssandracluster', spec.name, '--namespace', spec.namespace)}; docs/how-to/k8ssandracluster.md says how it gets stuck. Then run the command again.`,
  );
}
