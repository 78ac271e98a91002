import type { ImageFacts, Place } from '../../../domain/doctor/facts.ts';
import { READ, RECOVERING, type Right, WRITE } from '../../../domain/rights.ts';
import { statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { cqlTlsSecret, DATACENTERS, datacenterList, superuserSecret } from '../client/resources.ts';

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
  const secrets = await cqlSecrets(connection);
  const rights = [READ, WRITE, RECOVERING].flatMap((rights): readonly Right[] => Object.values(rights));
  const isAllowed = async (right: Right, name?: string) => {
    const [resource = '', subresource] = right.resource.split('/');
    const { group, verb } = right;
    const { namespace } = connection;
    const narrowed = {
      ...(subresource === undefined ? {} : { subresource }),
      ...(name === undefined ? {} : { name }),
    };
    const resourceAttributes = { namespace, group, verb, resource, ...narrowed };
    const body = { spec: { user, groups, resourceAttributes } };
    return (await connection.authorization.createSubjectAccessReview({ body })).status?.allowed ?? false;
  };
  // Which secrets may be read can depend on their names.
  const answers = rights.map(async (r) => {
    const names = r === READ.secrets && secrets.length > 0 ? secrets : [undefined];
    const all = await Promise.all(names.map((name) => isAllowed(r, name)));
    return all.every(Boolean) ? [] : [r];
  });
  return (await Promise.all(answers)).flat();
}

async function cqlSecrets({ objects, namespace }: Connection): Promise<readonly string[]> {
  const list: unknown = await objects.listNamespacedCustomObject({ ...DATACENTERS, namespace });
  const names = datacenterList.parse(list).items.flatMap((d) => [superuserSecret(d), cqlTlsSecret(d)]);
  return [...new Set(names.filter((name) => name !== undefined))];
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
