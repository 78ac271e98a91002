import type { Client } from 'cassandra-driver';
import { managementApi } from '../../src/adapters/management-api/client.ts';
import { readSuperuser } from '../../src/embedded/cluster-file.ts';
import { embeddedDatacenters } from '../../src/embedded/datacenters.ts';
import { type EmbeddedCluster, type StartOptions, startCluster } from '../../src/embedded/launcher.ts';
import { connectDataset } from '../dataset/connection.ts';
import type { StorageControl } from '../dataset/load.ts';

/** Lets the comparison read each node's own copy; see `replicas.ts`. */
const READ_ONE_NODE = '-Dcassandra.enable_nodelocal_queries=true';

/** Start the cluster of a directory, on the volumes that are there. */
export function startLab(options: StartOptions): Promise<EmbeddedCluster> {
  return startCluster({ ...options, jvmOptions: [READ_ONE_NODE, ...(options.jvmOptions ?? [])] });
}

/** A superuser's client; the caller shuts it down. */
export function connectLab(cluster: EmbeddedCluster): Promise<Client> {
  const [first] = cluster.nodes;
  return connectDataset({
    contactPoints: cluster.nodes.map((n) => n.address),
    port: first?.cqlPort ?? 9042,
    datacenter: cluster.file.datacenters[0]?.name ?? '',
    ...readSuperuser(cluster.file),
  });
}

/** Flush and compaction on all nodes, through their management APIs. */
export function storageOf(cluster: EmbeddedCluster): StorageControl {
  const post = (path: string, body: unknown) =>
    Promise.all(
      cluster.nodes.map(async ({ name, managementUrl }) => {
        const answer = await fetch(`${managementUrl}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        if (!answer.ok) throw new Error(`${path} on ${name}: ${answer.status} ${await answer.text()}`);
      }),
    );
  return {
    async flush(keyspace = 'ALL', tables = []) {
      await post('/api/v0/ops/tables/flush', { keyspace_name: keyspace, tables });
    },
    async compact(keyspace, tables) {
      await post('/api/v0/ops/tables/compact', { keyspace_name: keyspace, tables });
    },
  };
}

/** All nodes' snapshot tags, to check that none is left. */
export async function snapshotTags(cluster: EmbeddedCluster): Promise<readonly string[]> {
  const control = managementApi();
  try {
    const datacenters = await embeddedDatacenters(cluster.directory).find([]);
    const nodes = datacenters.flatMap((d) => d.nodes);
    return (await Promise.all(nodes.map((n) => control.snapshotTags(n)))).flat();
  } finally {
    await control.close();
  }
}
