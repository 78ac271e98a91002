import { ApiException, type V1Pod, type V1PodSpec } from '@kubernetes/client-node';
import { meshProxy } from '../../../domain/cluster/unreached.ts';
import type { Admission, Place } from '../../../domain/doctor/facts.ts';
import type { PodUser } from '../../../domain/jobs/pod-user.ts';
import type { JobSettings } from '../../../domain/jobs/settings.ts';
import { VERSION } from '../../../domain/version.ts';
import type { Connection } from '../client/connection.ts';
import { DATACENTERS, datacenterList, LABELS } from '../client/resources.ts';
import { ownerOf } from '../datacenters/owners.ts';
import { cleanJob } from '../jobs/clean-job.ts';
import { asItsPods, userOf } from '../jobs/job-pod.ts';
import { RESTRICTED } from '../jobs/jobs.ts';

/** Kanister's name of the container in a KubeTask's pod. */
const HOOK = 'container';

/** A pod like those of the hooks, with what the blueprint says of it. */
export function admissionOfHook(connection: Connection, place: Place): Promise<Admission> {
  const { namespace, serviceAccount, image, resources } = place;
  const spec = {
    restartPolicy: 'Never',
    ...(serviceAccount === null ? {} : { serviceAccountName: serviceAccount }),
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      { name: HOOK, image, securityContext: RESTRICTED, ...(resources === null ? {} : { resources }) },
    ],
  };
  return admissionOf(connection, namespace, { metadata: {}, spec });
}

/** A Job's pod for each datacenter, without the volume. */
export async function admissionsOfJobs(
  connection: Connection,
  settings: JobSettings,
  image = `kassette:${VERSION}`,
): Promise<readonly Admission[]> {
  const { core, objects, namespace } = connection;
  const list: unknown = await objects.listNamespacedCustomObject({ ...DATACENTERS, namespace });
  const { items } = await core.listNamespacedPod({ namespace, labelSelector: LABELS.cluster });
  return Promise.all(
    datacenterList.parse(list).items.map((datacenter) => {
      const own = items.find((p) => ownerOf(p.metadata?.labels ?? {}, [datacenter]) !== undefined);
      const like = asItsPods(datacenter, settings.user ?? (own && userOf(own)));
      const options = { ...like, settings, image, namespace, name: 'kassette-asked' };
      const { template } = cleanJob({
        ...options,
        claim: undefined,
        args: ['--version'],
        readOnly: true,
      }).spec;
      return admissionOf(connection, namespace, template, like.user);
    }),
  );
}

/** Proxies of a mesh in the pods of Cassandra, each once. */
export async function proxiesOf({ core, namespace }: Connection): Promise<readonly string[]> {
  const { items } = await core.listNamespacedPod({ namespace, labelSelector: LABELS.cluster });
  const proxies = items.map(({ spec }) =>
    meshProxy([...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map((c) => c.name)),
  );
  return [...new Set(proxies.filter((p) => p !== undefined))];
}

/** Ask, and have nothing made: admission plugins and webhooks decide as if it were meant. */
async function admissionOf(
  { core }: Connection,
  namespace: string,
  { metadata, spec }: { readonly metadata: object; readonly spec: V1PodSpec },
  user?: PodUser,
): Promise<Admission> {
  const body: V1Pod = { metadata: { ...metadata, generateName: 'kassette-asked-', namespace }, spec };
  const said = user === undefined ? {} : { user };
  try {
    const pod = await core.createNamespacedPod({ namespace, body, dryRun: 'All' });
    const own = spec.containers.map((c) => c.name);
    const beside = (pod.spec?.containers ?? []).map((c) => c.name).filter((name) => !own.includes(name));
    return { refused: null, beside, ...said };
  } catch (error) {
    const words = refusalIn(error);
    if (words === undefined) throw error;
    return { refused: words, beside: [], ...said };
  }
}

/** What an admission plugin, a webhook or the validation says; undefined where the caller may not ask, or nothing answered. */
function refusalIn(error: unknown): string | undefined {
  if (!(error instanceof ApiException) || ![400, 403, 422].includes(error.code)) return undefined;
  const message = messageIn(error.body);
  return message === undefined || /cannot create resource/.test(message) ? undefined : message;
}

/** The API server's `Status` comes as text or as an object. */
function messageIn(body: unknown): string | undefined {
  try {
    const status: unknown = typeof body === 'string' ? JSON.parse(body) : body;
    const message =
      typeof status === 'object' && status !== null && 'message' in status ? status.message : undefined;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
