import { createHash } from 'node:crypto';
import { dnsName } from '../../../../src/adapters/kubernetes/client/resources.ts';

/** A Kubernetes object, as far as the controller looks at it. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  /** Of an EndpointSlice. */
  readonly addressType?: string;
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[];
}

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly {
    readonly apiVersion?: string;
    readonly uid: string;
    readonly name: string;
    readonly kind: string;
  }[];
}

export type Kind =
  | 'K8ssandraCluster'
  | 'CassandraDatacenter'
  | 'CassandraTask'
  | 'EndpointSlice'
  | 'Pod'
  | 'ReplicatedSecret'
  | 'Secret';

/** What the controller asks of the API server. */
export interface ObjectApi {
  get(kind: Kind, namespace: string, name: string): Promise<KubeObject | null>;
  /** In all namespaces, those with all of these labels. */
  list(kind: Kind, labels: Readonly<Record<string, string>>): Promise<readonly KubeObject[]>;
  create(kind: Kind, object: KubeObject): Promise<KubeObject>;
  /** Of the version that was read; the status stays. */
  replace(kind: Kind, object: KubeObject): Promise<KubeObject>;
  /** The status alone. */
  replaceStatus(kind: Kind, object: KubeObject): Promise<KubeObject>;
  delete(kind: Kind, namespace: string, name: string): Promise<void>;
}

export const FINALIZER = 'k8ssandracluster.k8ssandra.io/finalizer';
export const HASH = 'k8ssandra.io/resource-hash';
export const NAMES = {
  name: 'k8ssandra.io/cluster-name',
  namespace: 'k8ssandra.io/cluster-namespace',
  replicatedBy: 'k8ssandra.io/replicated-by',
  replicated: 'k8ssandra.io/replicated-secret-name',
} as const;
export const ANNOTATIONS = {
  replication: 'k8ssandra.io/initial-system-replication',
  rebuild: 'k8ssandra.io/rebuild-dc',
  update: 'k8ssandra.io/autoupdate-spec',
  decommission: 'cassandra.datastax.com/decommission-on-delete',
} as const;

/** One of `spec.cassandra.datacenters`. */
export interface Template extends Readonly<Record<string, unknown>> {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: object };
  readonly size: number;
  readonly stopped?: boolean;
  readonly datacenterName?: string;
}

export function cassandraOf({ spec }: KubeObject): Readonly<Record<string, unknown>> & {
  readonly clusterName?: string;
  readonly datacenters: readonly Template[];
} {
  const cassandra = spec?.['cassandra'] as Readonly<Record<string, unknown>>;
  return { ...cassandra, datacenters: cassandra['datacenters'] as readonly Template[] };
}

export const clusterNameOf = (cluster: KubeObject) =>
  cassandraOf(cluster).clusterName || cluster.metadata.name;
export const secretNameOf = (cluster: KubeObject) => `${dnsName(clusterNameOf(cluster))}-superuser`;
export const namespaceOf = (cluster: KubeObject, { metadata }: Template) =>
  metadata.namespace || cluster.metadata.namespace;
export const labelsOf = ({ metadata: { name, namespace } }: KubeObject) => ({
  [NAMES.name]: name,
  [NAMES.namespace]: namespace,
});

/** At most three replicas in each of these datacenters. */
export function replicationOf(templates: readonly Template[]): Readonly<Record<string, number>> {
  return Object.fromEntries(templates.map((t) => [t.datacenterName || t.metadata.name, Math.min(3, t.size)]));
}

/** The same for the same object, whatever the order of its keys. */
export function hashOf(object: unknown): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(object, sorted)).digest('base64');
}

/** Those of a container that cass-operator has a field of its own for. Source: `pkg/cassandra/datacenter.go`. */
function resourcesOf(containers: unknown, name: string, field: string): Readonly<Record<string, unknown>> {
  const all = (containers ?? []) as readonly { readonly name: string; readonly resources?: object }[];
  const resources = all.find((c) => c.name === name)?.resources;
  return resources === undefined ? {} : { [field]: resources };
}

/** The CassandraDatacenter that the object above declares, the index-th one, with its hash. */
export function desiredDatacenter(cluster: KubeObject, template: Template, index: number): KubeObject {
  const { datacenters: _, clusterName: __, config, softPodAntiAffinity, ...common } = cassandraOf(cluster);
  const { metadata, config: own, stopped, containers, initContainers, ...rest } = { ...common, ...template };
  const replication = cluster.metadata.annotations?.[ANNOTATIONS.replication] ?? '{}';
  const initial = Object.entries(JSON.parse(replication) as Record<string, number>);
  const jvm = [...jvmOptionsOf(own ?? config), '-Dcassandra.allow_alter_rf_during_range_movement=true'];
  // Only the first one: later ones come into a ring that has it.
  if (index === 0)
    jvm.push(`-Dcassandra.system_distributed_replication=${initial.map((r) => r.join(':')).join(',')}`);
  const bare: KubeObject = {
    apiVersion: 'cassandra.datastax.com/v1beta1',
    kind: 'CassandraDatacenter',
    metadata: {
      name: metadata.name,
      namespace: namespaceOf(cluster, template),
      labels: {
        ...{ 'app.kubernetes.io/component': 'cassandra', 'app.kubernetes.io/name': 'k8ssandra-operator' },
        ...{ 'app.kubernetes.io/part-of': 'k8ssandra' },
        'k8ssandra.io/cleaned-up-by': 'k8ssandracluster-controller',
        ...labelsOf(cluster),
      },
      annotations: {
        ...(metadata.annotations as Record<string, string> | undefined),
        ...(index === 0 ? {} : { 'cassandra.datastax.com/skip-user-creation': 'true' }),
      },
      finalizers: [FINALIZER],
    },
    spec: {
      ...rest,
      clusterName: clusterNameOf(cluster),
      superuserSecretName: secretNameOf(cluster),
      allowMultipleNodesPerWorker: softPodAntiAffinity === true,
      ...(stopped === true ? { stopped } : {}),
      ...resourcesOf(containers, 'server-system-logger', 'systemLoggerResources'),
      ...resourcesOf(initContainers, 'server-config-init', 'configBuilderResources'),
      config: {
        'cassandra-env-sh': { 'additional-jvm-opts': jvm },
        'cassandra-yaml': yamlOf(own ?? config),
      },
      podTemplateSpec: { metadata: {}, spec: { containers: containers ?? [], initContainers } },
    },
  };
  const annotations = { ...bare.metadata.annotations, [HASH]: hashOf(bare) };
  return { ...bare, metadata: { ...bare.metadata, annotations } };
}

function yamlOf(config: unknown): object {
  const { cassandraYaml = {} } = (config ?? {}) as { readonly cassandraYaml?: object };
  return { authenticator: 'PasswordAuthenticator', authorizer: 'CassandraAuthorizer', ...cassandraYaml };
}

function jvmOptionsOf(config: unknown): readonly string[] {
  const { jvmOptions = {} } = (config ?? {}) as {
    readonly jvmOptions?: { readonly additionalOptions?: readonly string[] };
  };
  return jvmOptions.additionalOptions ?? [];
}

/** Whether its operator says so of a datacenter. */
export function hasCondition({ status }: KubeObject, type: string): boolean {
  const conditions = (status?.['conditions'] ?? []) as readonly { type: string; status: string }[];
  return conditions.some((c) => c.type === type && c.status === 'True');
}
