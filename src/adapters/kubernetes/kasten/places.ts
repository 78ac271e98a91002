import type { ImageFacts, Place } from '../../../domain/doctor/facts.ts';
import {
  besideK8ssandra,
  K8SSANDRA,
  onK8ssandra,
  READ,
  RECOVERING,
  type Right,
  WRITE,
} from '../../../domain/rights.ts';
import { statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { DATACENTERS, datacenterList } from '../client/resources.ts';
import { secretRights } from '../client/used-secrets.ts';

/** Whether the service account of a hook's pods is there. */
export async function accountOf({ core }: Connection, place: Place): Promise<boolean> {
  if (place.serviceAccount === null) return true;
  try {
    await core.readNamespacedServiceAccount({ namespace: place.namespace, name: place.serviceAccount });
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** What a hook's pod would be refused in the datacenters' namespace, asked beforehand. */
export async function missingRights(connection: Connection, place: Place): Promise<readonly Right[]> {
  if (place.serviceAccount === null) return [];
  const user = `system:serviceaccount:${place.namespace}:${place.serviceAccount}`;
  const groups = [
    'system:serviceaccounts',
    `system:serviceaccounts:${place.namespace}`,
    'system:authenticated',
  ];
  const { secrets: _, ...reading } = READ;
  const rights = [reading, WRITE, RECOVERING].flatMap((r): readonly Right[] => Object.values(r));
  const needed = [...(await rightsToSecrets(connection)), ...rights, ...rightsToWhole(connection)];
  const answers = needed.map(async (r) => ((await mayDo(connection, { user, groups }, r)) ? [] : [r]));
  return (await Promise.all(answers)).flat();
}

/** Where all of a K8ssandraCluster is meant. */
function rightsToWhole({ above, namespace }: Connection): readonly Right[] {
  if (above === undefined) return [];
  return namespace === above.namespace
    ? [...Object.values(K8SSANDRA), ...onK8ssandra(above.name)]
    : besideK8ssandra(above.name);
}

/** Asked in the one namespace, so that the right to ask is granted in it alone. */
async function mayDo(
  { authorization, namespace }: Connection,
  whom: { readonly user: string; readonly groups: string[] },
  { group, verb, name, resource: path }: Right,
): Promise<boolean> {
  const [resource = '', subresource] = path.split('/');
  const resourceAttributes = {
    ...{ namespace, group, verb, resource },
    ...(subresource === undefined ? {} : { subresource }),
    ...(name === undefined ? {} : { name }),
  };
  const body = { metadata: { namespace }, spec: { ...whom, resourceAttributes } };
  const { status } = await authorization.createNamespacedLocalSubjectAccessReview({ namespace, body });
  return status?.allowed ?? false;
}

/** To each secret of each datacenter; the same one may be named by several. */
async function rightsToSecrets({ objects, namespace }: Connection): Promise<readonly Right[]> {
  const list: unknown = await objects.listNamespacedCustomObject({ ...DATACENTERS, namespace });
  const rights = datacenterList.parse(list).items.flatMap((d) => secretRights(d));
  return [...new Map(rights.map((r) => [r.name, r])).values()];
}

const NOT_PULLED =
  /ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable|SignatureValidationFailed/;

/** Of pods that have the image or wait for it, and of those that are gone again by the events that they left. */
export async function imageOf({ core }: Connection, place: Place): Promise<ImageFacts> {
  const { namespace, image } = place;
  const [pods, events] = await Promise.all([
    core.listNamespacedPod({ namespace }),
    core.listNamespacedEvent({ namespace }),
  ]);
  const statuses = pods.items.flatMap(({ spec, status }) => {
    const named = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].filter(
      (c) => c.image === image,
    );
    const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
    return all.filter((s) => named.some((c) => c.name === s.name));
  });
  const waiting = statuses
    .map((c) => c.state?.waiting)
    .filter((w) => NOT_PULLED.test(w?.reason ?? ''))
    .map((w) => w?.message ?? w?.reason ?? '');
  const reported = events.items
    .filter((e) => e.reason === 'Failed' && /pull|image/i.test(e.message ?? '') && e.message?.includes(image))
    .filter((e) => isRecent(e.lastTimestamp ?? e.eventTime))
    .map((e) => e.message ?? '');
  const pulled =
    // The kubelet's word for an image that a container has; empty while it has none.
    statuses.some((c) => (c.imageID ?? '') !== '') ||
    events.items.some((e) => e.reason === 'Pulled' && e.message?.includes(`"${image}"`));
  return { failures: [...new Set([...waiting, ...reported])], pulled };
}

/** What was mended in the meantime is no longer of interest. */
function isRecent(time: Date | undefined): boolean {
  return time === undefined || Date.now() - new Date(time).getTime() < 15 * 60_000;
}
