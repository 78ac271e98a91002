import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { KassetteError, RefusedStatement } from '../../../src/domain/errors.ts';
import { quote } from '../../../src/domain/schema/cql-text.ts';
import type { CqlSession } from '../../../src/ports/cql.ts';
import type { NodeControl, Outcome } from '../../../src/ports/node-control.ts';
import { hostIdOf } from '../cluster/cluster.ts';
import { paxosTables } from '../cluster/paxos.ts';
import { described } from '../cluster/schema-text.ts';
import type { Process } from '../runs/process.ts';
import type { Owner } from '../runs/schedule.ts';
import type { Surroundings } from './surroundings.ts';

/** Of one table, where that is slow: the snapshot goes on when the next run has got the lease of one that was killed. */
const SNAPSHOT_MS = 12_000;

/** What goes on whoever is gone. */
const CLUSTER: Owner = { isGone: false };

/** Do the steps, or at half pace the first half of them now and the others by and by. */
function inSteps(
  world: Surroundings,
  process: Process,
  steps: readonly (() => void)[],
  usualMs: number,
): Outcome {
  if (process.pace === 'whole') {
    for (const step of steps) step();
    return 'done';
  }
  const half = Math.ceil(steps.length / 2);
  for (const step of steps.slice(0, half)) step();
  for (const [i, step] of steps.slice(half).entries())
    world.schedule.after(CLUSTER, (i + 1) * process.pauseMs(usualMs), step);
  return 'underway';
}

/** The nodes' management APIs. */
export function control(world: Surroundings, process: Process): NodeControl {
  const { cluster } = world;
  const running = (node: Node) => {
    if (cluster.isStopped(node))
      throw new KassetteError('NODE_NOT_RUNNING', `${node.name} is stopped.`, 'Start it.');
    if (cluster.isAway(node)) throw new KassetteError('NODE_DOWN', `${node.name} is restarted.`, 'Wait.');
    return cluster.at(node);
  };
  return {
    isReady: async (node) => !cluster.isStopped(node) && !cluster.isAway(node),
    endpoints: async () => cluster.members(),
    schemaVersions: async () => new Map([[cluster.schemaVersion, cluster.nodes.map((n) => n.address)]]),
    flush: async (node) => {
      running(node);
      cluster.flush(node);
    },
    takeSnapshot: async (node, tag) => inSteps(world, process, snapshotSteps(world, node, tag), SNAPSHOT_MS),
    clearSnapshot: async (node, tag) => {
      const cassandra = running(node);
      const nothing = () => {};
      return inSteps(world, process, [nothing, () => cassandra.clearSnapshot(tag)], 5000);
    },
    refresh: async (node, keyspace, name) => {
      const cassandra = running(node);
      const table = cluster.table(keyspace, name);
      const steps = cassandra.unknown(table).map((sstable) => () => cassandra.load(table, sstable));
      return inSteps(world, process, steps, 300);
    },
    cleanUp: async () => {},
    truncateHints: async (node) => {
      running(node);
      rmSync(join(node.volume, 'hints'), { recursive: true });
      mkdirSync(join(node.volume, 'hints'));
    },
  };
}

/** Table by table. A directory that somebody removes meanwhile is a disk error to Cassandra, which stops over it. */
function snapshotSteps(world: Surroundings, node: Node, tag: string): readonly (() => void)[] {
  const { cluster, violations } = world;
  const cassandra = cluster.at(node);
  const { tables } = cluster;
  if (cassandra.hasSnapshot(tables, tag))
    throw new KassetteError('NODE_OPERATION', `${node.name}: snapshot ${tag} already exists`, 'Remove it.');
  return tables.map((table, i) => () => {
    if (!tables.slice(0, i).every((t) => cassandra.hasSnapshot([t], tag)))
      violations.push(`${node.name} finds directories removed of the snapshot that it makes`);
    cassandra.snapshot(table, tag);
    cluster.afterSnapshotOf(node, table);
  });
}

/** A superuser's session; the coordinator is any node. */
export function session(world: Surroundings, process: Process): CqlSession {
  const { cluster } = world;
  const { state } = cluster;
  return {
    describeSchema: async () => described(state.schema),
    tableIds: async () => cluster.tableIds(),
    triggers: async () => [],
    permissions: async () => structuredClone(state.schema.permissions),
    roles: async () => [...state.roles],
    schemaSettings: async () => ({ release: '5.0.6', off: new Set(), memtables: null }),
    builtViews: async ({ name }) => new Set(state.nodes[name]?.built),
    countAsBuilt: async (node, view, built) => cluster.at(node).countAsBuilt(view, built),
    viewProgress: async () => 0,
    pendingHints: async ({ name }) =>
      new Map(
        [...(cluster.hints.get(name) ?? [])].map(([target, files]) => [hostIdOf({ name: target }), files]),
      ),
    writes: async (node) => cluster.writes(node),
    batches: async () => ({ count: 0, newest: '' }),
    indexBuilds: async () => new Map(),
    paxosTables: async (node) => paxosTables(cluster, node),
    directories: async (node) => ({
      ...{ data: null, system: null },
      logs: new Map([['commitlog', cluster.at(node).logDirectory]]),
    }),
    repairs: async ({ name }) => cluster.setup.repairs?.(name) ?? [],
    isFlushing: async () => false,
    peers: async () => new Map(),
    gossipGeneration: async ({ name }) => state.nodes[name]?.gossipGeneration ?? 0,
    truncations: async (node) => cluster.truncations(node),
    change: async (statement) => {
      if (state.forbidden !== null && statement.startsWith(state.forbidden))
        throw new RefusedStatement(
          `${state.forbidden} is not allowed`,
          `Cassandra refused a statement: ${state.forbidden} is not allowed`,
          'Allow it.',
        );
      cluster.change(statement);
    },
    truncate: async (keyspace, name) => {
      const table = cluster.table(keyspace, name);
      const steps = cluster.nodes.map((node) => () => cluster.truncate(node, table));
      if (inSteps(world, process, steps, 1000) === 'underway')
        throw new KassetteError(
          'CQL',
          `TRUNCATE ${quote(keyspace)}.${quote(name)} was not answered in time`,
          'Run it again.',
        );
    },
    isEmpty: async (keyspace, name) =>
      cluster.nodes.every((n) => cluster.at(n).rows(cluster.table(keyspace, name)).size === 0),
    close: async () => {},
  };
}
