import { z } from 'zod';
import { line } from '../backup/untrusted.ts';
import { KassetteError } from '../errors.ts';
import { hiddenPasswords } from './passwords.ts';

/** Raised when an older kassette could misread what a newer one writes. */
const VERSION = 1;

/** As Kubernetes names objects. */
const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/);
const word = z.string().regex(/^[A-Za-z]{1,64}$/);
const time = z.iso.datetime({ offset: true });
const text = line.max(1024);
const truth = z.enum(['True', 'False', 'Unknown']);

/** Of the object itself: those that were seen. */
const condition = z.strictObject({
  type: z.enum(['CassandraInitialized', 'RequiresUpdate']),
  status: truth,
  lastTransitionTime: time.optional(),
});

/** Of a CassandraDatacenter. Releases of cass-operator from 1.12 want reason and message. */
const datacenterCondition = z.strictObject({
  ...{ type: word, status: truth, reason: text.default(''), message: text.default('') },
  lastTransitionTime: time.optional(),
});

const nodeStatus = z.strictObject({
  hostID: z.guid().optional(),
  ip: z
    .string()
    .regex(/^[0-9A-Fa-f.:]{2,45}$/)
    .optional(),
  rack: text.optional(),
});

/** What was seen to be enough for the operator. Source: cass-operator's `CassandraDatacenterStatus`. */
const cassandraShape = {
  cassandraOperatorProgress: word,
  conditions: z.array(datacenterCondition).max(64),
  datacenterName: text,
  lastRollingRestart: time,
  lastServerNodeStarted: time,
  nodeStatuses: z.record(objectName, nodeStatus),
  observedGeneration: z.int(),
  quietPeriod: time,
  superUserUpserted: time,
  usersUpserted: time,
};
const cassandra = z.strictObject(cassandraShape).partial();
const datacenterStatus = z.strictObject({ contextName: text.optional(), cassandra });
const status = z.strictObject({
  datacenters: z.record(objectName, datacenterStatus),
  conditions: z.array(condition).max(8),
});

const saved = z.readonly(
  z.strictObject({
    version: z.literal(VERSION),
    name: objectName,
    namespace: objectName,
    /** Cassandra's name of the cluster. */
    clusterName: line,
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    /** For people, who make the object again by it. */
    spec: z.record(z.string(), z.unknown()),
    /** Paths in all of that whose values are left out, since they look like passwords. */
    omitted: z.array(z.string()),
    status,
    /** Those that the datacenters of each namespace use, by name; `k8sContext` where it is of another Kubernetes than the object's. */
    secrets: z.array(
      z.readonly(
        z.strictObject({
          ...{ namespace: objectName, k8sContext: text.optional() },
          names: z.array(objectName),
        }),
      ),
    ),
  }),
);

/** What a backup keeps of the K8ssandraCluster above its datacenters: all but what is secret. */
export type SavedK8ssandra = z.infer<typeof saved>;
export type SavedStatus = z.infer<typeof status>;
export type SavedCondition = z.infer<typeof condition>;

/** A K8ssandraCluster as it is read. */
export interface ReadK8ssandra {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: unknown;
}

/** A copy of the spec that kubectl keeps, passwords in it included. */
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What is kept of an object; of its status, what would be taken back. */
export function savedOf(
  { metadata, spec, status: found }: ReadK8ssandra,
  clusterName: string,
  secrets: SavedK8ssandra['secrets'],
): SavedK8ssandra {
  const { [APPLIED]: _, ...annotations } = metadata.annotations ?? {};
  const { kept, omitted } = hiddenPasswords({ spec, labels: metadata.labels ?? {}, annotations });
  const { name, namespace } = metadata;
  return {
    ...{ version: VERSION, name, namespace, clusterName, ...kept, omitted },
    ...{ status: plain(statusOf(found)), secrets },
  };
}

export function renderSaved(value: SavedK8ssandra): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** @throws MANIFEST_DAMAGED where it is not what kassette writes */
export function parseSaved(where: string, content: string): SavedK8ssandra {
  const parsed = saved.safeParse(jsonOf(content));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new KassetteError(
    'MANIFEST_DAMAGED',
    `The backup on ${where} is damaged: k8ssandra.json: ${path} ${issue?.message ?? 'has the wrong form'}.`,
    'Nothing was changed. Restore the volumes from another restore point.',
  );
}

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

/** Without what is undefined, which JSON does not have. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/** A field of another form, of a release that is not known, must not keep a backup from being made: it is left out. */
function statusOf(found: unknown): SavedStatus {
  const { datacenters, conditions } = asObject(found);
  const kept = Object.entries(asObject(datacenters)).flatMap(([name, value]) => {
    const { contextName, cassandra: own } = asObject(value);
    const context = text.safeParse(contextName);
    const parts = Object.entries(cassandraShape).flatMap(([field, form]) => {
      const part = form.safeParse(known(field, asObject(own)[field]));
      return part.success ? [[field, part.data] as const] : [];
    });
    const whole = { ...(context.success ? { contextName: context.data } : {}) };
    return objectName.safeParse(name).success
      ? [[name, { ...whole, cassandra: cassandra.parse(Object.fromEntries(parts)) }] as const]
      : [];
  });
  return {
    datacenters: Object.fromEntries(kept),
    conditions: listOf(conditions).flatMap((c) => {
      const { type, status: value, lastTransitionTime } = asObject(c);
      const parsed = condition.safeParse({ type, status: value, lastTransitionTime });
      return parsed.success ? [parsed.data] : [];
    }),
  };
}

/** Without the fields that newer releases add. */
function known(field: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (field === 'conditions')
    return listOf(value).map((c) => {
      const { type, status: own, reason, message, lastTransitionTime } = asObject(c);
      return { type, status: own, reason, message, lastTransitionTime };
    });
  if (field !== 'nodeStatuses') return value;
  const nodes = Object.entries(asObject(value)).map(([name, node]) => {
    const { hostID, ip, rack } = asObject(node);
    return [name, { hostID, ip, rack }];
  });
  return Object.fromEntries(nodes);
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
