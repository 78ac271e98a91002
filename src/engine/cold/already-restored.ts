import type { Datacenter, Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions, TagOption } from '../options.ts';

type Options = Pick<CommonOptions, 'concurrency' | 'signal'> & TagOption;

/**
 * Whether the backup that is asked for was restored on all nodes and removed since: a run was ended right before it could say so. Nodes are
 * not stopped again to find nothing in their volumes.
 * @returns false where a node does not serve, a volume cannot be looked at, or a cold restore is to be continued
 */
export async function isAlreadyRestored(
  ports: Pick<Ports, 'control' | 'volumes'>,
  datacenters: readonly Datacenter[],
  options: Options,
): Promise<boolean> {
  if (datacenters.some((d) => d.coldRestore !== undefined)) return false;
  try {
    return await saySo(
      ports,
      datacenters.flatMap((d) => d.nodes),
      options,
    );
  } catch (error) {
    // What comes next looks for itself, and needs no node that runs; a run that is to end stops nothing more.
    if (error instanceof KassetteError && error.code !== 'INTERRUPTED' && !options.signal.aborted)
      return false;
    throw error;
  }
}

async function saySo(
  { control, volumes }: Pick<Ports, 'control' | 'volumes'>,
  nodes: readonly Node[],
  { tag, concurrency, signal }: Options,
): Promise<boolean> {
  const ready = await each(nodes, (node) => control.isReady(node), { concurrency });
  if (nodes.length === 0 || !ready.every(Boolean)) return false;
  signal.throwIfAborted();
  const surveys = await each(nodes, (node) => volumes.survey(node), { concurrency });
  signal.throwIfAborted();
  return surveys.every(({ backups, restored }) => {
    const record = restored?.value ?? null;
    if (record === null) return false;
    return tag === undefined
      ? backups.length === 0
      : record.tag === tag && backups.every((b) => b.tag !== tag);
  });
}
