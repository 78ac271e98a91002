import type { NodeProcesses } from '../../src/adapters/embedded/nodes/processes.ts';
import type { EmbeddedCluster } from './launcher.ts';

type Shown = Pick<EmbeddedCluster, 'directory' | 'file' | 'nodes' | 'processes'>;

/** Whether both the management API and Cassandra of a node run. */
export function runs({ agent, cassandra }: NodeProcesses): boolean {
  return agent !== undefined && cassandra !== undefined;
}

/** A cluster in words: each node's state and addresses, and how to go on with it. */
export function describeCluster({ directory, file, nodes, processes }: Shown): readonly string[] {
  const datacenters = file.datacenters.map((datacenter) => datacenter.name).join(', ');
  const width = Math.max(...nodes.map((node) => node.name.length));
  const rows = processes().map(({ name, ...found }) => {
    const node = nodes.find((one) => one.name === name);
    const state = (pid: number | undefined) => (pid === undefined ? 'down' : `process ${pid}`);
    const cql = `CQL ${node?.address}:${node?.cqlPort} (${state(found.cassandra)})`;
    return `${name.padEnd(width)}  ${cql}  management API ${node?.managementUrl} (${state(found.agent)})`;
  });
  return [
    `cluster ${file.cluster}, datacenter ${datacenters}, Cassandra ${file.cassandraVersion}`,
    ...rows,
    `superuser and password: ${file.superuser}`,
    ...(file.tls === undefined
      ? []
      : [`client certificate: ${file.tls.cert}, key ${file.tls.key}, CA ${file.tls.ca}`]),
    `node dist/kassette.mjs status --embedded ${directory}`,
    `npm run cluster -- down --directory ${directory}`,
  ];
}
