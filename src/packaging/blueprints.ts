import type { K8ssandraName } from '../domain/k8ssandra/members.ts';
import { commandTask, kubeTask, SUBJECT, sharingSubject } from './kube-task.ts';
import type { TaskSettings } from './settings.ts';

/** The reference's name. */
export const HOOKS_BLUEPRINT = 'cassandra-bp';
export const DATACENTER_BLUEPRINT = 'kassette-datacenter-bp';
/** The reference's name, the same for every version: there is to be one. */
const BUILTIN_BINDING = 'cassandradatacenter-bp-binding';
const DATACENTER_BINDING = 'kassette-datacenter-bp-binding';

/** The hooks blueprint's actions, each with the command that it runs. `backupFailed` undoes what beforeBackup made. */
export const HOOKS = {
  beforeBackup: ['before-backup'],
  afterBackup: ['after-backup'],
  backupFailed: ['after-backup', '--failed'],
  beforeRestore: ['before-restore'],
  afterRestore: ['after-restore'],
} as const;

/** The same for a blueprint that is bound to a resource; the names are Kasten's. */
const BOUND = {
  backupPrehook: ['before-backup'],
  backupPosthook: ['after-backup'],
  restorePosthook: ['after-restore'],
} as const;

/** For the hooks of policies and restores: the subject is a namespace. */
export function hooksBlueprint(settings: TaskSettings, kastenNamespace: string) {
  return blueprint(HOOKS_BLUEPRINT, kastenNamespace, HOOKS, (name, command) => ({
    kind: 'Namespace',
    phases: [commandTask(name, settings, command, SUBJECT.namespace)],
  }));
}

/** Each K8ssandraCluster has its own, which names it. A namespace has no dot in its name, so no two of these names are the same. */
export function k8ssandraBlueprintName({ namespace, name }: K8ssandraName): string {
  return `kassette-k8ssandra.${namespace}.${name}`;
}

/** For the hooks of a policy on all namespaces of a K8ssandraCluster, and of their restores. */
export function k8ssandraBlueprint(settings: TaskSettings, kastenNamespace: string, cluster: K8ssandraName) {
  return blueprint(k8ssandraBlueprintName(cluster), kastenNamespace, HOOKS, (name, command) => ({
    kind: 'Namespace',
    phases: [commandTask(name, settings, command, sharingSubject(cluster))],
  }));
}

/** For a binding: the subject is one CassandraDatacenter. */
export function datacenterBlueprint(settings: TaskSettings, kastenNamespace: string) {
  return blueprint(DATACENTER_BLUEPRINT, kastenNamespace, BOUND, (name, command) => ({
    phases: [commandTask(name, settings, command, SUBJECT.datacenter)],
  }));
}

export function datacenterBinding(kastenNamespace: string) {
  return binding(DATACENTER_BINDING, DATACENTER_BLUEPRINT, kastenNamespace);
}

const ARTIFACT = 'cassandraCloudDump';

/** Takes the place of Kasten's built-in blueprint, whose Medusa is not there; does nothing, and Kasten copies the volumes. */
export function builtinOverride(settings: TaskSettings, kastenNamespace: string, version: string) {
  const does = (name: string) => ({ phases: [kubeTask(name, settings, ['--version'])] });
  return {
    ...head('cr.kanister.io/v1alpha1', 'Blueprint', builtinName(version), kastenNamespace),
    actions: {
      backup: {
        outputArtifacts: { [ARTIFACT]: { keyValue: { madeBy: 'kassette' } } },
        ...does('noOpBackup'),
      },
      restore: { inputArtifactNames: [ARTIFACT], ...does('noOpRestore') },
      delete: { inputArtifactNames: [ARTIFACT], ...does('noOpDelete') },
    },
  };
}

export function builtinBinding(kastenNamespace: string, version: string) {
  return binding(BUILTIN_BINDING, builtinName(version), kastenNamespace);
}

export function builtinName(version: string): string {
  return `k10-k8ssandra-bp-${version}`;
}

function blueprint<T extends Readonly<Record<string, readonly string[]>>>(
  name: string,
  namespace: string,
  commands: T,
  action: (name: string, command: readonly string[]) => object,
) {
  const actions = Object.entries(commands).map(([n, command]) => [n, action(n, command)] as const);
  return {
    ...head('cr.kanister.io/v1alpha1', 'Blueprint', name, namespace),
    actions: Object.fromEntries(actions),
  };
}

/** Of all bindings that match, Kasten takes the oldest one. */
function binding(name: string, blueprintName: string, namespace: string) {
  return {
    ...head('config.kio.kasten.io/v1alpha1', 'BlueprintBinding', name, namespace),
    spec: {
      blueprintRef: { name: blueprintName, namespace },
      resources: {
        matchAll: [
          {
            type: {
              operator: 'In',
              values: [{ group: 'cassandra.datastax.com', resource: 'cassandradatacenters' }],
            },
          },
        ],
      },
    },
  };
}

function head(apiVersion: string, kind: string, name: string, namespace: string) {
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, labels: { 'app.kubernetes.io/name': 'kassette' } },
  };
}
