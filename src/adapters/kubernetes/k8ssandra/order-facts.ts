import type { V1Secret } from '@kubernetes/client-node';
import { isSameLocation, type Location } from '../../../domain/k8ssandra/locations.ts';
import type { DeclaredDatacenter, K8ssandraSpec } from '../../../domain/k8ssandra/members.ts';
import type { OrderFacts } from '../../../domain/k8ssandra/order.ts';
import { statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { DATACENTERS, datacenterList, LABELS, superuserSecret } from '../client/resources.ts';
import { OF_A_POD } from '../datacenters/claims.ts';
import type { Sites } from './sites.ts';
import { objectOf } from './spec.ts';

type Given = Pick<OrderFacts, 'object' | 'unknown'> & {
  /** Which secrets are needed, where the datacenters that name them are not there. */
  readonly secrets?: readonly (Location & { readonly names: readonly string[] })[];
};

/** What is there of a K8ssandraCluster and of what belongs to it. Only looks; what may not be seen is said to be unknown. */
export async function orderFacts(
  { spec, own, all }: Sites,
  { secrets: saved = [], ...given }: Given,
): Promise<OrderFacts> {
  const uid = given.object ? await uidOf(own, spec.name) : '';
  const found = await Promise.all(all.map((site) => placeFacts(site, spec, saved, uid)));
  return {
    of: spec,
    ...given,
    datacenters: found.flatMap((f) => f.datacenters),
    secrets: found.flatMap((f) => f.secrets),
  };
}

async function placeFacts(
  connection: Connection,
  spec: K8ssandraSpec,
  saved: NonNullable<Given['secrets']>,
  uid: string | null,
): Promise<Pick<OrderFacts, 'datacenters' | 'secrets'>> {
  const { namespace, k8sContext } = connection;
  const own = spec.datacenters.filter((d) => isSameLocation(d, connection));
  const objects = await orNull(() =>
    connection.objects
      .listNamespacedCustomObject({ ...DATACENTERS, namespace })
      .then((list: unknown) => datacenterList.parse(list).items),
  );
  const claims = await orNull(() =>
    connection.core.listNamespacedPersistentVolumeClaim({ namespace }).then(({ items }) => items),
  );
  const claimsOf = ({ name }: DeclaredDatacenter) =>
    claims?.filter(
      ({ metadata }) => OF_A_POD.test(metadata?.name ?? '') && metadata?.labels?.[LABELS.datacenter] === name,
    ).length ?? null;
  const named = (objects ?? [])
    .filter((d) => own.some((o) => o.name === d.metadata.name))
    .map(superuserSecret);
  const names = [...new Set([...named, ...(saved.find((s) => isSameLocation(s, connection))?.names ?? [])])];
  return {
    datacenters: own.map((d) => ({
      ...d,
      claims: claimsOf(d),
      exists: objects === null ? null : objects.some((o) => o.metadata.name === d.name),
    })),
    secrets: await Promise.all(
      names.map(async (name) => ({
        ...{ namespace, k8sContext, name },
        state: await secretState(connection, name, uid),
      })),
    ),
  };
}

/** @param uid of the K8ssandraCluster; empty where there is none, null where that is not known */
async function secretState(
  { core, namespace }: Connection,
  name: string,
  uid: string | null,
): Promise<OrderFacts['secrets'][number]['state']> {
  try {
    return isOrphan(await core.readNamespacedSecret({ namespace, name }), uid) ? 'orphan' : 'there';
  } catch (error) {
    return statusOf(error) === 404 ? 'missing' : null;
  }
}

function isOrphan({ metadata }: V1Secret, uid: string | null): boolean {
  const owners = (metadata?.ownerReferences ?? []).filter((o) => o.kind === 'K8ssandraCluster');
  return uid !== null && owners.length > 0 && owners.every((o) => o.uid !== uid);
}

async function uidOf(connection: Connection, name: string): Promise<string | null> {
  const object = await orNull(() => objectOf(connection, name));
  const { metadata } = (object ?? {}) as { readonly metadata?: { readonly uid?: string } };
  return metadata?.uid ?? null;
}

async function orNull<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch {
    return null;
  }
}
