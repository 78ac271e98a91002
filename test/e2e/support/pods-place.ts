import { z } from 'zod';
import { CONVENTIONAL_TAG, type Place } from '../../../bench/conventional.ts';
import { runtimeOptions } from '../../../lab/cassandra/command-line.ts';
import type { TestDatacenter } from './datacenter.ts';

/** Where nodetool finds Cassandra in a pod. */
export const JMX_OPTION = '-Dcassandra.jmx.local.port=7199';

const distribution = z.object({ java: z.string(), javaMajor: z.number(), libraries: z.string() });

const NODETOOL = `java=$1; libraries=$2; shift 2
"$java" -version 2> /dev/null
exec "$java" "-javaagent:$(ls "$libraries"/jamm-*.jar)" -ea -cp "/config:$libraries/*" -Xmx128m -XX:ParallelGCThreads=1 "$@"`;

const COPY = `for snapshot in "/var/lib/cassandra/data/$1/$2"-*/snapshots/"$3"; do
  [ ! -d "$snapshot" ] || cp -a "$snapshot"/. "/var/lib/cassandra/data/$1/$2-$4"
done`;

/** The conventional procedure on pods, as the reference's scripts run it: a kubectl exec for each command. */
export async function podsPlace(datacenter: TestDatacenter): Promise<Place> {
  const nodes = (await datacenter.pods()).map((p) => p.name);
  const exec = (pod: string, ...command: readonly string[]) =>
    datacenter.kubectl('exec', pod, '-c', 'cassandra', '--', ...command);
  const facts = await exec(nodes[0] ?? '', 'cat', '/opt/cassandra/distribution.json');
  const { java, javaMajor, libraries } = distribution.parse(JSON.parse(facts));
  const options = [
    ...runtimeOptions(javaMajor),
    '-Dcassandra.config=file:///config/cassandra.yaml',
    '-Duser.home=/tmp',
  ];
  const program = ['org.apache.cassandra.tools.NodeTool', '-h', '127.0.0.1', '-p', '7199'];
  return {
    nodes,
    connect: () => datacenter.connect(10),
    async nodetool(pod, args) {
      await exec(pod, 'sh', '-c', NODETOOL, 'nodetool', java, libraries, ...options, ...program, ...args);
    },
    async copySnapshot(pod, keyspace, table, id) {
      await exec(pod, 'sh', '-c', COPY, 'copy', keyspace, table, CONVENTIONAL_TAG, id);
    },
  };
}
