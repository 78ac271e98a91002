import type { Client } from 'cassandra-driver';
import { readSuperuser } from '../src/adapters/embedded/cluster-file.ts';
import { ManagementCalls } from '../src/adapters/embedded/nodes/management-call.ts';
import { type EmbeddedCluster, type StartOptions, startCluster } from './cluster/launcher.ts';
import { connectDataset } from './dataset/connection.ts';
import type { StorageControl } from './dataset/load.ts';

/** Lets the comparison read each node's own copy; see `replicas.ts`. */
const READ_ONE_NODE = '-Dcassandra.enable_nodelocal_queries=true';

/**
 * Start the cluster of a directory, on the volumes that are there. KASSETTE_TEST_SUBNET, such as 127.0.5, and
 * CASSANDRA_CONFIGURATION, latest or compatible, replace what the caller chose.
 */
export function startLab(options: StartOptions): Promise<EmbeddedCluster> {
  return startCluster({
    ...options,
    ...chosenByHand(),
    jvmOptions: [READ_ONE_NODE, ...(options.jvmOptions ?? [])],
  });
}

export function chosenByHand(): Pick<StartOptions, 'subnet' | 'configuration'> {
  const subnet = process.env['KASSETTE_TEST_SUBNET'];
  const configuration = process.env['CASSANDRA_CONFIGURATION'];
  return {
    ...(subnet ? { subnet } : {}),
    ...(configuration === 'latest' || configuration === 'compatible' ? { configuration } : {}),
  };
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
  const post = async (path: string, body: unknown) => {
    const calls = new ManagementCalls(cluster.file);
    try {
      await Promise.all(cluster.nodes.map((node) => calls.demand(node, 'POST', path, body)));
    } finally {
      await calls.close();
    }
  };
  return {
    async flush(keyspace = 'ALL', tables = []) {
      await post('/api/v0/ops/tables/flush', { keyspace_name: keyspace, tables });
    },
    async compact(keyspace, tables) {
      const options = { split_output: false, user_defined: false };
      await post('/api/v0/ops/tables/compact', { keyspace_name: keyspace, tables, ...options });
    },
  };
}
