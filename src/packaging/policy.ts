import { HOOKS_BLUEPRINT } from './blueprints.ts';
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
  const { namespace, kastenNamespace, name, frequency, retention, mode } = options;
  const profile = { name: options.profile, namespace: kastenNamespace };
  return {
    apiVersion: 'config.kio.kasten.io/v1alpha1',
    kind: 'Policy',
    metadata: { name, namespace: kastenNamespace },
    spec: {
      comment: `Cassandra in ${namespace}, with kassette`,
      frequency,
      retention,
      selector: {
        matchExpressions: [{ key: 'k10.kasten.io/appNamespace', operator: 'In', values: [namespace] }],
      },
      actions: [
        {
          action: 'backup',
          // A bound blueprint is found from the StatefulSets, which therefore have to be in the backup.
          backupParameters: {
            profile,
            ...(mode === 'hooks' ? { filters: STATEFUL_SETS, hooks: BACKUP_HOOKS } : {}),
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

const hook = (actionName: string) => ({ blueprint: HOOKS_BLUEPRINT, actionName });

const BACKUP_HOOKS = {
  preHook: hook('beforeBackup'),
  onSuccess: hook('afterBackup'),
  onFailure: hook('backupFailed'),
};

const RESTORE_HOOKS = { preHook: hook('beforeRestore'), onSuccess: hook('afterRestore') };

export interface RestoreOptions {
  /** Where the datacenters are restored to. */
  readonly namespace: string;
  readonly restorePoint: string;
  readonly mode: Mode;
}

/** A restore of a restore point; to be created, not applied: its name is generated each time. */
export function restoreAction({ namespace, restorePoint, mode }: RestoreOptions) {
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
      ...(mode === 'hooks' ? { hooks: RESTORE_HOOKS } : {}),
    },
  };
}
