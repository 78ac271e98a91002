import { endpointOf } from '../../domain/cluster/addresses.ts';
import { type ColdStage, type Datacenter, STOPPED_FOR_COLD } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Datacenters } from '../../ports/platform/datacenters.ts';
import { type ClusterFile, clusterFilePath, readClusterFile } from './cluster-file.ts';
import { readColdMark } from './cold-mark.ts';

/** The datacenters of an embedded cluster, from its `cluster.json`. */
export function embeddedDatacenters(directory: string): Datacenters {
  return {
    async find(names) {
      const file = readOrExplain(directory);
      const all = file.datacenters.map(
        (d): Datacenter => ({
          name: d.name,
          cluster: file.cluster,
          nodes: d.nodes.map((n) => ({
            ...n,
            cluster: file.cluster,
            datacenter: d.name,
            cqlEndpoint: endpointOf(n.address, n.cqlPort),
          })),
          ...readinessOf(readColdMark(directory, d.name, d.nodes)),
        }),
      );
      const unknown = names.find((n) => !all.some((d) => d.name === n));
      if (unknown !== undefined) {
        throw new KassetteError(
          'NOT_FOUND',
          `There is no datacenter \`${unknown}\`; found: ${all.map((d) => d.name).join(', ')}.`,
          'Correct `--datacenter`, or leave it out for all.',
        );
      }
      return names.length === 0 ? all : all.filter((d) => names.includes(d.name));
    },
    elsewhere: async () => [],
  };
}

function readinessOf(stage: ColdStage | undefined): Pick<Datacenter, 'unready' | 'coldRestore'> {
  if (stage === undefined) return { unready: null };
  return { unready: { reason: STOPPED_FOR_COLD, passing: false }, coldRestore: stage };
}

function readOrExplain(directory: string): ClusterFile {
  try {
    return readClusterFile(directory);
  } catch (cause) {
    throw new KassetteError(
      'CLUSTER_UNREACHABLE',
      `${clusterFilePath(directory)} does not describe an embedded cluster.`,
      'Check `--embedded`; `make demo KEEP=1` leaves such a cluster running and prints its directory.',
      { cause },
    );
  }
}
