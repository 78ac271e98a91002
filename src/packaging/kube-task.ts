import type { TaskSettings } from './settings.ts';

/** Kanister's name of the container that an override is merged into. */
const CONTAINER = 'container';

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

/** A phase that runs one command as a pod in kassette's own namespace, with kassette's rights instead of Kasten's. */
export function kubeTask(name: string, settings: TaskSettings, args: readonly string[]) {
  return {
    func: 'KubeTask',
    name,
    args: {
      namespace: settings.namespace,
      image: settings.image,
      // Takes the place of the image's entry point.
      command: ['node', '/app/kassette.mjs', ...args],
      podOverride: podOverride(settings),
    },
  };
}

/** The phase of an action: its command on a subject, with the results as Kanister's phase outputs. */
export function commandTask(
  name: string,
  settings: TaskSettings,
  command: string,
  subject: readonly string[],
) {
  // Nodes that come up one after the other are waited for until then, and no longer: the pod's own limit follows.
  const common = ['--timeout', settings.timeout, '--max-wait', settings.timeout, '--output', 'kanister'];
  // Where Cassandra does not start on the restored data, they are restored by Jobs of the same image.
  const image =
    command === 'after-restore' ? ['--image', settings.image, ...settings.pullSecretArguments] : [];
  return kubeTask(name, settings, [command, ...subject, ...common, ...image]);
}

function podOverride({ imagePullSecrets, deadlineSeconds, resources }: TaskSettings) {
  return {
    serviceAccountName: 'kassette',
    // Some installations of Kasten take the token away from such pods.
    automountServiceAccountToken: true,
    activeDeadlineSeconds: deadlineSeconds,
    terminationGracePeriodSeconds: 60,
    ...(imagePullSecrets === undefined ? {} : { imagePullSecrets }),
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: CONTAINER,
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
