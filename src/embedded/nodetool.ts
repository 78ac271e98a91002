import { join } from 'node:path';
import { runtimeOptions } from './cassandra/command-line.ts';
import type { ClusterNode } from './cluster-file.ts';
import { LauncherError } from './launcher-error.ts';
import { nodePlaces } from './layout.ts';
import { readNodeFile } from './node-file.ts';

export interface NodetoolCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** Cassandra's own nodetool for a node of a cluster that was started with `jmxBasePort`. */
export function nodetoolCommand(
  directory: string,
  node: ClusterNode,
  args: readonly string[],
): NodetoolCommand {
  if (node.jmxPort === undefined) {
    throw new LauncherError(`${node.name} has no JMX port.`, 'Start the cluster with jmxBasePort.');
  }
  const { cassandra, run } = readNodeFile(nodePlaces(directory, node.name).nodeFile);
  const java = [
    '-XX:TieredStopAtLevel=1',
    ...runtimeOptions(cassandra.javaMajor),
    `-Duser.home=${run}`,
    `-Dcassandra.config=file://${join(cassandra.configuration, 'cassandra.yaml')}`,
    '-cp',
    [cassandra.configuration, join(cassandra.libraries, '*')].join(':'),
  ];
  const connection = ['-h', '127.0.0.1', '-p', String(node.jmxPort)];
  return {
    program: cassandra.java,
    args: [...java, 'org.apache.cassandra.tools.NodeTool', ...connection, ...args],
  };
}
