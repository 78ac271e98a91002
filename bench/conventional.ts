import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from 'cassandra-driver';
import cassandra from 'cassandra-driver';
import { parseSchema } from '../src/domain/schema.ts';
import { dropStatement } from '../src/domain/schema-diff.ts';
import { type ClusterNode, readSuperuser } from '../src/embedded/cluster-file.ts';
import type { EmbeddedCluster } from '../src/embedded/launcher.ts';
import { nodetool } from './nodetool.ts';

const run = promisify(execFile);
const TAG = 'conventional';

/**
 * The conventional procedure, as the reference's scripts perform it: node after node, a nodetool JVM for each step. Written
 * in its favour where there was a choice: statements run over one open connection instead of a cqlsh start each, the schema
 * is kept in memory, and what pods would add (an exec for each command) is left out.
 */
export class Conventional {
  readonly #cluster: EmbeddedCluster;
  #schema: readonly string[] = [];

  constructor(cluster: EmbeddedCluster) {
    this.#cluster = cluster;
  }

  async beforeBackup(): Promise<void> {
    const client = await this.#cqlsh();
    this.#schema = (await client.execute('DESCRIBE SCHEMA')).rows.map((r) => String(r['create_statement']));
    await client.shutdown();
    for (const node of this.#cluster.nodes) {
      await this.#nodetool(node, ['cleanup']);
      await this.#nodetool(node, ['clearsnapshot', '-t', TAG]);
      await this.#nodetool(node, ['snapshot', '-t', TAG]);
    }
  }

  async afterBackup(): Promise<void> {
    for (const node of this.#cluster.nodes) await this.#nodetool(node, ['clearsnapshot', '-t', TAG]);
  }

  /** Drop every keyspace, make the schema again, then copy and refresh table after table on node after node. */
  async afterRestore(): Promise<void> {
    const client = await this.#cqlsh();
    const schema = parseSchema(this.#schema.join('\n'));
    const keyspaces = schema.filter((o) => o.kind === 'keyspace');
    for (const keyspace of keyspaces) await client.execute(dropStatement(keyspace));
    for (const statement of schema.flatMap((o) => o.statements)) await client.execute(statement);
    const tables = (await client.execute('SELECT keyspace_name, table_name, id FROM system_schema.tables'))
      .rows;
    await client.shutdown();
    for (const node of this.#cluster.nodes) {
      for (const { name } of keyspaces) {
        const home = join(node.dataDirectories[0] ?? '', name);
        for (const table of tables.filter((t) => t['keyspace_name'] === name)) {
          await this.#copyAndRefresh(node, home, name, String(table['table_name']), String(table['id']));
        }
      }
    }
  }

  async #copyAndRefresh(node: ClusterNode, home: string, keyspace: string, table: string, id: string) {
    const target = `${table}-${id.replaceAll('-', '')}`;
    for (const directory of (await readdir(home)).filter((d) => d.startsWith(`${table}-`) && d !== target)) {
      const snapshot = join(home, directory, 'snapshots', TAG);
      await run('sh', [
        '-c',
        'if [ -d "$1" ]; then cp -a "$1"/. "$2"; fi',
        'copy',
        snapshot,
        join(home, target),
      ]);
    }
    await this.#nodetool(node, ['refresh', keyspace, table]);
  }

  /** Waits for schema agreement after every statement, as cqlsh does. */
  async #cqlsh(): Promise<Client> {
    const client = new cassandra.Client({
      contactPoints: this.#cluster.nodes.map((n) => n.address),
      localDataCenter: this.#cluster.file.datacenters[0]?.name ?? '',
      credentials: readSuperuser(this.#cluster.file),
      isMetadataSyncEnabled: false,
      socketOptions: { readTimeout: 120_000 },
    });
    await client.connect();
    return client;
  }

  async #nodetool(node: ClusterNode, args: readonly string[]): Promise<void> {
    await nodetool(this.#cluster.directory, node, args);
  }
}
