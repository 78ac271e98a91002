import type { Datacenter } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';

/**
 * That no datacenter of these clusters is left out, reported before any is stopped for nothing. What the volumes' manifests say
 * decides later, so that a datacenter which cannot be looked at is no obstacle here. @throws PARTIAL_CLUSTER
 */
export async function checkWholeClusters(
  { datacenters }: Pick<Ports, 'datacenters'>,
  chosen: readonly Datacenter[],
): Promise<void> {
  const names = new Set(chosen.map((d) => d.name));
  const clusters = new Set(chosen.map((d) => d.cluster));
  const all = await datacenters.find([]).catch(() => chosen);
  const other = all.find((d) => clusters.has(d.cluster) && !names.has(d.name));
  if (other === undefined) return;
  throw new KassetteError(
    'PARTIAL_CLUSTER',
    `Cluster ${other.cluster} has datacenter ${other.name}, too, which this run does not cover. Its newer data would be replicated back.`,
    'Nothing was changed. Restore all datacenters of the cluster in one run, without `--datacenter`.',
  );
}
