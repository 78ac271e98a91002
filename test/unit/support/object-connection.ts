import { ApiException } from '@kubernetes/client-node';
import type { Connection } from '../../../src/adapters/kubernetes/client/connection.ts';
import { adaptersOn } from '../../../src/adapters/kubernetes/kubernetes.ts';
import type { Kind, KubeObject } from '../../e2e/bed/k8ssandra/objects.ts';
import type { ObjectStore } from './object-store.ts';
import { RECORDED_PODS } from './recorded-k8ssandra.ts';

/** Of a call of the client, what matters here. */
interface Asked {
  readonly namespace: string;
  readonly name: string;
  readonly plural: string;
  readonly body: KubeObject;
}

const KINDS: Readonly<Record<string, Kind>> = {
  k8ssandraclusters: 'K8ssandraCluster',
  cassandradatacenters: 'CassandraDatacenter',
  cassandratasks: 'CassandraTask',
};
const refused = (status: number) => new ApiException(status, `HTTP ${status}`, '', {});

/** How the API server is to be, beside what is in the store. */
export interface Server {
  /** `namespace verb resource[/name]` that are not allowed. */
  readonly forbidden?: readonly string[];
  /** `namespace/datacenter` of which claims are there. */
  readonly claims?: readonly string[];
  /** What others do before a status is written. */
  readonly meanwhile?: () => Promise<void>;
  /** By namespace; without them those of the recording. */
  readonly pods?: Readonly<Record<string, readonly object[]>>;
  /** Whether the whole cluster may be looked at. */
  readonly everywhere?: boolean;
  /** By which it is known and reached; without it as a pod's own. */
  readonly from?: Partial<Connection>;
}

/** An API server over a store: what was written there, in order, and what kassette keeps beside it, by `kind namespace/name`. */
export function connectionTo(
  store: ObjectStore,
  { forbidden = [], claims = [], meanwhile = async () => {}, ...more }: Server = {},
) {
  const { pods = RECORDED_PODS, everywhere = false, from = {} } = more;
  const writes: string[] = [];
  const kept = new Map<string, KubeObject>();
  const leases = new Map<string, KubeObject>(
    Object.keys(pods).map((namespace) => [
      namespace,
      { metadata: { name: 'kassette', namespace, resourceVersion: '1' } } as KubeObject,
    ]),
  );
  const get = async ({ namespace, name, plural }: Asked): Promise<KubeObject> => {
    const found = await store.get(KINDS[plural] as Kind, namespace, name);
    if (found === null) throw refused(404);
    return found;
  };
  const items = async ({ namespace, plural }: Asked) =>
    (await store.list(KINDS[plural] as Kind, {})).filter((o) => o.metadata.namespace === namespace);
  const keep = (kind: string) => async (asked: Asked) => {
    writes.push(`apply ${kind} ${asked.namespace}/${asked.name}`);
    kept.set(`${kind} ${asked.namespace}/${asked.name}`, asked.body);
  };
  const connection = {
    ...{ namespace: 'k8ss', inside: true, others: { names: null, named: new Map() } },
    caller: { account: { namespace: 'k8ss', name: 'kassette' }, user: 'k8ss/kassette', context: null },
    objects: {
      getNamespacedCustomObject: get,
      listNamespacedCustomObject: async (asked: Asked) => ({ items: await items(asked) }),
      listClusterCustomObject: async ({ plural }: Asked) =>
        everywhere ? { items: await store.list(KINDS[plural] as Kind, {}) } : Promise.reject(refused(403)),
      patchNamespacedCustomObjectStatus: async (asked: Asked) => {
        await meanwhile();
        const { status, metadata, ...rest } = await get(asked);
        const { resourceVersion } = asked.body.metadata;
        if (resourceVersion !== metadata.resourceVersion) throw refused(409);
        writes.push(`status ${asked.plural} ${asked.namespace}/${asked.name}`);
        const before = status?.['datacenters'] as object | undefined;
        const after = asked.body.status?.['datacenters'] as object;
        const merged = { ...status, ...asked.body.status, datacenters: { ...before, ...after } };
        await store.replaceStatus(KINDS[asked.plural] as Kind, { ...rest, metadata, status: merged });
      },
      patchNamespacedCustomObject: async (asked: Asked) => {
        const now = await get(asked);
        const { metadata, spec } = asked.body;
        if ((metadata.resourceVersion ?? now.metadata.resourceVersion) !== now.metadata.resourceVersion)
          throw refused(409);
        const merged = { ...now.metadata.annotations, ...metadata.annotations };
        const annotations = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
        writes.push(
          `${spec === undefined ? 'touch' : 'patch'} ${asked.plural} ${asked.namespace}/${asked.name}`,
        );
        await store.replace(KINDS[asked.plural] as Kind, {
          ...now,
          metadata: { ...now.metadata, annotations },
          spec: { ...now.spec, ...spec },
        });
      },
    },
    core: {
      listNamespacedPod: async ({ namespace }: Asked) => ({
        items: (pods as Readonly<Record<string, readonly object[]>>)[namespace] ?? [],
      }),
      listNamespacedPersistentVolumeClaim: async ({ namespace }: Asked) => ({
        items: claims
          .filter((c) => c.startsWith(`${namespace}/`))
          .map((c) => c.slice(namespace.length + 1))
          .map((dc) => ({
            metadata: {
              name: `server-data-tworings-${dc}-default-sts-0`,
              labels: {
                'cassandra.datastax.com/cluster': 'TwoRings',
                'cassandra.datastax.com/datacenter': dc,
              },
            },
          })),
      }),
      readNamespacedSecret: async ({ namespace, name }: Asked) => {
        const secret = await store.get('Secret', namespace, name);
        return secret ?? Promise.reject(refused(404));
      },
      readNamespacedConfigMap: async ({ namespace, name }: Asked) =>
        kept.get(`ConfigMap ${namespace}/${name}`) ?? Promise.reject(refused(404)),
      createNamespacedEvent: async ({ namespace, body }: Asked) => {
        const { involvedObject } = body as KubeObject & {
          readonly involvedObject: { readonly name: string };
        };
        writes.push(`event ${namespace}/${involvedObject.name}`);
      },
      patchNamespacedConfigMap: keep('ConfigMap'),
      patchNamespacedSecret: keep('Secret'),
    },
    batch: {},
    coordination: {
      createNamespacedLease: async ({ namespace, body }: Asked) => {
        if (leases.has(namespace)) throw refused(409);
        leases.set(namespace, { ...body, metadata: { ...body.metadata, resourceVersion: '1' } });
        return leases.get(namespace);
      },
      readNamespacedLease: async ({ namespace }: Asked) =>
        structuredClone(leases.get(namespace)) ?? Promise.reject(refused(404)),
      replaceNamespacedLease: async ({ namespace, body }: Asked) => {
        const now = leases.get(namespace)?.metadata.resourceVersion;
        if (body.metadata.resourceVersion !== now) throw refused(409);
        writes.push(`lease ${namespace}`);
        const metadata = { ...body.metadata, resourceVersion: `${Number(now) + 1}` };
        leases.set(namespace, { ...body, metadata });
        return leases.get(namespace);
      },
    },
    authorization: {
      createSelfSubjectAccessReview: async ({ body }: { readonly body: { readonly spec: Review } }) => {
        const { namespace, verb, resource, subresource, name } = body.spec.resourceAttributes;
        const of = `${namespace} ${verb} ${[resource, subresource].filter(Boolean).join('/')}`;
        return { status: { allowed: !forbidden.includes(of) && !forbidden.includes(`${of}/${name}`) } };
      },
    },
    ...from,
  } as unknown as Connection;
  return { connection, writes, kept, leases };
}

interface Review {
  readonly resourceAttributes: Readonly<Record<string, string | undefined>>;
}

/** What a command that changes something has of the recorded K8ssandraCluster. */
export function adaptersFor(connection: Connection, forNamespace?: string) {
  const jobs = { requests: {}, limits: {}, labels: {}, annotations: {}, user: undefined };
  return adaptersOn(
    connection,
    {
      ...{ access: 'write', usesCql: true, cqlTls: false, image: undefined, pullSecrets: [], jobs },
      ...{ againAfterMs: [], k8ssandraCluster: 'two', forNamespace },
    },
    1000,
    () => {},
  );
}
