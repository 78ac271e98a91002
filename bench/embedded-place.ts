import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import cassandra from 'cassandra-driver';
import type { EmbeddedCluster } from '../lab/cluster/launcher.ts';
import { type ClusterNode, readSuperuser } from '../src/adapters/embedded/cluster-file.ts';
import { CONVENTIONAL_TAG, type Place } from './conventional.ts';
import { nodetool } from './nodetool.ts';

const run = promisify(execFile);

/** The conventional procedure on an embedded cluster; what pods would add (an exec for each command) is left out. */
export function embeddedPlace(cluster: EmbeddedCluster): Place {
  const nodeOf = (name: string) => cluster.nodes.find((n) => n.name === name) as ClusterNode;
  return {
    nodes: cluster.nodes.map((n) => n.name),
    async connect() {
      const client = new cassandra.Client({
        contactPoints: cluster.nodes.map((n) => n.address),
        localDataCenter: cluster.file.datacenters[0]?.name ?? '',
        credentials: readSuperuser(cluster.file),
        isMetadataSyncEnabled: false,
        socketOptions: { readTimeout: 120_000 },
      });
      await client.connect();
      return client;
    },
    nodetool: (name, args) => nodetool(cluster.directory, nodeOf(name), args),
    async copySnapshot(name, keyspace, table, id) {
      const home = join(nodeOf(name).dataDirectories[0] ?? '', keyspace);
      const target = `${table}-${id}`;
      const others = (await readdir(home)).filter((d) => d.startsWith(`${table}-`) && d !== target);
      for (const directory of others) {
        const snapshot = join(home, directory, 'snapshots', CONVENTIONAL_TAG);
        await run('sh', ['-c', COPY, 'copy', snapshot, join(home, target)]);
      }
    },
  };
}

const COPY = 'if [ -d "$1" ]; then cp -a "$1"/. "$2"; fi';
