import { RESTRICTED } from './jobs.ts';

export interface CleanJobOptions {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  /** The claim whose volume is restored; nothing else may use it. */
  readonly claim: string;
  /** Of `clean-volume`, without the path. */
  readonly args: readonly string[];
  /** Whether it only looks: then nothing that it does could change the volume. */
  readonly readOnly: boolean;
  /** As in the datacenter's pods: files keep owner, group and mode, and links need them. */
  readonly user: PodUser;
  /** Where the datacenter's pods may run this has to as well, or the volume cannot be mounted. */
  readonly tolerations?: readonly object[];
  /** Secrets of the namespace for the image's registry. */
  readonly pullSecrets?: readonly string[];
  /**
   * For its secrets for registries, and where rights to run as a certain user hang on it; the Job gets no token of it.
   */
  readonly serviceAccount?: string | undefined;
}

export interface PodUser {
  readonly runAsUser: number;
  readonly runAsGroup: number;
  readonly fsGroup: number;
}

/** cass-operator's own, where a datacenter says nothing else. */
export const CASSANDRA_USER: PodUser = { runAsUser: 999, runAsGroup: 999, fsGroup: 999 };

const MOUNT = '/var/lib/cassandra';
const HOUR_S = 3600;

/** A Job that restores one volume cold, under the pod security level `restricted` and with no rights in Kubernetes. */
export function cleanJob(options: CleanJobOptions) {
  const { name, namespace, image, claim, args, readOnly, user, serviceAccount } = options;
  const { tolerations = [], pullSecrets = [] } = options;
  const labels = { 'app.kubernetes.io/name': 'kassette', 'app.kubernetes.io/component': 'clean-volume' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      // What went wrong goes wrong again; the run that made the Job decides.
      backoffLimit: 0,
      ttlSecondsAfterFinished: HOUR_S,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
          automountServiceAccountToken: false,
          ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((n) => ({ name: n })) }),
          securityContext: {
            runAsNonRoot: true,
            ...user,
            // Not through all files of a big volume, when its top has the group already.
            fsGroupChangePolicy: 'OnRootMismatch',
            seccompProfile: { type: 'RuntimeDefault' },
          },
          ...(tolerations.length === 0 ? {} : { tolerations: [...tolerations] }),
          containers: [
            {
              name: 'kassette',
              image,
              args: ['clean-volume', '--path', MOUNT, '--output', 'json', ...args],
              // Not the claim itself: a volume that was copied while it was written to may have to be mended to be mounted.
              volumeMounts: [{ name: 'server-data', mountPath: MOUNT, readOnly }],
              securityContext: RESTRICTED,
              resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
            },
          ],
          volumes: [{ name: 'server-data', persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
}
