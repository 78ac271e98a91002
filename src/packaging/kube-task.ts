import type { K8ssandraName } from '../domain/k8ssandra/members.ts';
import type { TaskSettings } from './settings.ts';

/** Kanister's name of the container that an override is merged into. */
const CONTAINER = 'container';

/**
 * Kanister copies this label from the ActionSet to the pod of a KubeTask; it was made for the id of Kasten's job, which runs all
 * hooks of one backup. Where there is no such label the variable is empty.
 */
const RUN = {
  name: 'KASSETTE_RUN',
  valueFrom: { fieldRef: { fieldPath: "metadata.labels['kanister.io/JobID']" } },
};

/** Whom a command is about, as Kanister's template sees it. */
export const SUBJECT = {
  namespace: ['--namespace', '{{ .Namespace.Name }}'],
  datacenter: [
    '--namespace',
    '{{ .Object.metadata.namespace }}',
    '--datacenter',
    '{{ .Object.metadata.name }}',
  ],
} as const;

/**
 * The same of a hook that Kasten calls for one namespace of a K8ssandraCluster: the command is about all of it. Kasten calls the hooks of a
 * policy on several namespaces once for each, with that namespace as the object (docs.kasten.io/latest/kanister/hooks.html).
 */
export function sharingSubject({ namespace, name }: K8ssandraName): readonly string[] {
  return ['--namespace', namespace, '--k8ssandra-cluster', name, '--for-namespace', '{{ .Namespace.Name }}'];
}

/** A phase that runs one command as a pod in kassette's own namespace, with kassette's rights instead of Kasten's. */
export function kubeTask(
  name: string,
  settings: TaskSettings,
  args: readonly string[],
  env: readonly object[] = [],
) {
  return {
    func: 'KubeTask',
    name,
    args: {
      namespace: settings.namespace,
      image: settings.image,
      // Takes the place of the image's entry point.
      command: ['node', '/app/kassette.mjs', ...args],
      podOverride: podOverride(settings, env),
    },
  };
}

/** The phase of an action: its command on a subject, with the results as Kanister's phase outputs. */
export function commandTask(
  name: string,
  settings: TaskSettings,
  [command = '', ...words]: readonly string[],
  subject: readonly string[],
) {
  // Nodes that come up one after the other are waited for until then, and no longer: the pod's own limit follows.
  const common = ['--timeout', settings.timeout, '--max-wait', settings.timeout, '--output', 'kanister'];
  // Where Cassandra does not start on the restored data, they are restored by Jobs of the same image.
  const image = command === 'after-restore' ? ['--image', settings.image, ...settings.jobArguments] : [];
  const elsewhere = command === 'before-restore' ? settings.otherNamespaceArguments : [];
  const reads = ['before-backup', 'after-restore'].includes(command);
  const limit = reads ? ['--time-limit', `${settings.deadlineSeconds}s`] : [];
  // One word: as a word of its own the number would be none of a YAML's texts.
  const kept = `--keep=${settings.keep}`;
  const open = command === 'before-backup' ? ['--abandon-after', settings.abandonAfter, kept] : [];
  const env = command.endsWith('-backup') ? [RUN] : [];
  return kubeTask(
    name,
    settings,
    [command, ...words, ...subject, ...common, ...limit, ...open, ...elsewhere, ...image],
    env,
  );
}

function podOverride(
  { imagePullSecrets, deadlineSeconds, resources, placement }: TaskSettings,
  env: readonly object[],
) {
  return {
    serviceAccountName: 'kassette',
    // Some installations of Kasten take the token away from such pods.
    automountServiceAccountToken: true,
    activeDeadlineSeconds: deadlineSeconds,
    terminationGracePeriodSeconds: 60,
    ...(imagePullSecrets === undefined ? {} : { imagePullSecrets }),
    ...placement,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: CONTAINER,
        ...(env.length === 0 ? {} : { env }),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        resources,
      },
    ],
  };
}
