import type { V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import { hint, kubectl } from '../../../domain/hint.ts';
import { flagsTo, locationText } from '../../../domain/k8ssandra/locations.ts';
import { CLEANING, READ, type Right } from '../../../domain/rights.ts';
import type { ColdVolume } from '../../../ports/platform/recovery.ts';
import { lookUntil } from '../../../ports/until.ts';
import { call } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { type CassandraDatacenter, LABELS } from '../client/resources.ts';
import type { Found } from './found.ts';
import { isLabelledFor, named, ownerOf } from './owners.ts';

const PREFIX = 'server-data-';
/** As StatefulSets name a pod's claim, those of cass-operator theirs. */
export const OF_A_POD = /^server-data-.+-sts-\d+$/;

/** Claims by name, or all data claims of a datacenter, whose object may be gone. @throws NO_VOLUME */
export async function findClaims(
  connection: Connection,
  found: Found,
  of: { readonly names: readonly string[] } | { readonly datacenter: string },
): Promise<readonly ColdVolume[]> {
  const { core, namespace } = connection;
  const { items } = await call(CLEANING.claims, namespace, () =>
    core.listNamespacedPersistentVolumeClaim({ namespace }),
  );
  const chosen =
    'names' in of
      ? of.names.map((name) => items.find((i) => i.metadata?.name === name) ?? missing(name, connection))
      : items.filter((item) => belongsTo(item, of.datacenter, found));
  if (chosen.length === 0) throw none(connection, of);
  return chosen
    .map((item) => coldVolume(item, found))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** One claim; undefined where there is none. To list is what kassette may, to get is not. */
export async function claimNamed(
  { core, namespace }: Pick<Connection, 'core' | 'namespace'>,
  right: Right,
  name: string,
): Promise<V1PersistentVolumeClaim | undefined> {
  const { items } = await call(right, namespace, () =>
    core.listNamespacedPersistentVolumeClaim({ namespace, fieldSelector: `metadata.name=${name}` }),
  );
  return items[0];
}

const POLL_MS = 250;
const BINDING_MS = 60_000;

/**
 * Wait until a claim that names its volume, as a restored one does, is bound to it: a pod that comes earlier may be taken for one
 * without a place, and be looked at again only after five minutes. One that is not bound in a minute is for its pod to explain.
 */
export async function awaitBound(
  connection: Pick<Connection, 'core' | 'namespace'>,
  claim: string,
  signal: AbortSignal,
): Promise<void> {
  const look = async () => {
    const { spec, status } = (await claimNamed(connection, CLEANING.claims, claim)) ?? {};
    return spec?.volumeName === undefined || status?.phase !== 'Pending' ? { found: true } : null;
  };
  await lookUntil(look, { every: POLL_MS, within: BINDING_MS, signal });
}

/** Pods that use a claim, by name; those that have ended use none. */
export async function podsWith(connection: Connection, claim: string): Promise<readonly V1Pod[]> {
  const { core, namespace } = connection;
  const { items } = await call(READ.pods, namespace, () => core.listNamespacedPod({ namespace }));
  return items.filter(
    (pod) =>
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed' &&
      pod.spec?.volumes?.some((v) => v.persistentVolumeClaim?.claimName === claim),
  );
}

/** Addresses of the Cassandra pods of the namespace, or of all of a K8ssandraCluster's: whom a restored node finds there it belongs to. */
export async function cassandraAddresses(connection: Connection): Promise<readonly string[]> {
  const { ring = [connection] } = connection;
  const lists = ring.map(({ core, namespace }) =>
    call(READ.pods, namespace, () => core.listNamespacedPod({ namespace, labelSelector: LABELS.cluster })),
  );
  const items = (await Promise.all(lists)).flatMap((list) => list.items);
  // With two stacks a pod has an address of each; Cassandra may use either.
  return items.flatMap(({ status }) => [
    ...new Set([status?.podIP ?? [], ...(status?.podIPs ?? []).map((p) => p.ip)].flat()),
  ]);
}

/** The pods of a datacenter in which a Cassandra runs or is to run; none where its object is gone. */
export async function cassandraPods(
  { core, namespace }: Connection,
  datacenter: CassandraDatacenter | undefined,
): Promise<readonly V1Pod[]> {
  if (datacenter === undefined) return [];
  const { items } = await call(READ.pods, namespace, () =>
    core.listNamespacedPod({ namespace, labelSelector: LABELS.cluster }),
  );
  return items.filter(({ metadata }) => ownerOf(metadata?.labels ?? {}, [datacenter]) !== undefined);
}

function belongsTo({ metadata }: V1PersistentVolumeClaim, datacenter: string, found: Found): boolean {
  const labels = metadata?.labels ?? {};
  const owner = ownerOf(labels, [...found.values()]);
  const known = named(found.values(), datacenter);
  return (
    (known === undefined ? owner === undefined && isLabelledFor(labels, datacenter) : owner === known) &&
    // Clones have the labels of what they were made from; they are nobody's to restore.
    OF_A_POD.test(metadata?.name ?? '')
  );
}

function coldVolume({ metadata }: V1PersistentVolumeClaim, found: Found): ColdVolume {
  const name = metadata?.name ?? '';
  const labels = metadata?.labels ?? {};
  const datacenter = ownerOf(labels, [...found.values()]);
  const [, ordinal] = /-sts-(\d+)$/.exec(name) ?? [];
  const rack = labels[LABELS.rack];
  return {
    name,
    uid: metadata?.uid ?? null,
    place: rack === undefined || ordinal === undefined ? null : { rack, ordinal: Number(ordinal) },
    cluster: datacenter?.spec.clusterName ?? null,
    datacenter: datacenter?.metadata.name ?? labels[LABELS.datacenter] ?? '',
    node: name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null,
  };
}

function missing(name: string, connection: Connection): never {
  throw new KassetteError(
    'NO_VOLUME',
    `There is no claim \`${name}\` in ${locationText(connection)}.`,
    hint`Nothing was changed. Check it with ${kubectl('get', 'persistentvolumeclaims', ...flagsTo(connection))}.`,
  );
}

function none(connection: Connection, of: object): KassetteError {
  const what = 'datacenter' in of ? `claim of datacenter \`${of.datacenter}\`` : 'claim with this name';
  return new KassetteError(
    'NO_VOLUME',
    `There is no ${what} in ${locationText(connection)}.`,
    hint`Nothing was changed. Restore the volumes first. Check them with ${kubectl('get', 'persistentvolumeclaims', '--show-labels', ...flagsTo(connection))}.`,
  );
}
