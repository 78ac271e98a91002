import { checkDataSettings, type KeptApart } from '../../domain/cluster/data-directories.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import type { CqlSession } from '../../ports/cql.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

export interface SetDirectories extends KeptApart {
  readonly node: Node;
}

/**
 * A cold restore clears the directories that the volume has by default, and no others.
 * @throws DATA_DIRECTORY where a node has data in a directory that kassette does not know
 */
export function directoriesOf(
  session: Pick<CqlSession, 'directories'>,
  nodes: readonly Node[],
  options: CommonOptions,
): Promise<readonly SetDirectories[]> {
  const ask = async (node: Node) => {
    const { logs, ...data } = await session.directories(node);
    checkDataSettings(node, data);
    const outside = [...logs].filter(([log, path]) => path !== `${node.volume}/${log}`).map(([log]) => log);
    return { node, system: data.system, outside };
  };
  return each(nodes, ask, options);
}
