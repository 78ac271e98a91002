import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runtimeOptions } from '../lab/cassandra/command-line.ts';
import { javaFor } from '../lab/cassandra/prerequisites.ts';
import { type NodeFile, readNodeFile } from '../lab/cluster/node-file.ts';
import type { ClusterNode } from '../src/adapters/embedded/cluster-file.ts';
import { nodePlaces } from '../src/adapters/embedded/nodes/node-places.ts';

const run = promisify(execFile);

/** The small Java 11 runtime lacks the provider by which a client of JMX finds its server; any Java may be the client. */
async function clientJava({ java, javaMajor }: Pick<NodeFile['cassandra'], 'java' | 'javaMajor'>) {
  return javaMajor === 11 ? { java: await javaFor('5.0'), javaMajor: 17 } : { java, javaMajor };
}

/**
 * Cassandra's own nodetool, started as `bin/nodetool` of the release starts it: `cassandra.in.sh` asks Java for its version
 * first, and the options are its and those of `jvm-clients.options`.
 */
export async function nodetool(directory: string, node: ClusterNode, args: readonly string[]): Promise<void> {
  const { cassandra } = readNodeFile(nodePlaces(directory, node.name).nodeFile);
  const { java, javaMajor } = await clientJava(cassandra);
  const jamm = (await readdir(cassandra.libraries)).find((name) => name.startsWith('jamm-')) ?? '';
  await run(java, ['-version']);
  await run(
    java,
    [
      `-javaagent:${join(cassandra.libraries, jamm)}`,
      '-ea',
      '-cp',
      [cassandra.configuration, join(cassandra.libraries, '*')].join(':'),
      ...runtimeOptions(javaMajor),
      '-Xmx128m',
      '-XX:ParallelGCThreads=1',
      // It keeps a history file there.
      `-Duser.home=${directory}`,
      `-Dcassandra.config=file://${join(cassandra.configuration, 'cassandra.yaml')}`,
      'org.apache.cassandra.tools.NodeTool',
      '-h',
      '127.0.0.1',
      '-p',
      String(node.jmxPort),
      ...args,
    ],
    { maxBuffer: 1 << 26 },
  );
}
