import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const node = z
  .object({
    name: z.string(),
    rack: z.string(),
    address: z.string(),
    cqlPort: z.number().int(),
    /** Cassandra's `/var/lib/cassandra`. */
    volume: z.string(),
    dataDirectories: z.array(z.string()).readonly(),
    managementUrl: z.string(),
    /** For nodetool, on 127.0.0.1; only where the launcher was asked for it. */
    jmxPort: z.number().int().optional(),
  })
  .readonly();

const clusterFile = z
  .object({
    format: z.literal(1),
    cluster: z.string(),
    cassandraVersion: z.string(),
    datacenters: z
      .array(z.object({ name: z.string(), nodes: z.array(node).readonly() }).readonly())
      .readonly(),
    /** What a client of the management APIs needs: paths of the CA, its certificate and key. */
    tls: z.object({ ca: z.string(), cert: z.string(), key: z.string() }).readonly().optional(),
    /** Path of a JSON file, mode 0600, with `username` and `password`. */
    superuser: z.string(),
  })
  .readonly();

const superuser = z.object({ username: z.string(), password: z.string() }).readonly();

/** How to reach an embedded cluster; holds no secret. */
export type ClusterFile = z.infer<typeof clusterFile>;
export type ClusterNode = z.infer<typeof node>;
export type Superuser = z.infer<typeof superuser>;

export function clusterFilePath(directory: string): string {
  return join(directory, 'cluster.json');
}

export function readClusterFile(directory: string): ClusterFile {
  return clusterFile.parse(JSON.parse(readFileSync(clusterFilePath(directory), 'utf8')));
}

export function readSuperuser(cluster: ClusterFile): Superuser {
  return superuser.parse(JSON.parse(readFileSync(cluster.superuser, 'utf8')));
}
