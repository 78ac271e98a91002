import { firstNeeded } from '../../domain/archive/base.ts';
import type { NodeLog } from '../../domain/archive/window.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import type { SurveyedNode } from '../volumes/surveys.ts';

/** What there is of each node's log; one shell run a node. */
export async function logsOf(
  ports: Ports,
  surveys: readonly SurveyedNode[],
  options: Pick<CommonOptions, 'concurrency'>,
): Promise<readonly NodeLog[]> {
  const look = async ({ node, survey }: SurveyedNode): Promise<NodeLog> => {
    const files = await ports.volumes.logFiles(node);
    const writes = await ports.control.isReady(node);
    const now = survey.clock ?? ports.clock.now();
    return {
      ...{ node: node.name, datacenter: node.datacenter },
      ...files,
      writesAt: writes ? now.getTime() : null,
    };
  };
  return each(surveys, look, options);
}

/** By node name the first segment that is needed on top of what is flushed from now on. */
export async function firstSegments(
  ports: Ports,
  nodes: readonly Node[],
  options: Pick<CommonOptions, 'concurrency' | 'signal'>,
): Promise<ReadonlyMap<string, bigint>> {
  const look = async (node: Node) => {
    const { archived, live } = await ports.volumes.logFiles(node);
    const first = firstNeeded(archived, live ?? []);
    return first === null ? [] : [[node.name, first] as const];
  };
  return new Map((await each(nodes, look, options)).flat());
}
