import { text } from 'node:stream/consumers';
import { send } from '../operator/api-watch.ts';
import type { Places } from '../places.ts';
import type { Kind, KubeObject, ObjectApi } from './objects.ts';

const KINDS: Readonly<Record<Kind, { readonly apiVersion: string; readonly plural: string }>> = {
  K8ssandraCluster: { apiVersion: 'k8ssandra.io/v1alpha1', plural: 'k8ssandraclusters' },
  ReplicatedSecret: { apiVersion: 'replication.k8ssandra.io/v1alpha1', plural: 'replicatedsecrets' },
  CassandraDatacenter: { apiVersion: 'cassandra.datastax.com/v1beta1', plural: 'cassandradatacenters' },
  CassandraTask: { apiVersion: 'control.k8ssandra.io/v1alpha1', plural: 'cassandratasks' },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', plural: 'endpointslices' },
  Pod: { apiVersion: 'v1', plural: 'pods' },
  Secret: { apiVersion: 'v1', plural: 'secrets' },
};

const PATIENCE_MS = 30_000;
const NOT_FOUND = 404;

/** The objects of the bed's API server, as admin. */
export function objectsIn(places: Places): ObjectApi {
  const ask = (method: string, path: string, body?: KubeObject) => request(places, method, path, body);
  const must = async (method: string, path: string, body?: KubeObject) =>
    (await ask(method, path, body)) ?? fail(`${method} ${path}: not found`);
  const whole = (kind: Kind, object: KubeObject): KubeObject => ({
    ...{ apiVersion: KINDS[kind].apiVersion, kind },
    ...object,
  });
  const at = (kind: Kind, { metadata: { namespace, name } }: KubeObject) => pathOf(kind, namespace, name);
  return {
    get: (kind, namespace, name) => ask('GET', pathOf(kind, namespace, name)),
    async list(kind, labels) {
      const selector = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
      const path = `${groupOf(kind)}/${KINDS[kind].plural}?labelSelector=${encodeURIComponent(selector.join())}`;
      const found = (await must('GET', path)) as unknown as { readonly items: readonly KubeObject[] };
      return found.items;
    },
    create: (kind, object) => must('POST', pathOf(kind, object.metadata.namespace), whole(kind, object)),
    replace: (kind, object) => must('PUT', at(kind, object), whole(kind, object)),
    replaceStatus: (kind, object) => must('PUT', `${at(kind, object)}/status`, whole(kind, object)),
    async delete(kind, namespace, name) {
      await ask('DELETE', pathOf(kind, namespace, name));
    },
  };
}

const groupOf = (kind: Kind): string => {
  const { apiVersion } = KINDS[kind];
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
};

const pathOf = (kind: Kind, namespace: string, name?: string): string =>
  [groupOf(kind), 'namespaces', namespace, KINDS[kind].plural, ...(name === undefined ? [] : [name])].join(
    '/',
  );

/** @returns null where nothing is there */
async function request(
  places: Places,
  method: string,
  path: string,
  body?: KubeObject,
): Promise<KubeObject | null> {
  const options = { method, signal: AbortSignal.timeout(PATIENCE_MS) };
  const content = body === undefined ? undefined : JSON.stringify(body);
  const answer = await send(places, path, options, content, 'application/json');
  const { statusCode = 0 } = answer;
  const received = await text(answer);
  if (statusCode === NOT_FOUND) return null;
  if (statusCode >= 400) return fail(`${method} ${path}: ${statusCode} ${messageOf(received)}`);
  return JSON.parse(received) as KubeObject;
}

/** Of the API server's answer; the answer itself where it has none. */
function messageOf(received: string): string {
  try {
    return String((JSON.parse(received) as { readonly message?: unknown }).message);
  } catch {
    return received.slice(0, 500);
  }
}

function fail(message: string): never {
  throw new Error(message);
}
