import type { Datacenter } from '../../domain/cluster/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions, TagOption } from '../options.ts';

/**
 * Whether the backup that is asked for was restored on all nodes and removed since: a run was ended right before it could say so. Nodes are
 * not stopped again to find nothing in their volumes.
 * @returns false where a node does not serve, or a cold restore is to be continued
 */
export async function isAlreadyRestored(
  { control, volumes }: Pick<Ports, 'control' | 'volumes'>,
  datacenters: readonly Datacenter[],
  { tag, ...options }: Pick<CommonOptions, 'concurrency'> & TagOption,
): Promise<boolean> {
  const nodes = datacenters.flatMap((d) => d.nodes);
  if (nodes.length === 0 || datacenters.some((d) => d.coldRestore !== undefined)) return false;
  const ready = await each(nodes, (node) => control.isReady(node), options);
  if (!ready.every(Boolean)) return false;
  const surveys = await each(nodes, (node) => volumes.survey(node), options);
  return surveys.every(({ backups, restored }) => {
    const record = restored?.value ?? null;
    if (record === null) return false;
    return tag === undefined
      ? backups.length === 0
      : record.tag === tag && backups.every((b) => b.tag !== tag);
  });
}
