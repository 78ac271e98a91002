import { CASSANDRA_USER, type PodUser } from '../../../domain/jobs/pod-user.ts';
import {
  CLEAN_RESOURCES,
  type JobSettings,
  NO_MESH,
  NO_SETTINGS,
  resourcesOf,
} from '../../../domain/jobs/settings.ts';
import { RESTRICTED } from './jobs.ts';

export interface CleanJobOptions {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  /** The claim whose volume is restored; nothing else may use it. Undefined for a trial, which mounts none. */
  readonly claim: string | undefined;
  /** The command, and its options without the path. */
  readonly args: readonly string[];
  /** Whether it only looks: then nothing that it does could change the volume. */
  readonly readOnly: boolean;
  /** As in the datacenter's pods: files keep owner, group and mode, and links need them. */
  readonly user: PodUser;
  /** Where the datacenter's pods may run this has to as well, or the volume cannot be mounted. */
  readonly tolerations?: readonly object[];
  /** As in the datacenter's pods, whose place it takes: a quota or a full machine may ask for it. */
  readonly priorityClass?: string | undefined;
  /** Secrets of the namespace for the image's registry. */
  readonly pullSecrets?: readonly string[];
  /**
   * For its secrets for registries, and where rights to run as a certain user hang on it; the Job gets no token of it.
   */
  readonly serviceAccount?: string | undefined;
  readonly settings?: JobSettings;
}

export { CASSANDRA_USER };

/** The own container of a Job's pod, whatever else is put into that. */
export const CONTAINER = 'kassette';
const MOUNT = '/var/lib/cassandra';
const HOUR_S = 3600;

/** A Job that restores one volume cold, under the pod security level `restricted` and with no rights in Kubernetes. */
export function cleanJob(options: CleanJobOptions) {
  const { name, namespace, settings = NO_SETTINGS } = options;
  const labels = { 'app.kubernetes.io/name': 'kassette', 'app.kubernetes.io/component': 'clean-volume' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      // What went wrong goes wrong again; the run that made the Job decides.
      backoffLimit: 0,
      ttlSecondsAfterFinished: HOUR_S,
      template: { metadata: podMetadata(labels, settings), spec: podSpec(options) },
    },
  };
}

/** What keeps proxies out, and what was asked for; kassette's own labels are those by which it finds the pod. */
export function podMetadata(own: Readonly<Record<string, string>>, { labels, annotations }: JobSettings) {
  return {
    labels: { ...NO_MESH.labels, ...labels, ...own },
    annotations: { ...NO_MESH.annotations, ...annotations },
  };
}

function podSpec(options: CleanJobOptions) {
  const { image, claim, args, readOnly, user, serviceAccount, priorityClass } = options;
  const { tolerations = [], pullSecrets = [], settings = NO_SETTINGS } = options;
  return {
    restartPolicy: 'Never',
    ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
    automountServiceAccountToken: false,
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((n) => ({ name: n })) }),
    ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
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
        name: CONTAINER,
        image,
        args:
          claim === undefined ? [...args] : ['clean-volume', '--path', MOUNT, '--output', 'json', ...args],
        // Not the claim itself: a volume that was copied while it was written to may have to be mended to be mounted.
        ...(claim === undefined
          ? {}
          : { volumeMounts: [{ name: 'server-data', mountPath: MOUNT, readOnly }] }),
        securityContext: RESTRICTED,
        resources: resourcesOf(settings, CLEAN_RESOURCES),
      },
    ],
    ...(claim === undefined
      ? {}
      : { volumes: [{ name: 'server-data', persistentVolumeClaim: { claimName: claim } }] }),
  };
}
