import { NothingYet } from '../../domain/errors.ts';
import { type K8ssandraSpec, membersIn, namespacesOf } from '../../domain/k8ssandra/members.ts';
import type { ObjectAbove } from '../../ports/platform/object-above.ts';
import { untilNot } from '../../ports/until.ts';
import { type Connection, connect, type KubernetesOptions } from './client/connection.ts';
import { usedSecrets } from './client/used-secrets.ts';
import { datacentersIn, type Meant } from './datacenters/datacenters.ts';
import { objectAbove } from './k8ssandra/above.ts';
import { notedRecovery } from './k8ssandra/cold.ts';
import { ColdNotes } from './k8ssandra/cold-notes.ts';
import { joined } from './k8ssandra/joined.ts';
import { notThereYet } from './k8ssandra/not-there-yet.ts';
import { checkRebuilds } from './k8ssandra/rebuilds.ts';
import { declaredIn, foundAs } from './k8ssandra/spec.ts';
import { type NamespaceAdapters, type NamespaceTarget, namespaceAdapters } from './namespace.ts';

/** Between looks at whether the K8ssandraCluster is there, milliseconds. */
const LOOKS = { first: 500, slowest: 5000 };

export interface Target extends KubernetesOptions, NamespaceTarget {
  /** Of the K8ssandraCluster in the namespace whose datacenters are meant, wherever they are. */
  readonly k8ssandraCluster?: string | undefined;
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
  target: NamespaceTarget & Pick<Target, 'k8ssandraCluster' | 'awaitsK8ssandra'>,
  timeoutMs: number,
  warn: (message: string) => void,
): Promise<Adapters> {
  if (target.k8ssandraCluster === undefined) return namespaceAdapters(connection, target, timeoutMs, warn);
  const within = target.awaitsK8ssandra ? timeoutMs : 0;
  const spec = await awaited(connection, target.k8ssandraCluster, within).catch((error: unknown) => {
    if (error instanceof NothingYet && target.access === 'write') return error;
    throw error;
  });
  if (spec instanceof NothingYet)
    return withoutObject(connection, target, timeoutMs, warn, {
      error: spec,
      name: target.k8ssandraCluster,
    });
  const places = namespacesOf(spec).map((namespace) =>
    partIn({ ...connection, namespace, above: spec }, target, timeoutMs, warn, meantIn(spec, namespace)),
  );
  const parts = await Promise.all(places);
  return {
    ...joined(spec, parts, () => checkRebuilds(connection, spec), warn),
    above: objectAbove(connection, spec, parts, target.againAfterMs),
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
function awaited(connection: Connection, called: string, within: number): Promise<K8ssandraSpec> {
  const isYet = (error: unknown) => error instanceof NothingYet;
  return untilNot(isYet, { every: LOOKS, within }, () => declaredIn(connection, called));
}

function meantIn(spec: K8ssandraSpec, namespace: string): Meant {
  return (all) => membersIn(spec, namespace, all, (d) => foundAs(namespace, d));
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

/**
 * The namespaces of the datacenters of a K8ssandraCluster, and which secrets those of each use; or the ones that are given, without a look at
 * the datacenters. @throws NOT_FOUND where the object, or a datacenter of it, is not there
 */
export async function secretsOfK8ssandra(
  options: KubernetesOptions,
  name: string,
  given?: readonly string[] | 'all',
): Promise<ReadonlyMap<string, readonly string[] | 'all'>> {
  const connection = connect(options);
  const spec = await declaredIn(connection, name);
  const places = namespacesOf(spec).map(async (namespace) => {
    if (given !== undefined) return [namespace, given] as const;
    const all = await datacentersIn(connection, [namespace]);
    return [namespace, usedSecrets(meantIn(spec, namespace)(all))] as const;
  });
  return new Map(await Promise.all(places));
}
