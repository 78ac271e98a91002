import type { V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { CASSANDRA_USER } from '../jobs/clean-job.ts';
import { type JobObject, RESTRICTED } from '../jobs/jobs.ts';

/** Of a datacenter's pod what lets another one read and write the same files: image, user, where it may run. */
export interface Host {
  readonly container: Pick<NonNullable<V1PodSpec['containers'][number]>, 'image' | 'imagePullPolicy'>;
  readonly pod: Pick<V1PodSpec, 'imagePullSecrets' | 'tolerations' | 'securityContext'>;
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
  /** A live volume to mount as well, on the machine where it is mounted. */
  readonly live: { readonly claim: string; readonly mount: string; readonly machine: string } | undefined;
}

/** Where the clone is in a pod of such a Job, and what shows that the pod is in use. */
export const CLONE = '/kassette/clone';
export const USED = '/tmp/used';

const CONTAINER = 'cassandra';
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
  const { name, namespace, component, host, clone, live } = options;
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
        metadata: { labels },
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
              // A machine that has little left beside Cassandra has to do.
              resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '512Mi' } },
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

function affinity({ near, live }: CloneJobOptions) {
  const on = (machine: string) => ({
    matchFields: [{ key: 'metadata.name', operator: 'In', values: [machine] }],
  });
  return {
    ...(live === undefined
      ? {}
      : { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [on(live.machine)] } }),
    ...(near === undefined
      ? {}
      : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: on(near) }] }),
  };
}

export function hostOf({ spec }: V1Pod): Host {
  const container = spec?.containers.find((c) => c.name === CONTAINER);
  const { image, imagePullPolicy, securityContext: own = {} } = container ?? {};
  const { imagePullSecrets, tolerations, securityContext: whole = {} } = spec ?? {};
  const runAsUser = own.runAsUser ?? whole.runAsUser ?? CASSANDRA_USER.runAsUser;
  const runAsGroup = own.runAsGroup ?? whole.runAsGroup ?? CASSANDRA_USER.runAsGroup;
  const { fsGroup = runAsGroup, supplementalGroups } = whole;
  // Under another label of SELinux the live volume would be taken from Cassandra.
  const seLinuxOptions = own.seLinuxOptions ?? whole.seLinuxOptions;
  return {
    container: { ...(image && { image }), ...(imagePullPolicy && { imagePullPolicy }) },
    pod: {
      ...(imagePullSecrets && { imagePullSecrets }),
      ...(tolerations && { tolerations }),
      securityContext: {
        ...{ runAsNonRoot: runAsUser !== 0, runAsUser, runAsGroup, fsGroup },
        fsGroupChangePolicy: 'OnRootMismatch',
        ...(supplementalGroups && { supplementalGroups }),
        ...(seLinuxOptions && { seLinuxOptions }),
        seccompProfile: { type: 'RuntimeDefault' },
      },
    },
  };
}
