import { z } from 'zod';
import { RETENTION } from '../policy.ts';
import { DEFAULTS, MARGIN_MINUTES } from '../settings.ts';

const DNS = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dns = z.string().regex(DNS);
const count = z.int().min(0);

const quantities = z.record(z.string(), z.union([z.string(), z.number()]));
const texts = z.record(z.string(), z.string());

const resources = z.strictObject({ requests: quantities.optional(), limits: quantities.optional() });

const jobs = z.strictObject({
  requests: quantities.describe('Instead of cpu 50m and memory 128Mi; an empty one for none.'),
  limits: quantities.describe('Instead of cpu 1 and memory 512Mi; an empty one for none.'),
  labels: texts.describe("For the Jobs' pods."),
  annotations: texts.describe("For the Jobs' pods."),
  user: z
    .string()
    .regex(/^(\d+(:\d+)?)?$/)
    .describe("User, or user:group, of the Jobs' pods; empty for that of the datacenter's pods."),
});

/** The chart's values: their form, what they mean, and in `defaultValues` what they are. */
export const values = z.strictObject({
  image: z.string().min(1).describe("kassette's image, in a registry that the nodes can pull from."),
  imagePullSecrets: z
    .array(z.strictObject({ name: dns }))
    .describe(
      "Secrets for that registry: [{name: registry}]. In the release's namespace, and for cold restores in those of the datacenters.",
    ),
  kastenNamespace: dns.describe('Where Kasten runs; blueprints, bindings and policies belong there.'),
  datacenterNamespaces: z
    .array(dns)
    .describe('Where there are datacenters: the rights hold there and nowhere else. Each has to exist.'),
  clusterWide: z
    .boolean()
    .describe(
      'Grant the rights in every namespace of the cluster instead: who can use them can do nearly anything there.',
    ),
  secrets: z
    .array(z.string().min(1))
    .describe(
      'The secrets that may be read there, such as dse-superuser: docs/reference/rights.md lists which a datacenter uses.',
    ),
  allSecrets: z.boolean().describe('Allow reading every secret of those namespaces instead.'),
  mode: z
    .enum(['hooks', 'datacenter'])
    .describe(
      'hooks: a blueprint for the hooks of policies. datacenter: a blueprint bound to every CassandraDatacenter.',
    ),
  builtinVersions: z
    .array(z.string().regex(/^\d+\.\d+\.\d+$/))
    .describe("Versions of Kasten's built-in blueprint k10-k8ssandra-bp that are overridden (mode hooks)."),
  hookMinutes: z
    .int()
    .min(MARGIN_MINUTES + 1)
    .describe("Kasten's limit for a hook (its Helm value timeout.blueprintHooks); runs end before it."),
  abandonAfterHours: z
    .int()
    .min(1)
    .describe(
      'How long no other run may remove a backup: longer than Kasten takes to copy the volumes (--abandon-after).',
    ),
  keep: z
    .int()
    .min(1)
    .describe(
      'How many backups stay in the volumes when one is closed, as bases of the archived commit log (--keep); 1: none does.',
    ),
  resources: resources.describe('For 1,000 nodes with 500 tables.'),
  tolerations: z.array(z.looseObject({})).describe("Where the hooks' pods may run."),
  nodeSelector: texts.describe("Where the hooks' pods may run."),
  priorityClassName: z.string().describe("Of the hooks' pods."),
  jobs: jobs.describe("The Jobs of a cold restore, in the datacenters' namespaces."),
  doctor: z.boolean().describe('Whether kassette may read what kassette doctor looks at.'),
  policy: z
    .strictObject({
      enabled: z.boolean(),
      name: dns,
      namespace: dns.describe("The datacenters' namespace."),
      profile: z.string().describe("Kasten's location profile that backups are exported to."),
      frequency: z.enum(['@hourly', '@daily', '@weekly', '@monthly', '@yearly', '@onDemand']),
      retention: z.strictObject({
        hourly: count.optional(),
        daily: count.optional(),
        weekly: count.optional(),
        monthly: count.optional(),
        yearly: count.optional(),
      }),
    })
    .describe('A policy for one namespace.'),
});

export type Values = z.infer<typeof values>;

export const POLICY_DEFAULTS = {
  name: 'cassandra-cass-operator',
  namespace: 'cass-operator',
  profile: 'location',
  frequency: '@daily',
} as const;

export const defaultValues: Values = {
  image: DEFAULTS.image,
  imagePullSecrets: [],
  kastenNamespace: DEFAULTS.kastenNamespace,
  datacenterNamespaces: [],
  clusterWide: false,
  secrets: [],
  allSecrets: false,
  mode: DEFAULTS.mode,
  builtinVersions: [...DEFAULTS.builtinVersions],
  hookMinutes: DEFAULTS.hookMinutes,
  abandonAfterHours: DEFAULTS.abandonAfterHours,
  keep: DEFAULTS.keep,
  resources: DEFAULTS.resources,
  tolerations: [],
  nodeSelector: {},
  priorityClassName: '',
  jobs: { requests: {}, limits: {}, labels: {}, annotations: {}, user: '' },
  doctor: DEFAULTS.doctor,
  policy: { enabled: false, ...POLICY_DEFAULTS, retention: { ...RETENTION } },
};

/** `values.schema.json`: Helm refuses what does not fit. */
export function valuesSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(values, { target: 'draft-7' }), null, 2)}\n`;
}
