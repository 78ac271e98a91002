import type { V1Pod, V1PodSpec } from '@kubernetes/client-node';
import {
  CLONE_RESOURCES,
  type JobSettings,
  NO_SETTINGS,
  resourcesOf,
} from '../../../domain/jobs/settings.ts';
import { podMetadata } from '../jobs/clean-job.ts';
import { userOf } from '../jobs/job-pod.ts';
import { type JobObject, RESTRICTED } from '../jobs/jobs.ts';

/** Of a datacenter's pod what lets another one read and write the same files: image, user, where it may run. */
export interface Host {
  readonly container: Pick<NonNullable<V1PodSpec['containers'][number]>, 'image' | 'imagePullPolicy'>;
  readonly pod: Pick<
    V1PodSpec,
    'imagePullSecrets' | 'tolerations' | 'securityContext' | 'serviceAccountName' | 'priorityClassName'
  >;
}

export interface CloneJobOptions {
  readonly name: string;
  readonly namespace: string;
  readonly component: string;
  readonly host: Host;
  /** The clone's claim. */
  readonly clone: string;
  /** The machine where it had best be. */
  readonly near: string | undefined;
  /** A machine that does not mount it. */
  readonly avoid?: string | undefined;
  /** A live volume to mount as well, on the machine where it is mounted. */
  readonly live: { readonly claim: string; readonly mount: string; readonly machine: string } | undefined;
  readonly settings?: JobSettings;
}

/** Where the clone is in a pod of such a Job, and what shows that the pod is in use. */
export const CLONE = '/kassette/clone';
export const USED = '/tmp/used';

/** The own container of such a pod, called like the one whose image it has. */
export const CONTAINER = 'cassandra';
const IDLE_MINUTES = '10';
const WEEK_S = 7 * 24 * 3600;
const TTL_S = 600;

/** The run that made the pod may be killed: unused for so many minutes, the pod ends and releases the volumes. */
const WAIT_UNTIL_IDLE = `used=$1
idle=$2
: > "$used"
trap 'exit 0' TERM
while [ -n "$(find "$used" -mmin "-$idle")" ]; do
  sleep 5 & wait $!
  set -- /proc/[0-9]*
  [ $# -le 1 ] || : > "$used"
done`;

/**
 * A Job whose pod does nothing but mount a clone, read-only, with the datacenter's own image, for scripts to be run there;
 * under the pod security level `restricted` and with no rights in Kubernetes.
 */
export function cloneJob(options: CloneJobOptions): JobObject {
  const { name, namespace, component, host, clone, live, settings = NO_SETTINGS } = options;
  const labels = { 'app.kubernetes.io/name': 'kassette', 'app.kubernetes.io/component': component };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: WEEK_S,
      ttlSecondsAfterFinished: TTL_S,
      template: {
        metadata: podMetadata(labels, settings),
        spec: {
          ...host.pod,
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 5,
          affinity: { nodeAffinity: affinity(options) },
          containers: [
            {
              ...host.container,
              name: CONTAINER,
              command: ['sh', '-c', WAIT_UNTIL_IDLE, 'kassette', USED, IDLE_MINUTES],
              volumeMounts: [
                { name: 'clone', mountPath: CLONE, readOnly: true },
                { name: 'tmp', mountPath: '/tmp' },
                ...(live === undefined ? [] : [{ name: 'live', mountPath: live.mount }]),
              ],
              securityContext: RESTRICTED,
              resources: resourcesOf(settings, CLONE_RESOURCES),
            },
          ],
          volumes: [
            // Not only the mount: else Kubernetes might set groups and modes in the clone.
            { name: 'clone', persistentVolumeClaim: { claimName: clone, readOnly: true } },
            { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
            ...(live === undefined
              ? []
              : [{ name: 'live', persistentVolumeClaim: { claimName: live.claim } }]),
          ],
        },
      },
    },
  };
}

function affinity({ near, live, avoid }: CloneJobOptions) {
  const on = (machine: string, operator = 'In') => ({
    matchFields: [{ key: 'metadata.name', operator, values: [machine] }],
  });
  const required = live === undefined ? avoid && on(avoid, 'NotIn') : on(live.machine);
  return {
    ...(required
      ? { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [required] } }
      : {}),
    ...(near === undefined || near === avoid
      ? {}
      : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: on(near) }] }),
  };
}

export function hostOf(pod: V1Pod): Host {
  const { spec } = pod;
  const container = spec?.containers.find((c) => c.name === CONTAINER);
  const { image, imagePullPolicy, securityContext: own = {} } = container ?? {};
  const { imagePullSecrets, tolerations, securityContext: whole = {} } = spec ?? {};
  const { serviceAccountName, priorityClassName } = spec ?? {};
  const user = userOf(pod);
  // Under another label of SELinux the live volume would be taken from Cassandra.
  const seLinuxOptions = own.seLinuxOptions ?? whole.seLinuxOptions;
  return {
    container: { ...(image && { image }), ...(imagePullPolicy && { imagePullPolicy }) },
    pod: {
      ...(imagePullSecrets && { imagePullSecrets }),
      ...(tolerations && { tolerations }),
      // Rights to run as that user may hang on it; the pod gets no token of it.
      ...(serviceAccountName && { serviceAccountName }),
      ...(priorityClassName && { priorityClassName }),
      securityContext: {
        runAsNonRoot: user.runAsUser !== 0,
        ...user,
        fsGroupChangePolicy: 'OnRootMismatch',
        ...(seLinuxOptions && { seLinuxOptions }),
        seccompProfile: { type: 'RuntimeDefault' },
      },
    },
  };
}
