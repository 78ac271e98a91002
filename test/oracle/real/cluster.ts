import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, types } from 'cassandra-driver';
import { nodetool } from '../../../bench/nodetool.ts';
import type { EmbeddedCluster } from '../../../lab/cluster/launcher.ts';
import { startLoaded } from '../../../lab/golden.ts';
import { connectLab, storageOf } from '../../../lab/lab.ts';
import type { ClusterNode } from '../../../src/adapters/embedded/cluster-file.ts';
import { ManagementCalls } from '../../../src/adapters/embedded/nodes/management-call.ts';
import { nodePlaces } from '../../../src/adapters/embedded/nodes/node-places.ts';
import { TEST_SUBNET } from '../../tiers.ts';
import { NODES } from '../draw.ts';
import { VERSION } from './schema.ts';

const JMX_PORT = 17_760;

/** A cluster that stays over rounds, its client, and what happens to its processes. */
export class OracleCluster {
  readonly cluster: EmbeddedCluster;
  #client: Client;

  private constructor(cluster: EmbeddedCluster, client: Client) {
    this.cluster = cluster;
    this.#client = client;
  }

  /** Three new nodes without a schema. */
  static async open(): Promise<OracleCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'kassette-oracle-'));
    const cluster = await startLoaded(
      {
        directory,
        subnet: TEST_SUBNET,
        version: VERSION,
        nodes: NODES,
        detached: false,
        jmxBasePort: JMX_PORT,
      },
      { keyspaces: [], roles: [] },
    );
    return new OracleCluster(cluster, await connectLab(cluster));
  }

  async close(): Promise<void> {
    await this.#client.shutdown();
    await this.cluster.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  get directory(): string {
    return this.cluster.directory;
  }

  get nodes(): readonly ClusterNode[] {
    return this.cluster.nodes;
  }

  /** A new one after each start of nodes: it knows who is up. */
  get client(): Client {
    return this.#client;
  }

  node(number: number): ClusterNode {
    const node = this.nodes[number];
    if (node === undefined) throw new RangeError(`There is no node ${number}.`);
    return node;
  }

  allRun(): boolean {
    return this.cluster.processes().every((p) => p.cassandra !== undefined);
  }

  /** As when a machine loses power; the stand-ins go on. */
  async kill(nodes: readonly ClusterNode[] = this.nodes): Promise<void> {
    const names = nodes.map((n) => n.name);
    const pids = () =>
      this.cluster
        .processes()
        .flatMap((p) => (names.includes(p.name) && p.cassandra !== undefined ? [p.cassandra] : []));
    for (const pid of pids()) process.kill(pid, 'SIGKILL');
    while (pids().length > 0) await sleep(50);
  }

  async drain(nodes: readonly ClusterNode[] = this.nodes): Promise<void> {
    await Promise.all(nodes.map((node) => this.cluster.stopNode(node.name)));
  }

  /** And wait until they are ready; those that run already are waited for, too. */
  async start(nodes: readonly ClusterNode[] = this.nodes): Promise<void> {
    await this.cluster.startNodes(...nodes.map((n) => n.name));
    await this.#client.shutdown();
    this.#client = await connectLab(this.cluster);
  }

  /** Settings of a node's `cassandra.yaml`, which is JSON, from its next start on. */
  configure(settingsOf: (node: ClusterNode) => Readonly<Record<string, unknown>>): void {
    for (const node of this.nodes) {
      const path = join(nodePlaces(this.directory, node.name).configuration, 'cassandra.yaml');
      const settings: unknown = { ...JSON.parse(readFileSync(path, 'utf8')), ...settingsOf(node) };
      writeFileSync(path, `${JSON.stringify(settings, null, 2)}\n`);
    }
  }

  /** Where a node keeps its commit log now. */
  logsAreOutside(): boolean {
    const [node] = this.nodes;
    if (node === undefined) return false;
    const path = join(nodePlaces(this.directory, node.name).configuration, 'cassandra.yaml');
    return JSON.parse(readFileSync(path, 'utf8')).commitlog_directory !== join(node.volume, 'commitlog');
  }

  /** Nodes write everything to their tables, and begin another commit log elsewhere. */
  async moveLogs(outside: boolean): Promise<void> {
    if (this.logsAreOutside() === outside) return;
    await this.drain();
    for (const node of this.nodes) await rm(this.#logs(node, outside), { recursive: true, force: true });
    this.configure((node) => ({ commitlog_directory: this.#logs(node, outside) }));
    await this.start();
  }

  #logs(node: ClusterNode, outside: boolean): string {
    return join(outside ? nodePlaces(this.directory, node.name).home : node.volume, 'commitlog');
  }

  async flush(): Promise<void> {
    await storageOf(this.cluster).flush();
  }

  async compact(keyspace: string, tables: readonly string[]): Promise<void> {
    await storageOf(this.cluster).compact(keyspace, tables);
  }

  async truncateHints(): Promise<void> {
    const calls = new ManagementCalls(this.cluster.file);
    const up = this.cluster.processes().filter((p) => p.cassandra !== undefined);
    try {
      for (const node of this.nodes.filter((n) => up.some((p) => p.name === n.name)))
        await calls.demand(node, 'POST', '/api/v0/ops/node/hints/truncate');
    } finally {
      await calls.close();
    }
  }

  async repair(keyspaces: readonly string[]): Promise<void> {
    for (const keyspace of keyspaces)
      await nodetool(this.directory, this.node(0), ['repair', '--full', keyspace]);
  }

  /** Until what commit logs and batches mean for views has reached them: by then nothing changes by itself. */
  async settle(): Promise<void> {
    const waiting = async () => {
      const hosts = this.#client.hosts.values().filter((host) => host.isUp());
      const ask = hosts.map((host) => this.#client.execute('SELECT id FROM system.batches', [], { host }));
      return (await Promise.all(ask)).some((r) => r.rowLength > 0);
    };
    while (await waiting()) await sleep(200);
  }

  /** Tables and views of users by keyspace and name, with their ids. */
  async tables(): Promise<
    readonly { readonly keyspace: string; readonly name: string; readonly id: string }[]
  > {
    const { rows } = await this.#client.execute(
      'SELECT keyspace_name, table_name, id FROM system_schema.tables',
      [],
      { consistency: types.consistencies.one },
    );
    return rows.map((row) => ({
      keyspace: row.get('keyspace_name'),
      name: row.get('table_name'),
      id: String(row.get('id')).replaceAll('-', ''),
    }));
  }
}
