import { Client, type ClientOptions, policies } from 'cassandra-driver';

export interface DatasetEndpoint {
  readonly contactPoints: readonly string[];
  readonly port: number;
  readonly datacenter: string;
  readonly username: string;
  readonly password: string;
  /** How long each schema statement waits for agreement, as cqlsh does; 0 without it. */
  readonly agreementSeconds?: number;
}

/**
 * How the test schema, the writer and the comparison want their client: no wait for schema agreement after each
 * statement (the loader waits once for many), no schema metadata, and CQL maps as `Map`, whose keys keep their type.
 */
export function datasetClientOptions(endpoint: DatasetEndpoint): ClientOptions {
  return {
    contactPoints: [...endpoint.contactPoints],
    localDataCenter: endpoint.datacenter,
    credentials: { username: endpoint.username, password: endpoint.password },
    protocolOptions: { port: endpoint.port, maxSchemaAgreementWaitSeconds: endpoint.agreementSeconds ?? 0 },
    isMetadataSyncEnabled: false,
    socketOptions: { connectTimeout: 10_000, readTimeout: 60_000 },
    encoding: { map: Map },
    policies: {
      // A copy of a cluster remembers the original's nodes; they are never meant.
      loadBalancing: new policies.loadBalancing.AllowListPolicy(
        new policies.loadBalancing.DCAwareRoundRobinPolicy(endpoint.datacenter),
        endpoint.contactPoints.map((address) => `${address}:${endpoint.port}`),
      ),
      // A node that is killed and comes back must be found again within seconds, not minutes.
      reconnection: new policies.reconnection.ConstantReconnectionPolicy(1_000),
    },
  };
}

/** The caller shuts the client down. */
export async function connectDataset(endpoint: DatasetEndpoint): Promise<Client> {
  const client = new Client(datasetClientOptions(endpoint));
  await client.connect();
  return client;
}
