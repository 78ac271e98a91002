import { join } from 'node:path';
import type { Node } from '../../src/domain/cluster/topology.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { World } from '../simulation/cluster/world.ts';
import { Counter } from './counter.ts';

export interface Size {
  /** In each datacenter. */
  readonly nodes: number;
  readonly tables: number;
  /** In each table of a node. */
  readonly sstables: number;
  /** For each cluster the number of its datacenters. */
  readonly clusters: readonly number[];
  /** How long each call takes, of the simulated time; 0: one comes after the other, in any order. */
  readonly latencyMs: number;
  /** Whether each file is summed up, too: `verify --deep` after the backup, the restore with `--verify full`. */
  readonly deep?: boolean;
}

/** Simulated clusters of that size, whose nodes are hollow, and what their ports are asked. */
export function clustersOf(directory: string, { nodes, tables, sstables, clusters, latencyMs }: Size) {
  const worlds: World[] = [];
  for (const [c, count] of clusters.entries()) {
    const layout = Object.fromEntries(Array.from({ length: count }, (_, d) => [`dc${c}-${d}`, nodes]));
    const setup = { hollow: sstables, cluster: `c${c}`, home: join(directory, `c${c}`) };
    const world = World.make(layout, { ...setup, latencyMs, beside: worlds[0] });
    fill(world, tables);
    worlds.push(world);
  }
  const counter = new Counter();
  return { counter, ports: counted(counter, together(worlds)) };
}

function fill({ cluster }: World, tables: number): void {
  cluster.change(
    "CREATE KEYSPACE many WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '3'}",
  );
  for (let i = 0; i < tables; i++)
    cluster.change(
      `CREATE TABLE many.table_${i} (\n    id int PRIMARY KEY,\n    value text\n) WITH comment = ''`,
    );
}

/** The ports of one process that sees all of these clusters: what is about a node goes to the node's own one. */
function together(worlds: readonly World[]): Ports {
  const all = worlds.map((w) => w.ports());
  const [first] = all;
  if (first === undefined) throw new Error('There is no cluster.');
  const of = (cluster: string | undefined) =>
    all[worlds.findIndex((w) => w.cluster.setup.cluster === cluster)] ?? first;
  const byNode = <T extends object>(port: T, portOf: (ports: Ports) => T): T =>
    new Proxy(port, {
      get(_, key) {
        return (node: Node, ...args: unknown[]) => {
          const method = Reflect.get(portOf(of(node.cluster)), key) as (...args: unknown[]) => unknown;
          return method(node, ...args);
        };
      },
    });
  return {
    ...first,
    datacenters: {
      ...first.datacenters,
      find: async (names) => (await Promise.all(all.map((p) => p.datacenters.find(names)))).flat(),
    },
    control: byNode(first.control, (p) => p.control),
    volumes: byNode(first.volumes, (p) => p.volumes),
    cql: { open: (datacenters) => of(datacenters[0]?.cluster).cql.open(datacenters) },
  };
}

function counted(counter: Counter, ports: Ports): Ports {
  return {
    ...ports,
    control: counter.counted('management API', ports.control),
    cql: { open: async (of) => counter.counted('cql', await ports.cql.open(of)) },
    volumes: counter.counted('shell', ports.volumes),
  };
}
