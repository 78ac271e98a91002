import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import {
  countedTables,
  indexesApart,
  type NodeMoment,
  truncatableTables,
  truncatedBetween,
  truncationTime,
  viewsApart,
} from '../../domain/moment/same-moment.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { qualified } from '../../domain/schema/cql-text.ts';
import { indexesWithTables } from '../../domain/schema/index-implementation.ts';
import { keyOf, type Schema } from '../../domain/schema/schema.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { waitingHints } from './hints.ts';

/** A cluster whose schema was read. */
type Seen = ConnectedCluster & { readonly schema: Schema };

/** A cluster right before its snapshots, as far as it shows afterwards whether they are of one moment. */
export interface Moment<C extends Seen> {
  readonly connected: C;
  readonly beganAt: number;
  /** By node name. */
  readonly nodes: ReadonlyMap<string, NodeMoment>;
  /** Updates of views that wait on each node, up to this one, by node name; null where nobody knows. */
  readonly waiting: ReadonlyMap<string, string> | null;
  /** Keys of indexes that each node had not built, by node name. */
  readonly unbuilt: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What happened to a cluster while its snapshots were taken. */
export interface Meanwhile {
  /** A table, quoted, of which not all snapshots have the rows from before, or not all those from after a TRUNCATE. */
  readonly truncated: string | null;
  /**
   * An index, quoted, that a node ended building. Cassandra snapshots its own tables last: what says that the index is built would be in
   * the backup, and a part of the index only.
   */
  readonly indexBuilt: string | null;
  /** Views, quoted, that may differ from their tables. */
  readonly viewsToRebuild: readonly string[];
  /** Legacy indexes, quoted, that may differ from their tables in the snapshots. */
  readonly indexesToRebuild: readonly string[];
  /** By node name: when each had last truncated each of `truncatableTables`, after all snapshots. */
  readonly truncatedAt: ReadonlyMap<string, Float64Array>;
}

/** To be called before the first snapshot is taken. */
export async function momentBefore<C extends Seen>(
  ports: Ports,
  connected: C,
  options: CommonOptions,
): Promise<Moment<C>> {
  const { schema } = connected;
  const beganAt = ports.clock.now().getTime();
  const nodes = await momentsOf(connected, schema, options);
  // Afterwards: a write to a table is counted only when its update of the view waits here, unless the view has it.
  const hasViews = schema.some((o) => o.kind === 'view');
  const waiting = hasViews ? await waitingUpdates(connected, options) : new Map();
  const unbuilt = await unbuiltIndexes(connected, schema, options);
  if (countedTables(schema).length > 0) await settle(ports, connected, options);
  return { connected, beganAt, nodes, waiting, unbuilt };
}

/** The same cluster with that; to be called when the last snapshot is taken. */
export async function meanwhile<C extends Seen>(
  { connected, beganAt, nodes, waiting, unbuilt }: Moment<C>,
  options: CommonOptions,
): Promise<C & Meanwhile> {
  const { schema } = connected;
  const now = await momentsOf(connected, schema, options);
  const pairs = [...nodes].flatMap(([name, before]) => {
    const after = now.get(name);
    return after === undefined ? [] : [{ before, after }];
  });
  const changed = countedTables(schema).map((_, i) =>
    pairs.some(({ before, after }) => before.writes[i] !== after.writes[i]),
  );
  const isUnsure = waiting === null || (await stillWait(connected, waiting, options));
  const all = schema.filter((o) => o.kind === 'view').map((o) => qualified(o.keyspace, o.name));
  return {
    ...connected,
    truncated: truncatedBetween(schema, pairs, beganAt),
    indexBuilt: await builtSince(connected, unbuilt, options),
    viewsToRebuild: isUnsure ? all : viewsApart(schema, changed),
    indexesToRebuild: indexesApart(schema, changed),
    truncatedAt: new Map([...now].map(([name, { truncatedAt }]) => [name, truncatedAt])),
  };
}

/**
 * A snapshot flushes a table that has unflushed rows, but does not wait for a flush that began by itself and that nobody has written since;
 * another flush does. So all rows that were counted are in files, of views, of indexes and of their tables.
 */
async function settle(
  { control }: Ports,
  { cluster: { nodes } }: ConnectedCluster,
  options: CommonOptions,
): Promise<void> {
  await each(nodes, (node) => control.flush(node), options);
}

/** Of those whose files do not say so themselves. */
async function unbuiltIndexes(
  { cluster, session }: ConnectedCluster,
  schema: Schema,
  options: CommonOptions,
): Promise<Moment<Seen>['unbuilt']> {
  const indexes = indexesWithTables(schema);
  if (indexes.length === 0) return new Map();
  const lookAt = async (node: Node) => {
    const builds = await session.indexBuilds(node);
    const isUnbuilt = (o: Schema[number]) =>
      builds.get(tableKey({ keyspace: o.keyspace, name: o.base ?? '' }))?.unbuilt.includes(o.name) === true;
    return [node.name, new Set(indexes.filter(isUnbuilt).map(keyOf))] as const;
  };
  return new Map(await each(cluster.nodes, lookAt, options));
}

async function builtSince<C extends Seen>(
  connected: C,
  before: Moment<C>['unbuilt'],
  options: CommonOptions,
): Promise<string | null> {
  const { schema } = connected;
  const asked = [...before.values()].every((indexes) => indexes.size === 0)
    ? new Map<string, ReadonlySet<string>>()
    : await unbuiltIndexes(connected, schema, options);
  const built = [...asked].flatMap(([name, now]) => [...(before.get(name) ?? [])].filter((i) => !now.has(i)));
  const index = schema.find((o) => keyOf(o) === built[0]);
  return index === undefined ? null : qualified(index.keyspace, index.name);
}

async function momentsOf(
  { cluster, session }: ConnectedCluster,
  schema: Schema,
  options: CommonOptions,
): Promise<ReadonlyMap<string, NodeMoment>> {
  const counted = countedTables(schema);
  const lookAt = async (node: Node) => {
    const writes = counted.length === 0 ? new Map() : await session.writes(node);
    const moment: NodeMoment = {
      writes: Float64Array.from(counted, (t) => writes.get(tableKey(t)) ?? 0),
      truncatedAt: await truncatedAt(session, node, schema),
    };
    return [node.name, moment] as const;
  };
  return new Map(await each(cluster.nodes, lookAt, options));
}

/** When a node last truncated each of `truncatableTables`: see `NodeMoment`. */
export async function truncatedAt(session: CqlSession, node: Node, schema: Schema): Promise<Float64Array> {
  const records = await session.truncations(node);
  const timeOf = (id = '') => truncationTime(records.get(id.replaceAll('-', '')));
  return Float64Array.from(truncatableTables(schema), (t) => timeOf(t.id));
}

/** Null where there are hints, of which some may be updates of views, or more batches than can be counted in time. */
async function waitingUpdates(
  connected: ConnectedCluster,
  options: CommonOptions,
): Promise<ReadonlyMap<string, string> | null> {
  const { cluster, session } = connected;
  if ((await waitingHints(connected, options)).length > 0) return null;
  const ask = async (node: Node) => [node.name, (await session.batches(node)).newest] as const;
  const newest = await counted(() => each(cluster.nodes, ask, options));
  return newest === null ? null : new Map(newest.filter(([, id]) => id !== ''));
}

/** Whether an update that has waited before the snapshots waits still: its view's snapshot lacks it, its table's has the row. */
async function stillWait(
  { cluster, session }: ConnectedCluster,
  waiting: ReadonlyMap<string, string>,
  options: CommonOptions,
): Promise<boolean> {
  const nodes = cluster.nodes.filter((n) => waiting.has(n.name));
  const ask = async (node: Node) => (await session.batches(node, waiting.get(node.name))).count;
  const counts = await counted(() => each(nodes, ask, options));
  return counts === null || counts.some((n) => n > 0);
}

/** Null where there are so many batches that a node did not get through them in time. */
async function counted<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'CQL') return null;
    throw error;
  }
}
