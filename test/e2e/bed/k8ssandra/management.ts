import { labelValue } from '../../../../src/adapters/kubernetes/client/resources.ts';
import type { AlterReplication } from './controller.ts';
import type { KubeObject, ObjectApi } from './objects.ts';

const NETWORK_TOPOLOGY = 'org.apache.cassandra.locator.NetworkTopologyStrategy';
const PATIENCE_MS = 60_000;

type Replication = Readonly<Record<string, number>>;

/**
 * By the management APIs of the datacenter's pods, as k8ssandra-operator's `EnsureKeyspaceReplication`: one after the other until one does it, and not
 * at all where the keyspace has that replication.
 */
export function alterBy(api: ObjectApi): AlterReplication {
  return async (datacenter, keyspace, replication) => {
    const addresses = await readyPods(api, datacenter);
    if (addresses.length === 0)
      throw new Error(`no pods in READY state found in datacenter ${datacenter.metadata.name}`);
    for (const address of addresses)
      if (await isDone(address, keyspace, replication).catch(() => false)) return;
    const { name } = datacenter.metadata;
    throw new Error(`CALL alter keyspaces ${keyspace} failed on all datacenter ${name} pods`);
  };
}

async function isDone(address: string, keyspace: string, replication: Replication): Promise<boolean> {
  const path = `http://${address}:8080/api/v0/ops/keyspace`;
  const signal = () => AbortSignal.timeout(PATIENCE_MS);
  const asked = await fetch(`${path}/replication?keyspaceName=${keyspace}`, { signal: signal() });
  if (!asked.ok) return false;
  if (isSame((await asked.json()) as Readonly<Record<string, string>>, replication)) return true;
  const settings = Object.entries(replication).map(([name, factor]) => ({
    dc_name: name,
    replication_factor: `${factor}`,
  }));
  const altered = await fetch(`${path}/alter`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ keyspace_name: keyspace, replication_settings: settings }),
    signal: signal(),
  });
  return altered.ok;
}

function isSame({ class: name, ...actual }: Readonly<Record<string, string>>, desired: Replication): boolean {
  const factors = Object.entries(desired);
  return (
    name === NETWORK_TOPOLOGY &&
    Object.keys(actual).length === factors.length &&
    factors.every(([datacenter, factor]) => actual[datacenter] === `${factor}`)
  );
}

async function readyPods(api: ObjectApi, { metadata, spec }: KubeObject): Promise<readonly string[]> {
  const pods = await api.list('Pod', {
    'cassandra.datastax.com/cluster': labelValue(String(spec?.['clusterName'])),
    'cassandra.datastax.com/datacenter': metadata.name,
  });
  return pods
    .filter((p) => p.metadata.namespace === metadata.namespace && isReady(p))
    .map((p) => String(p.status?.['podIP']));
}

function isReady({ status }: KubeObject): boolean {
  const containers = (status?.['containerStatuses'] ?? []) as readonly { name: string; ready: boolean }[];
  return containers.some((c) => c.name === 'cassandra' && c.ready);
}
