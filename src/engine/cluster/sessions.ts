import type { Cluster } from '../../domain/cluster/ring.ts';
import { withWhatIsNewer } from '../../domain/cluster/rotated-credentials.ts';
import { RejectedCredentials } from '../../domain/errors.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { checkRemnants } from './remnants.ts';

/** A cluster with a CQL session to it. */
export interface ConnectedCluster {
  readonly cluster: Cluster;
  readonly session: CqlSession;
}

/** Open a session to every cluster, do the work, and close them whatever happens. @throws NODE_DOWN */
export async function withSessions<T>(
  ports: Ports,
  clusters: readonly Cluster[],
  work: (connected: readonly ConnectedCluster[]) => Promise<T>,
): Promise<T> {
  const connected: ConnectedCluster[] = [];
  try {
    for (const cluster of clusters) {
      connected.push({ cluster, session: await open(ports, cluster) });
    }
    for (const one of connected) await checkRemnants(ports, one);
    return await work(connected);
  } finally {
    await Promise.allSettled(connected.map((c) => c.session.close()));
  }
}

async function open(ports: Ports, { datacenters, nodes }: Cluster): Promise<CqlSession> {
  try {
    return await ports.cql.open(datacenters);
  } catch (error) {
    if (!(error instanceof RejectedCredentials)) throw error;
    const [node] = nodes;
    // What cannot be looked into says nothing; that they were not accepted is what matters.
    const survey = node === undefined ? null : await ports.volumes.survey(node).catch(() => null);
    throw withWhatIsNewer(error, survey?.backups.filter((b) => b.complete).map((b) => b.tag) ?? []);
  }
}
