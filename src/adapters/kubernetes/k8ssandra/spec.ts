import { z } from 'zod';
import { NothingYet } from '../../../domain/errors.ts';
import { hint, kubectl } from '../../../domain/hint.ts';
import type { Location } from '../../../domain/k8ssandra/locations.ts';
import {
  checkDeclared,
  type FoundDatacenter,
  type K8ssandraSpec,
  refuseStrays,
} from '../../../domain/k8ssandra/members.ts';
import { type K8ssandraState, REBUILD } from '../../../domain/k8ssandra/restoring.ts';
import { toK8ssandra } from '../../../domain/rights.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { type CassandraDatacenter, DATACENTERS, datacenterList } from '../client/resources.ts';
import { clustersOf, type Sites, siteAt, sitesOf, withOwn } from './sites.ts';

export const K8SSANDRA_CLUSTERS = {
  group: 'k8ssandra.io',
  version: 'v1alpha1',
  plural: 'k8ssandraclusters',
} as const;

/** By which k8ssandra-operator finds the datacenters of an object, in all namespaces. */
export const K8SSANDRA_LABELS = {
  name: 'k8ssandra.io/cluster-name',
  namespace: 'k8ssandra.io/cluster-namespace',
} as const;

/** Of an empty name the API makes none. */
const optionalName = z
  .string()
  .optional()
  .transform((text) => text || undefined);

/** What kassette reads of the object. Source: k8ssandra-operator's API `k8ssandra.io/v1alpha1`. */
const k8ssandraCluster = z.object({
  metadata: z.object({
    ...{ name: z.string(), namespace: z.string() },
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({
    cassandra: z
      .object({
        clusterName: optionalName,
        datacenters: z
          .array(
            z.object({
              metadata: z.object({ name: z.string(), namespace: optionalName }),
              k8sContext: optionalName,
            }),
          )
          .default([]),
      })
      .default({ clusterName: undefined, datacenters: [] }),
  }),
  status: z
    .object({
      datacenters: z.record(z.string(), z.unknown()).default({}),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
      error: z.string().optional(),
    })
    .default({ datacenters: {}, conditions: [] }),
});

/**
 * Where a K8ssandraCluster and its datacenters are, as its spec declares them. It is in the connection's namespace.
 * @throws NOT_FOUND, FORBIDDEN; CLUSTER_ELSEWHERE, PARTIAL_CLUSTER, USAGE where kassette cannot work on it; CLUSTER_UNREACHABLE
 */
export async function declaredIn(connection: Connection, called: string): Promise<Sites> {
  const { spec } = await stateOf(connection, called);
  checkDeclared(spec);
  const sites = sitesOf(connection, spec);
  const elsewhere = clustersOf(withOwn(sites)).map((c) => labelledElsewhere(c, sites));
  refuseStrays(sites.spec, (await Promise.all(elsewhere)).flat());
  return sites;
}

/** What the object says by now, whatever it declares. @throws NOT_FOUND, FORBIDDEN */
export async function stateOf(connection: Connection, called: string): Promise<K8ssandraState> {
  return stateIn(await objectOf(connection, called));
}

/** What an object says that was read. */
export function stateIn(object: unknown): K8ssandraState {
  const { metadata, spec, status } = k8ssandraCluster.parse(object);
  const { datacenters, conditions, error = NO_ERROR } = status;
  return {
    spec: specOf({ metadata, spec }),
    rebuilds: metadata.annotations[REBUILD] ?? null,
    known: Object.keys(datacenters),
    conditions,
    error: error === NO_ERROR ? null : error,
  };
}

/** The operator's word for none. */
const NO_ERROR = 'None';

/** The object as it is. @throws NOT_FOUND, FORBIDDEN */
export async function objectOf({ objects, namespace }: Connection, called: string): Promise<unknown> {
  const query = { ...K8SSANDRA_CLUSTERS, namespace, name: called };
  try {
    return await call(toK8ssandra(called), namespace, () => objects.getNamespacedCustomObject(query));
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new NothingYet(
      `There is no K8ssandraCluster \`${called}\` in namespace ${namespace}.`,
      hint`Nothing was changed. \`--namespace\` is that of the K8ssandraCluster. Check both with ${kubectl('get', 'k8ssandraclusters', '-A')}; where that kind is not known, k8ssandra-operator is not installed there.`,
      { cause: error },
    );
  }
}

function specOf({
  metadata: { name, namespace },
  spec,
}: Pick<z.infer<typeof k8ssandraCluster>, 'metadata' | 'spec'>): K8ssandraSpec {
  const { clusterName, datacenters } = spec.cassandra;
  return {
    ...{ name, namespace },
    clusterName: clusterName ?? name,
    datacenters: datacenters.map(({ metadata: own, k8sContext }) => ({
      name: own.name,
      namespace: own.namespace ?? namespace,
      ...(k8sContext === undefined ? {} : { k8sContext }),
    })),
  };
}

export function foundAs(place: Location, { metadata, spec }: CassandraDatacenter): FoundDatacenter {
  const { namespace, k8sContext, reachedBy } = place;
  const { [K8SSANDRA_LABELS.name]: cluster, [K8SSANDRA_LABELS.namespace]: of } = metadata.labels;
  const labelled = cluster === undefined || of === undefined ? null : { name: cluster, namespace: of };
  return {
    ...{ name: metadata.name, namespace: metadata.namespace ?? namespace, k8sContext, reachedBy },
    ...{ clusterName: spec.clusterName, labelled },
  };
}

/** Nothing depends on the answer but the refusal of copies: only those with rights in the whole cluster may look there. */
async function labelledElsewhere(
  cluster: Connection,
  { spec, all }: Sites,
): Promise<readonly FoundDatacenter[]> {
  const labelSelector = `${K8SSANDRA_LABELS.name}=${spec.name},${K8SSANDRA_LABELS.namespace}=${spec.namespace}`;
  try {
    const answer: unknown = await cluster.objects.listClusterCustomObject({ ...DATACENTERS, labelSelector });
    return datacenterList
      .parse(answer)
      .items.map((d) => foundAs({ ...cluster, namespace: '' }, d))
      .filter((f) => siteAt(all, f) === undefined);
  } catch {
    return [];
  }
}
