import type { V1Pod } from '@kubernetes/client-node';
import { CASSANDRA_USER, type PodUser } from '../../../domain/jobs/pod-user.ts';
import type { CassandraDatacenter } from '../client/resources.ts';
import type { CleanJobOptions } from './clean-job.ts';

/** Of the container in a datacenter's pod that has the files. */
const CONTAINER = 'cassandra';
/** What OpenShift notes on a pod: the security context constraint that admitted it, and that gave it its user. */
const ADMITTED_BY = 'openshift.io/scc';

/**
 * What a Job's pod takes over from the pods of the datacenter whose volume it mounts; of cass-operator's own where the object
 * is gone or says nothing.
 * @param user of the pods as they were admitted, where that is known: a namespace may give its pods another one than the object says
 */
export function asItsPods(
  datacenter: CassandraDatacenter | undefined,
  user?: PodUser,
): Pick<CleanJobOptions, 'user' | 'tolerations' | 'pullSecrets' | 'serviceAccount' | 'priorityClass'> {
  const { podTemplateSpec, tolerations, serviceAccountName, serviceAccount } = datacenter?.spec ?? {};
  const { securityContext = {}, imagePullSecrets = [], priorityClassName } = podTemplateSpec?.spec ?? {};
  // cass-operator takes its own only where the whole security context is left to it.
  const { runAsUser = CASSANDRA_USER.runAsUser, runAsGroup = CASSANDRA_USER.runAsGroup } = securityContext;
  return {
    user: user ?? { runAsUser, runAsGroup, fsGroup: securityContext.fsGroup ?? runAsGroup },
    tolerations: tolerations ?? [],
    pullSecrets: imagePullSecrets.map((s) => s.name),
    serviceAccount: serviceAccountName || serviceAccount || podTemplateSpec?.spec?.serviceAccountName,
    priorityClass: priorityClassName,
  };
}

/** As whom the Cassandra of a pod that was admitted works on its files. */
export function userOf({ metadata, spec }: V1Pod): PodUser {
  const own = spec?.containers.find((c) => c.name === CONTAINER)?.securityContext ?? {};
  const whole = spec?.securityContext ?? {};
  const runAsUser = own.runAsUser ?? whole.runAsUser ?? CASSANDRA_USER.runAsUser;
  const asked = own.runAsGroup ?? whole.runAsGroup;
  // There the user is one that no image knows, and its group that of root.
  const isGiven = metadata?.annotations?.[ADMITTED_BY] !== undefined;
  const runAsGroup = asked ?? (isGiven ? undefined : CASSANDRA_USER.runAsGroup);
  const { supplementalGroups } = whole;
  return {
    runAsUser,
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    fsGroup: whole.fsGroup ?? runAsGroup ?? runAsUser,
    ...(supplementalGroups === undefined || supplementalGroups.length === 0 ? {} : { supplementalGroups }),
  };
}
