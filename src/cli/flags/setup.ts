import { z } from 'zod';
import { POLICY_DEFAULTS } from '../../packaging/chart/values.ts';
import type { ServiceAccountName } from '../../packaging/rbac.ts';
import { DEFAULTS, MARGIN_MINUTES } from '../../packaging/settings.ts';
import { CONNECTION } from './connection.ts';
import { countAbove, flag, ON, oneOf, parsed, TEXT, TEXT_OR_NONE, TEXTS } from './flag.ts';
import { JOBS, QUANTITIES } from './jobs.ts';
import { TARGET } from './target.ts';

// The commands that print manifests have their own flags: what these name is written down, not looked up, but for secrets.
const { group: _, ...kastenNamespace } = TARGET.kastenNamespace;
const { kubeconfig, context } = CONNECTION;

const allSecrets = flag('--all-secrets', 'allow reading every secret where the rights hold', ON, {
  conflicts: 'secret',
});

const namespace = flag('-n, --namespace <name>', 'namespace of the datacenters', z.string(), {
  required: true,
  neverEmpty: true,
});

const MODE = oneOf('hooks', 'datacenter');

export const RBAC = {
  namespace,
  k8ssandraCluster: flag(
    '--k8ssandra-cluster <name>',
    'K8ssandraCluster in that namespace: grant the rights where its datacenters are, looked up in the cluster',
    TEXT_OR_NONE,
    { neverEmpty: true, conflicts: 'clusterWide' },
  ),
  account: flag(
    '--service-account <namespace/name>',
    'grant the rights to this existing service account (default: create kassette in the namespace)',
    parsed(parseAccount, 'of the form NAMESPACE/NAME').optional(),
  ),
  clusterWide: flag('--cluster-wide', 'grant the rights in every namespace of the cluster', ON),
  secrets: flag(
    '--secret <name...>',
    'allow reading these secrets (default: those that the datacenters use, looked up in the cluster)',
    TEXTS,
  ),
  allSecrets,
  outside: flag('--outside', 'also grant the right to forward ports, for runs from outside the cluster', ON),
  ...{ kubeconfig, context },
};

export const POLICY = {
  namespace,
  k8ssandraCluster: flag(
    '--k8ssandra-cluster <name>',
    'K8ssandraCluster in that namespace: back up all namespaces of its datacenters, looked up in the cluster, as one',
    TEXT_OR_NONE,
    { neverEmpty: true },
  ),
  forNamespace: flag(
    '--for-namespace <name>',
    'with --k8ssandra-cluster and --restore-point: the namespace that is restored (default: that of the K8ssandraCluster)',
    TEXT,
    { neverEmpty: true },
  ),
  kastenNamespace,
  name: flag('--name <name>', 'name of the policy (default: cassandra-NAMESPACE)', TEXT),
  profile: flag('--profile <name>', 'location profile to which Kasten exports the backups', z.string(), {
    default: POLICY_DEFAULTS.profile,
  }),
  frequency: flag(
    '--frequency <frequency>',
    'how often the policy runs',
    oneOf('@hourly', '@daily', '@weekly', '@monthly', '@yearly', '@onDemand'),
    { default: POLICY_DEFAULTS.frequency },
  ),
  mode: flag(
    '--mode <mode>',
    'hooks in the policy, or a blueprint that is bound to every CassandraDatacenter; the same as for manifests',
    MODE,
    { default: DEFAULTS.mode },
  ),
  restorePoint: flag(
    '--restore-point <name>',
    'print a restore of this restore point instead of a policy',
    TEXT,
  ),
  ...{ kubeconfig, context },
};

export const MANIFESTS = {
  namespace: flag(
    '-n, --namespace <name>',
    "namespace of kassette, in which the hooks' pods run",
    z.string(),
    { default: DEFAULTS.namespace, neverEmpty: true },
  ),
  kastenNamespace,
  image: flag(
    '--image <image>',
    'image of kassette, in a registry from which the nodes can pull',
    z.string(),
    { default: DEFAULTS.image },
  ),
  imagePullSecrets: flag(
    '--image-pull-secret <name...>',
    "secrets for that registry, in kassette's namespace, and for cold restores in those of the datacenters",
    TEXTS,
  ),
  datacenterNamespaces: flag(
    '--datacenter-namespace <name...>',
    'namespaces of the datacenters, in which the rights hold; with --k8ssandra-cluster that of the K8ssandraCluster',
    TEXTS,
    { neverEmpty: true, locates: 'namespace' },
  ),
  k8ssandraCluster: flag(
    '--k8ssandra-cluster <name>',
    'K8ssandraCluster in that namespace: rights and hooks for all namespaces of its datacenters, looked up in the cluster',
    TEXT_OR_NONE,
    { neverEmpty: true, conflicts: 'clusterWide' },
  ),
  clusterWide: flag('--cluster-wide', 'grant the rights in every namespace of the cluster instead', ON, {
    conflicts: 'datacenterNamespace',
  }),
  secrets: flag(
    '--secret <name...>',
    'allow reading these secrets there (default: those that the datacenters use, looked up in the cluster)',
    TEXTS,
  ),
  allSecrets,
  mode: flag(
    '--mode <mode>',
    'hooks in policies, or a blueprint that is bound to every CassandraDatacenter',
    MODE,
    { default: DEFAULTS.mode },
  ),
  builtinVersions: flag(
    '--builtin-version <version...>',
    "versions of Kasten's built-in blueprint to override",
    TEXTS,
    { default: DEFAULTS.builtinVersions },
  ),
  hookMinutes: flag(
    '--hook-minutes <minutes>',
    'time limit of Kasten for a hook',
    countAbove(MARGIN_MINUTES, `a number of minutes above ${MARGIN_MINUTES}`),
    { default: String(DEFAULTS.hookMinutes), plain: true },
  ),
  abandonAfterHours: flag(
    '--abandon-after-hours <hours>',
    'time for which no other run may remove a backup; longer than Kasten takes to copy the volumes',
    countAbove(0, 'a number of hours'),
    { default: String(DEFAULTS.abandonAfterHours), plain: true },
  ),
  keep: flag(
    '--keep <count>',
    'how many backups stay in the volumes when one is closed, as bases of the archived commit log; 1: none does',
    countAbove(0, 'a number of backups'),
    { default: String(DEFAULTS.keep), plain: true },
  ),
  hookRequests: flag(
    '--hook-request <k=v...>',
    "what the hooks' pods request (default: cpu=250m memory=128Mi)",
    QUANTITIES,
  ),
  hookLimits: flag(
    '--hook-limit <k=v...>',
    "limits of the hooks' pods (default: cpu=2 memory=512Mi); `cpu=` for none",
    QUANTITIES,
  ),
  ...JOBS,
  doctor: flag('--no-doctor', 'leave out the rights that doctor needs', z.boolean()),
  ...{ kubeconfig, context },
};

export const COMPLETION = {
  shell: flag('<shell>', '', oneOf('bash', 'zsh', 'fish')),
};

function parseAccount(text: string): ServiceAccountName | null {
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text) ?? [];
  return namespace === undefined || name === undefined ? null : { namespace, name };
}
