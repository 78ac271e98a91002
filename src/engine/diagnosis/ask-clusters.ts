import { checkReleases, checkWholeRing } from '../../domain/backup/backup-check.ts';
import { byCluster, type Cluster } from '../../domain/cluster/ring.ts';
import type { Datacenter, Node } from '../../domain/cluster/topology.ts';
import type { ClusterFacts, Fault, Kept } from '../../domain/doctor/nodes/facts.ts';
import { type ErrorCode, KassetteError } from '../../domain/errors.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { observe } from '../cluster/clusters.ts';
import { directoriesOf } from '../cluster/directories.ts';
import { withSessions } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { liveSchema } from '../schema/schemas.ts';

/** What a backup or a restore is refused for however often it is tried; anything else may be of the moment. */
const REFUSED: readonly ErrorCode[] = [
  'UNSUPPORTED_SERVER',
  'PARTIAL_CLUSTER',
  'CREDENTIALS',
  'SCHEMA_UNREADABLE',
  'DATA_DIRECTORY',
];

/** What is found out of one cluster, by and by. */
interface Findings {
  readonly refusals: Fault[];
  readonly unasked: Fault[];
}

/** Ask each cluster once, waiting for nothing. Changes nothing. @throws NOT_FOUND, CLUSTER_UNREACHABLE */
export async function askClusters(ports: Ports, options: CommonOptions): Promise<readonly ClusterFacts[]> {
  const datacenters = await ports.datacenters.find(options.datacenters);
  return each(byCluster(datacenters), (own) => askCluster(ports, own, options));
}

async function askCluster(
  ports: Ports,
  datacenters: readonly Datacenter[],
  options: CommonOptions,
): Promise<ClusterFacts> {
  const found: Findings = { refusals: [], unasked: [] };
  const nodes = datacenters.flatMap((d) => d.nodes);
  const sizes = (await noting(found, () => measure(ports, nodes, options))) ?? [];
  const { outcome } = await observe(ports, datacenters, options.concurrency);
  const cluster = datacenters[0]?.cluster ?? '';
  const nothing = { accepted: null, directories: [], kept: null };
  if (outcome instanceof KassetteError) {
    found.unasked.push(faultOf(outcome, `Cassandra of cluster ${cluster} was not asked: `));
    return { cluster, ...found, sizes, ...nothing };
  }
  await noting(found, async () => checkWholeRing(outcome, 'backup'));
  const isKnown = await noting(found, async () => {
    checkReleases(outcome.members, 'No backup can be made.');
    return true;
  });
  const answers = isKnown === null ? null : await askNodes(ports, outcome, found, options);
  return { cluster, ...found, sizes, ...nothing, ...answers };
}

/** A directory that cannot be looked through is found with the backups in the volumes. */
async function measure(ports: Ports, nodes: readonly Node[], options: CommonOptions) {
  const ask = async (n: Node) => ({ node: n.name, ...(await ports.volumes.liveSize(n)) });
  try {
    return await each(nodes, ask, options);
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'DATA_DIRECTORY') return [];
    throw error;
  }
}

/** By CQL. */
function askNodes(
  ports: Ports,
  cluster: Cluster,
  found: Findings,
  options: CommonOptions,
): Promise<Pick<ClusterFacts, 'accepted' | 'directories' | 'kept'> | null> {
  return noting(found, () =>
    withSessions(ports, [cluster], async ([connected]) => {
      if (connected === undefined) return null;
      const { session } = connected;
      const directories = await noting(found, () => directoriesOf(session, cluster.nodes, options));
      return {
        accepted: session.origin ?? null,
        directories: (directories ?? []).map(({ node, ...own }) => ({ node: node.name, ...own })),
        kept: await noting(found, () => keptBy(session)),
      };
    }),
  );
}

/** @throws SCHEMA_UNREADABLE */
async function keptBy(session: CqlSession): Promise<Kept> {
  const settings = await session.schemaSettings();
  return { settings, schema: await liveSchema(session, settings), triggers: await session.triggers() };
}

/** The answer; null where there is none, and then it is noted why. */
async function noting<T>({ refusals, unasked }: Findings, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code === 'INTERRUPTED') throw error;
    (REFUSED.includes(error.code) ? refusals : unasked).push(faultOf(error));
    return null;
  }
}

const faultOf = ({ message, advice }: KassetteError, before = ''): Fault => ({
  message: `${before}${message}`,
  hint: advice,
});
