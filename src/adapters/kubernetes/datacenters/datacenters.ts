import type { Datacenter, Node } from '../../../domain/cluster/topology.ts';
import { meshProxy } from '../../../domain/cluster/unreached.ts';
import { KassetteError, NothingYet } from '../../../domain/errors.ts';
import { hint, kubectl } from '../../../domain/hint.ts';
import { type Location, locationText } from '../../../domain/k8ssandra/locations.ts';
import type { Members } from '../../../domain/k8ssandra/members.ts';
import { READ } from '../../../domain/rights.ts';
import type { Datacenters } from '../../../ports/platform/datacenters.ts';
import { EVERY_NAMESPACE, placeText } from '../client/call-errors.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import {
  type CassandraDatacenter,
  DATACENTERS,
  datacenterList,
  datacenterName,
  LABELS,
  type Pod,
  pod,
} from '../client/resources.ts';
import { withConfiguration } from '../client/secrets.ts';
import { type Warning, warningsOf } from '../client/warnings.ts';
import { coldStage, isStartedByOthers } from './cold-mark.ts';
import type { Found } from './found.ts';
import { ownerOf } from './owners.ts';
import { isStarting, podProgress, unready } from './readiness.ts';

/** How this process reaches a port of a pod: `host:port`. */
export type Reach = (podName: string, address: string, port: number) => Promise<string>;

const CONTAINER = 'cassandra';
const DATA_VOLUME = 'server-data';
const DEFAULT_MOUNT = '/var/lib/cassandra';
const DEFAULT_PORTS = { 'mgmt-api-http': 8080, native: 9042 } as const;

/** Of all datacenters of a namespace those that can be meant. @throws where one must not be there */
export type Meant = (all: readonly CassandraDatacenter[]) => Members<CassandraDatacenter>;

/** `CassandraDatacenter`s of the namespace with their pods; what was found stays in `found` for the other adapters, also where another one is missing. */
export function kubernetesDatacenters(
  connection: Connection,
  reach: Reach,
  found: Found,
  checkSecrets: (datacenters: readonly CassandraDatacenter[]) => Promise<void> = async () => {},
  among: Meant = (all) => ({ there: all }),
): Datacenters {
  return {
    async find(names) {
      const [all, pods] = await Promise.all([listDatacenters(connection), listPods(connection)]);
      const { there, missing } = among(all);
      if (missing !== undefined && there.length === 0) throw missing;
      const meant = choose(there, names, connection.namespace);
      await checkSecrets(meant);
      const chosen = await Promise.all(meant.map((d) => withConfiguration(connection, d)));
      for (const d of chosen) found.set(d.metadata.name, d);
      if (missing !== undefined) throw missing;
      const { namespace, k8sContext, reachedBy } = connection;
      const warnings = await warningsAbout(connection, chosen, pods);
      return Promise.all(
        chosen.map(async (d) => ({
          ...(await describe(d, podsOf(d, all, pods), warnings, reach)),
          namespace,
          ...(k8sContext === undefined ? {} : { k8sContext }),
          ...(reachedBy === undefined ? {} : { reachedBy }),
        })),
      );
    },
    async elsewhere(namespaces) {
      const all = await listEverywhere(connection, namespaces);
      return all
        .map(({ metadata, spec }) => ({
          namespace: metadata.namespace ?? '',
          ...(connection.k8sContext === undefined ? {} : { k8sContext: connection.k8sContext }),
          name: metadata.name,
          cluster: spec.clusterName,
        }))
        .filter((d) => d.namespace !== connection.namespace);
    },
  };
}

/** Of other namespaces than the connection's: for whoever prepares an installation. @throws NOT_FOUND where a namespace has none */
export async function datacentersIn(
  connection: Connection,
  namespaces: readonly string[] | 'all',
): Promise<readonly CassandraDatacenter[]> {
  if (namespaces === 'all') {
    const all = await call(READ.datacenters, EVERY_NAMESPACE, () => listAll(connection));
    return choose(all, [], EVERY_NAMESPACE);
  }
  const lists = namespaces.map(async (namespace) => {
    const all = await listDatacenters({ ...connection, namespace });
    return choose(all, [], namespace);
  });
  return (await Promise.all(lists)).flat();
}

async function listAll({ objects }: Connection): Promise<readonly CassandraDatacenter[]> {
  return datacenterList.parse(await objects.listClusterCustomObject(DATACENTERS)).items;
}

/** Nothing depends on the answer: only those with rights in the whole cluster may ask for all, others where they have rights. */
async function listEverywhere(
  connection: Connection,
  namespaces: readonly string[],
): Promise<readonly CassandraDatacenter[]> {
  const { objects } = connection;
  try {
    return await listAll(connection);
  } catch {
    const lists = namespaces.map(async (namespace) =>
      objects
        .listNamespacedCustomObject({ ...DATACENTERS, namespace })
        .then((list: unknown) => datacenterList.parse(list).items)
        .catch(() => []),
    );
    return (await Promise.all(lists)).flat();
  }
}

/** What explains pods that wait or that are not made; nothing is asked where all are there. */
async function warningsAbout(
  connection: Connection,
  datacenters: readonly CassandraDatacenter[],
  pods: readonly Pod[],
): Promise<readonly Warning[]> {
  const isShort = datacenters.some(
    (d) => !d.spec.stopped && podsOf(d, datacenters, pods).length < d.spec.size,
  );
  const kinds = [...(pods.some(isStarting) ? ['Pod'] : []), ...(isShort ? ['StatefulSet'] : [])];
  const all = await Promise.all(kinds.map((kind) => warningsOf(connection, { kind })));
  return all.flatMap((w) => w ?? []);
}

async function listDatacenters({
  objects,
  noted = async (all) => all,
  ...location
}: Connection): Promise<readonly CassandraDatacenter[]> {
  const { namespace } = location;
  const query = { ...DATACENTERS, namespace };
  try {
    const answer: unknown = await call(READ.datacenters, namespace, () =>
      objects.listNamespacedCustomObject(query),
    );
    return await noted(datacenterList.parse(answer).items);
  } catch (cause) {
    if (statusOf(cause) !== 404) throw cause;
    throw notServed(location, cause);
  }
}

function notServed(location: Location, cause: unknown): KassetteError {
  const { k8sContext, reachedBy } = location;
  const there = reachedBy === undefined ? [] : ['--context', reachedBy];
  const [message, wayOut] =
    k8sContext === undefined
      ? ['This Kubernetes cluster does not serve CassandraDatacenter.', kubectl('config', 'current-context')]
      : [
          `CassandraDatacenter is not served in ${locationText(location)}.`,
          kubectl('api-resources', '--api-group', DATACENTERS.group, ...there),
        ];
  return new KassetteError(
    'NOT_FOUND',
    message,
    hint`Check that this is the right cluster with ${wayOut}, and that cass-operator is installed.`,
    { cause },
  );
}

async function listPods({ core, namespace }: Connection): Promise<readonly Pod[]> {
  const query = { namespace, labelSelector: `${LABELS.cluster},${LABELS.datacenter}` };
  const list = await call(READ.pods, namespace, () => core.listNamespacedPod(query));
  return list.items.map((item) => pod.parse(item));
}

function choose(
  all: readonly CassandraDatacenter[],
  names: readonly string[],
  namespace: string,
): readonly CassandraDatacenter[] {
  const isCalled = (d: CassandraDatacenter, name: string) =>
    d.metadata.name === name || datacenterName(d) === name;
  const unknown = names.find((name) => !all.some((d) => isCalled(d, name)));
  const there = all.map((d) => d.metadata.name).join(', ') || 'none';
  const wayOut = hint`Check \`--namespace\` and \`--datacenter\` with ${kubectl('get', 'cassandradatacenters', '-A')}.`;
  if (unknown !== undefined) {
    const message = `There is no CassandraDatacenter \`${unknown}\` in namespace ${namespace}; found: ${there}.`;
    throw new KassetteError('NOT_FOUND', message, wayOut);
  }
  if (all.length === 0)
    throw new NothingYet(`There is no CassandraDatacenter in ${placeText(namespace)}.`, wayOut);
  const chosen = names.length === 0 ? all : all.filter((d) => names.some((name) => isCalled(d, name)));
  for (const { metadata, spec } of chosen) refuseOtherServers(metadata.name, spec.serverType);
  return chosen.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** Their own keyspaces would be taken for users', and their own files for damage. */
export function refuseOtherServers(name: string, serverType: string): void {
  if (serverType === 'cassandra') return;
  throw new KassetteError(
    'UNSUPPORTED_SERVER',
    `Datacenter ${name} runs \`${serverType}\` (spec.serverType); kassette knows Apache Cassandra only.`,
    'Nothing was changed. Name the datacenters that run Apache Cassandra with `--datacenter`, and back up the other one with the tools of its vendor.',
  );
}

function podsOf(
  datacenter: CassandraDatacenter,
  all: readonly CassandraDatacenter[],
  pods: readonly Pod[],
): readonly Pod[] {
  const { name } = datacenter.metadata;
  return pods
    .filter(({ metadata }) => ownerOf(metadata.labels, all)?.metadata.name === name)
    .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name, 'en', { numeric: true }));
}

async function describe(
  datacenter: CassandraDatacenter,
  pods: readonly Pod[],
  warnings: readonly Warning[],
  reach: Reach,
): Promise<Datacenter> {
  const nodes = await Promise.all(pods.map((p) => describeNode(datacenter, p, reach)));
  const stage = coldStage(datacenter);
  return {
    name: datacenter.metadata.name,
    cluster: datacenter.spec.clusterName,
    nodes: nodes.filter((n) => n !== null),
    unready: unready(datacenter, pods, warnings),
    pods: pods.map(podProgress),
    ...(stage === undefined ? {} : { coldRestore: stage }),
    ...(isStartedByOthers(datacenter) ? { startedByOthers: true } : {}),
  };
}

/** Null where the pod has no address yet; the datacenter is not ready then. */
async function describeNode(datacenter: CassandraDatacenter, pod: Pod, reach: Reach): Promise<Node | null> {
  const { name, labels } = pod.metadata;
  const address = pod.status.podIP;
  if (address === undefined) return null;
  const container = pod.spec.containers.find((c) => c.name === CONTAINER);
  const port = (called: keyof typeof DEFAULT_PORTS) =>
    container?.ports.find((p) => p.name === called)?.containerPort ?? DEFAULT_PORTS[called];
  const volume = container?.volumeMounts.find((m) => m.name === DATA_VOLUME)?.mountPath ?? DEFAULT_MOUNT;
  const configured = datacenter.spec.config['cassandra-yaml'].data_file_directories;
  const proxy = meshProxy([...pod.spec.containers, ...pod.spec.initContainers].map((c) => c.name));
  const managementUrl = await reach(name, address, port('mgmt-api-http'));
  const isDirect = managementUrl.startsWith(address) || managementUrl.startsWith(`[${address}]`);
  const scheme = datacenter.spec.managementApiAuth.manual === undefined ? 'http' : 'https';
  return {
    name,
    cluster: datacenter.spec.clusterName,
    datacenter: datacenter.metadata.name,
    rack: labels[LABELS.rack] ?? '',
    address,
    cqlEndpoint: await reach(name, address, port('native')),
    volume,
    dataDirectories: configured ?? [`${volume}/data`],
    managementUrl: `${scheme}://${managementUrl}`,
    // A tunnel ends inside the pod, behind the proxy.
    ...(isDirect ? { direct: true as const, ...(proxy === undefined ? {} : { proxy }) } : {}),
  };
}
