import { HOOK_RESOURCES } from './settings.ts';

export interface CommandPodOptions {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly args: readonly string[];
}

/** A pod that runs one command under the service account of `rbac`, with nothing that it does not need. */
export function commandPod({ name, namespace, image, args }: CommandPodOptions) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/name': 'kassette' } },
    spec: {
      serviceAccountName: 'kassette',
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'kassette',
          image,
          args,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: HOOK_RESOURCES,
        },
      ],
    },
  };
}
