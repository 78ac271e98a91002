import type { CassandraDatacenter } from '../client/resources.ts';
import { CASSANDRA_USER, type CleanJobOptions } from './clean-job.ts';

/**
 * What a Job's pod takes over from the pods of the datacenter whose volume it mounts; of cass-operator's own where the object
 * is gone or says nothing.
 */
export function asItsPods(
  datacenter: CassandraDatacenter | undefined,
): Pick<CleanJobOptions, 'user' | 'tolerations' | 'pullSecrets' | 'serviceAccount'> {
  const { podTemplateSpec, tolerations, serviceAccountName, serviceAccount } = datacenter?.spec ?? {};
  const { securityContext = {}, imagePullSecrets = [] } = podTemplateSpec?.spec ?? {};
  // cass-operator takes its own only where the whole security context is left to it.
  const { runAsUser = CASSANDRA_USER.runAsUser, runAsGroup = CASSANDRA_USER.runAsGroup } = securityContext;
  return {
    user: { runAsUser, runAsGroup, fsGroup: securityContext.fsGroup ?? runAsGroup },
    tolerations: tolerations ?? [],
    pullSecrets: imagePullSecrets.map((s) => s.name),
    serviceAccount: serviceAccountName || serviceAccount || podTemplateSpec?.spec?.serviceAccountName,
  };
}
