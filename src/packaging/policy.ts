import { called, type K8ssandraName } from '../domain/k8ssandra/members.ts';
import { HOOKS_BLUEPRINT, k8ssandraBlueprintName } from './blueprints.ts';
import type { Mode, OrExpression } from './settings.ts';

export interface PolicyOptions {
  /** The datacenters' namespace. */
  readonly namespace: string;
  readonly kastenNamespace: string;
  /** The policy's own name. */
  readonly name: string;
  /** The location profile that backups are exported to. */
  readonly profile: string;
  readonly frequency: string;
  readonly retention: OrExpression<Retention>;
  readonly mode: Mode;
  /** Whose datacenters are in all of these namespaces, that of the policy or not: one policy is for all of them. */
  readonly k8ssandra?: { readonly cluster: K8ssandraName; readonly namespaces: readonly string[] };
}

/** How many backups of each kind are kept. */
export type Retention = Readonly<
  Partial<Record<'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly', number>>
>;

export const RETENTION: Retention = { daily: 7, weekly: 4, monthly: 12, yearly: 7 };

/** cass-operator recreates them from the CassandraDatacenter; restored ones would obstruct it. */
const STATEFUL_SETS = { excludeResources: [{ group: 'apps', resource: 'statefulsets' }] };

/** A policy that makes a backup of a namespace and exports it. */
export function policy(options: PolicyOptions) {
  const { namespace, kastenNamespace, name, frequency, retention, mode, k8ssandra } = options;
  const what = k8ssandra === undefined ? `Cassandra in ${namespace}` : called(k8ssandra.cluster);
  const values = k8ssandra === undefined ? [namespace] : [...k8ssandra.namespaces];
  const profile = { name: options.profile, namespace: kastenNamespace };
  return {
    apiVersion: 'config.kio.kasten.io/v1alpha1',
    kind: 'Policy',
    metadata: { name, namespace: kastenNamespace },
    spec: {
      comment: `${what}, with kassette`,
      frequency,
      retention,
      selector: {
        matchExpressions: [{ key: 'k10.kasten.io/appNamespace', operator: 'In', values }],
      },
      actions: [
        {
          action: 'backup',
          // A bound blueprint is found from the StatefulSets, which therefore have to be in the backup.
          backupParameters: {
            profile,
            ...(mode === 'hooks' ? { filters: STATEFUL_SETS, hooks: backupHooks(k8ssandra?.cluster) } : {}),
          },
        },
        {
          action: 'export',
          exportParameters: { frequency, profile, exportData: { enabled: true } },
        },
      ],
    },
  };
}

function hooksOf(cluster: K8ssandraName | undefined) {
  const blueprint = cluster === undefined ? HOOKS_BLUEPRINT : k8ssandraBlueprintName(cluster);
  return (actionName: string) => ({ blueprint, actionName });
}

function backupHooks(cluster: K8ssandraName | undefined) {
  const hook = hooksOf(cluster);
  return {
    preHook: hook('beforeBackup'),
    onSuccess: hook('afterBackup'),
    onFailure: hook('backupFailed'),
  };
}

function restoreHooks(cluster: K8ssandraName | undefined) {
  const hook = hooksOf(cluster);
  return { preHook: hook('beforeRestore'), onSuccess: hook('afterRestore') };
}

export interface RestoreOptions {
  /** Where the datacenters are restored to. */
  readonly namespace: string;
  readonly restorePoint: string;
  readonly mode: Mode;
  /** Of which the datacenters are a part. */
  readonly cluster?: K8ssandraName | undefined;
}

/** A restore of a restore point; to be created, not applied: its name is generated each time. */
export function restoreAction({ namespace, restorePoint, mode, cluster }: RestoreOptions) {
  return {
    apiVersion: 'actions.kio.kasten.io/v1alpha1',
    kind: 'RestoreAction',
    metadata: {
      generateName: `restore-${namespace}-`,
      namespace,
      labels: { 'k10.kasten.io/appName': namespace, 'k10.kasten.io/appNamespace': namespace },
    },
    spec: {
      subject: {
        apiVersion: 'apps.kio.kasten.io/v1alpha1',
        kind: 'RestorePoint',
        name: restorePoint,
        namespace,
      },
      targetNamespace: namespace,
      filters: STATEFUL_SETS,
      ...(mode === 'hooks' ? { hooks: restoreHooks(cluster) } : {}),
    },
  };
}
