import { type KassetteError, NothingYet } from '../../domain/errors.ts';
import { isAcross, notAcross } from '../../domain/k8ssandra/contexts.ts';
import type { Location } from '../../domain/k8ssandra/locations.ts';
import { type K8ssandraSpec, membersIn } from '../../domain/k8ssandra/members.ts';
import type { ObjectAbove } from '../../ports/platform/object-above.ts';
import { untilNot } from '../../ports/until.ts';
import { type Connection, connect, type KubernetesOptions } from './client/connection.ts';
import { usedSecrets } from './client/used-secrets.ts';
import { datacentersIn, type Meant } from './datacenters/datacenters.ts';
import { objectAbove } from './k8ssandra/above.ts';
import { notedRecovery } from './k8ssandra/cold.ts';
import { ColdNotes } from './k8ssandra/cold-notes.ts';
import { joined } from './k8ssandra/joined/joined.ts';
import { notThereYet } from './k8ssandra/not-there-yet.ts';
import { checkRebuilds } from './k8ssandra/rebuilds.ts';
import type { Sites } from './k8ssandra/sites.ts';
import { declaredIn, foundAs } from './k8ssandra/spec.ts';
import { type NamespaceAdapters, type NamespaceTarget, namespaceAdapters } from './namespace.ts';

/** Between looks at whether the K8ssandraCluster is there, milliseconds. */
const LOOKS = { first: 500, slowest: 5000 };

export interface Target extends KubernetesOptions, NamespaceTarget {
  /** Of the K8ssandraCluster in the namespace whose datacenters are meant, wherever they are. */
  readonly k8ssandraCluster?: string | undefined;
  /** The namespace that the run is a hook for. */
  readonly forNamespace?: string | undefined;
  /** Whether it is waited for, where it is not there yet. */
  readonly awaitsK8ssandra?: boolean;
}

/** All that is special to Kubernetes: for one namespace, or for all of a K8ssandraCluster. */
export async function adapters(target: Target, timeoutMs: number, warn: (message: string) => void) {
  return adaptersOn(connect(target), target, timeoutMs, warn);
}

/** The same over a connection to the namespace that is meant. */
export async function adaptersOn(
  connection: Connection,
  target: NamespaceTarget & Pick<Target, 'k8ssandraCluster' | 'awaitsK8ssandra' | 'forNamespace'>,
  timeoutMs: number,
  warn: (message: string) => void,
): Promise<Adapters> {
  if (target.k8ssandraCluster === undefined) return namespaceAdapters(connection, target, timeoutMs, warn);
  const within = target.awaitsK8ssandra ? timeoutMs : 0;
  const sites = await awaited(connection, target.k8ssandraCluster, within).catch((error: unknown) => {
    if (error instanceof NothingYet && target.access === 'write') return error;
    throw error;
  });
  if (sites instanceof NothingYet)
    return withoutObject(connection, target, timeoutMs, warn, {
      error: sites,
      name: target.k8ssandraCluster,
    });
  const { spec, all } = sites;
  if (target.forNamespace !== undefined && isAcross(spec)) throw noHooks(spec);
  const parts = await Promise.all(
    all.map((site) => partIn(site, target, timeoutMs, warn, meantIn(spec, site))),
  );
  return {
    ...joined(spec, parts, () => checkRebuilds(sites), warn),
    above: objectAbove(sites, parts, target.againAfterMs),
  };
}

/** One of its namespaces, whose datacenters the operator above may change at any moment. */
async function partIn(
  connection: Connection,
  target: NamespaceTarget,
  ...rest: [number, (message: string) => void, Meant]
): Promise<NamespaceAdapters> {
  const notes = new ColdNotes(connection, target.access === 'write');
  const noted = (all: Parameters<Meant>[0]) => notes.on(all);
  const part = await namespaceAdapters({ ...connection, noted }, target, ...rest);
  return { ...part, recovery: notedRecovery(part.recovery, notes) };
}

/** With the K8ssandraCluster above, where all of it is meant. */
export type Adapters = NamespaceAdapters & { readonly above?: ObjectAbove };

/** @throws NothingYet where it is not there for so long, milliseconds */
function awaited(connection: Connection, called: string, within: number): Promise<Sites> {
  const isYet = (error: unknown) => error instanceof NothingYet;
  return untilNot(isYet, { every: LOOKS, within }, () => declaredIn(connection, called));
}

function meantIn(spec: K8ssandraSpec, location: Location): Meant {
  return (all) => membersIn(spec, location, all, (d) => foundAs(location, d));
}

function noHooks(spec: K8ssandraSpec): KassetteError {
  return notAcross(
    spec,
    'Hooks of namespaces (`--for-namespace`) do not join one backup',
    'Kasten works in one Kubernetes: back up by hand, without `--for-namespace`.',
  );
}

/** Before a restore that brings the object back that is as it should be: whoever asks for a datacenter, or for a lease, is told. */
async function withoutObject(
  connection: Connection,
  target: NamespaceTarget,
  timeoutMs: number,
  warn: (message: string) => void,
  { error, name }: { readonly error: NothingYet; readonly name: string },
): Promise<Adapters> {
  const fail = async () => {
    throw error;
  };
  const own = await namespaceAdapters(connection, { ...target, access: 'diagnose' }, timeoutMs, warn);
  return {
    ...own,
    ...{ datacenters: { ...own.datacenters, find: fail }, lease: { acquire: fail } },
    above: notThereYet(connection, name, error),
  };
}

/** The names of the secrets that the datacenters of these namespaces use. @throws NOT_FOUND where a namespace has none */
export async function secretsOf(
  options: KubernetesOptions,
  namespaces: readonly string[] | 'all',
): Promise<readonly string[]> {
  return usedSecrets(await datacentersIn(connect(options), namespaces));
}

/** Secrets that the datacenters of one place use. */
export interface SecretsAt extends Location {
  readonly secrets: readonly string[] | 'all';
}

/**
 * Where the datacenters of a K8ssandraCluster are, and which secrets those of each place use; or the ones that are given, without a look at
 * the datacenters. @throws NOT_FOUND where the object, or a datacenter of it, is not there
 */
export async function secretsOfK8ssandra(
  options: KubernetesOptions,
  name: string,
  given?: readonly string[] | 'all',
): Promise<readonly SecretsAt[]> {
  return secretsAt(connect(options), name, given);
}

/** The same over a connection to the namespace of the object. */
export async function secretsAt(
  connection: Connection,
  name: string,
  given?: readonly string[] | 'all',
): Promise<readonly SecretsAt[]> {
  const { spec, all } = await declaredIn(connection, name);
  const places = all.map(async (site) => {
    const { namespace, k8sContext, reachedBy } = site;
    const place = { namespace, k8sContext, reachedBy };
    if (given !== undefined) return { ...place, secrets: given };
    const found = await datacentersIn(site, [namespace]);
    const { there, missing } = meantIn(spec, site)(found);
    if (missing !== undefined) throw missing;
    return { ...place, secrets: usedSecrets(there) };
  });
  return Promise.all(places);
}
