import { z } from 'zod';
import type { CqlIdentity } from '../../../ports/cql.ts';

/*
 * The parts of Kubernetes objects that kassette reads. Source: cass-operator's API `cassandra.datastax.com/v1beta1`, of which
 * v1.15 to v1.22 have all of these; what a release does not have is optional.
 */
const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  deletionTimestamp: z.unknown().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  /** Grows with every change of the spec; of the object as it was read, for changes of no other. */
  generation: z.number().optional(),
  resourceVersion: z.string().optional(),
  /** Who has set which fields. */
  managedFields: z
    .array(z.object({ manager: z.string().default(''), fieldsV1: z.unknown() }))
    .optional()
    .catch(undefined),
});

const condition = z.object({ type: z.string(), status: z.string(), message: z.string().default('') });

const flag = z.union([z.boolean(), z.string()]).default(false);

/** Of a datacenter's configuration what kassette has to know. */
export const config = z.object({
  'cassandra-yaml': z
    .object({
      data_file_directories: z.array(z.string()).optional(),
      /** `optional`: clients without TLS are served, too. */
      client_encryption_options: z.object({ enabled: flag, optional: flag }).optional(),
    })
    .default({}),
});

/** The user of a datacenter's pods, where it sets one. */
const podUser = z.object({
  runAsUser: z.number().optional(),
  runAsGroup: z.number().optional(),
  fsGroup: z.number().optional(),
});

export const cassandraDatacenter = z.object({
  metadata,
  spec: z.object({
    clusterName: z.string(),
    datacenterName: z.string().optional(),
    size: z.number(),
    /** `cassandra`, `dse` or `hcd`. */
    serverType: z.string().default('cassandra'),
    serverVersion: z.string().optional(),
    racks: z.array(z.object({ name: z.string() })).nullish(),
    stopped: z.boolean().default(false),
    superuserSecretName: z.string().optional(),
    /** Holds what else `config` does, under its key `config` as JSON. */
    configSecret: z.string().optional(),
    /** `serviceAccount` until v1.15, and together with the other since. */
    serviceAccountName: z.string().optional(),
    serviceAccount: z.string().optional(),
    tolerations: z.array(z.looseObject({})).default([]),
    podTemplateSpec: z
      .object({
        spec: z
          .object({
            securityContext: podUser.optional(),
            serviceAccountName: z.string().optional(),
            imagePullSecrets: z.array(z.object({ name: z.string() })).optional(),
            priorityClassName: z.string().optional(),
          })
          .optional(),
      })
      .optional(),
    replaceNodes: z.array(z.string()).default([]),
    managementApiAuth: z
      .object({ manual: z.object({ clientSecretName: z.string() }).optional() })
      .default({}),
    config: config.default({ 'cassandra-yaml': {} }),
  }),
  status: z
    .object({
      cassandraOperatorProgress: z.string().optional(),
      conditions: z.array(condition).default([]),
      nodeReplacements: z.array(z.string()).nullable().default([]),
    })
    .optional(),
});

export const datacenterList = z.object({ items: z.array(cassandraDatacenter) });

const container = z.object({
  name: z.string(),
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })).default([]),
});

const containerStatus = z.object({
  name: z.string(),
  ready: z.boolean(),
  state: z
    .object({
      waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
    })
    .default({}),
});

export const pod = z.object({
  metadata,
  spec: z.object({ containers: z.array(container), initContainers: z.array(container).default([]) }),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      conditions: z.array(condition).default([]),
      containerStatuses: z.array(containerStatus).default([]),
      initContainerStatuses: z.array(containerStatus).default([]),
    })
    .default({ conditions: [], containerStatuses: [], initContainerStatuses: [] }),
});

export type CassandraDatacenter = z.infer<typeof cassandraDatacenter>;
export type Pod = z.infer<typeof pod>;

/** What the API calls the objects. */
export const DATACENTERS = {
  group: 'cassandra.datastax.com',
  version: 'v1beta1',
  plural: 'cassandradatacenters',
} as const;

export const LABELS = {
  cluster: 'cassandra.datastax.com/cluster',
  datacenter: 'cassandra.datastax.com/datacenter',
  rack: 'cassandra.datastax.com/rack',
  state: 'cassandra.datastax.com/node-state',
} as const;

/** Cassandra's name of the datacenter, as gossip has it. An empty override is none. */
export function datacenterName({ metadata: { name }, spec }: CassandraDatacenter): string {
  return spec.datacenterName || name;
}

/** As cass-operator's `CleanLabelValue`: what of a name a label can hold. */
export function labelValue(name: string): string {
  return (name.replaceAll(' ', '').match(/(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]/g) ?? []).join('');
}

/** As cass-operator's `CleanupForKubernetes`: the name where it is a DNS label, else its valid parts. */
export function dnsName(name: string): string {
  if (/^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name;
  return (
    name
      .toLowerCase()
      .replaceAll('_', '-')
      .match(/[a-z](?:[-a-z0-9]*[a-z0-9])?/g) ?? []
  ).join('');
}

/** The secret that holds the superuser, in the datacenter's own namespace. */
export function superuserSecret({ spec }: CassandraDatacenter): string {
  return spec.superuserSecretName || `${dnsName(spec.clusterName)}-superuser`;
}

/**
 * The secret with what CQL clients need for TLS: `ca.crt`, and where nodes ask for a certificate `tls.crt` and `tls.key`.
 * cass-operator's API has no place for it; a note on the datacenter comes back with it, and no hook has to name it.
 */
export function cqlTlsSecret({ metadata }: CassandraDatacenter): string | undefined {
  return metadata.annotations['kassette/cql-tls-secret'];
}

/** What is noted there of the nodes' certificates: `kassette/cql-tls-verify`, and `kassette/cql-tls-identity` with names after commas. */
export function cqlTlsIdentity({ metadata }: CassandraDatacenter): CqlIdentity | undefined {
  const { 'kassette/cql-tls-verify': verify, 'kassette/cql-tls-identity': names = '' } = metadata.annotations;
  if (verify === undefined && names === '') return undefined;
  // What cannot be understood must not mean less than what is meant.
  const known = z
    .enum(['auto', 'name', 'ca'])
    .catch('name')
    .parse(verify ?? 'auto');
  return { verify: known, names: names.split(/[\s,]+/).filter(Boolean) };
}

/** Whether CQL clients must use TLS. */
export function encryptsClients({ spec }: CassandraDatacenter): boolean {
  const { enabled, optional } = spec.config['cassandra-yaml'].client_encryption_options ?? {};
  return String(enabled) === 'true' && String(optional) !== 'true';
}
