import type { Log, Permission, Trigger } from '../../domain/backup/manifest.ts';
import { agreedSchema, type Cluster } from '../../domain/cluster/ring.ts';
import { type Interval, skew } from '../../domain/cluster/skew.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { qualified } from '../../domain/schema/cql-text.ts';
import { parseSchema, type Schema, schemaText } from '../../domain/schema/schema.ts';
import { repairedMeanwhile } from '../../domain/sstables/repairs.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { directoriesOf } from '../cluster/directories.ts';
import { gossipGenerations } from '../cluster/generations.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { awaitWhole, clear } from '../cluster/snapshot-work.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { warnOfUnsaved } from '../schema/foreign.ts';
import { dropRehearsals } from '../schema/rehearse.ts';
import { leftOver } from '../schema/schemas.ts';
import { type Meanwhile, meanwhile, momentBefore } from './moment.ts';

/** A cluster with its snapshots just taken. */
export interface SnapshotCluster {
  readonly cluster: Cluster;
  /** That the schema had from before it was read until after the last snapshot. */
  readonly schemaVersion: string;
  readonly schemaText: string;
  readonly schema: Schema;
  readonly permissions: readonly Permission[];
  readonly triggers: readonly Trigger[];
  readonly generations: ReadonlyMap<string, number>;
  /** By node name: what each replays at its start from outside its volume, by its settings. */
  readonly outside: ReadonlyMap<string, readonly Log[]>;
  /** Views, quoted, that some node was still building. */
  readonly unbuilt: readonly string[];
  /** Those and others, quoted, that may differ from their tables in the snapshots. */
  readonly viewsToRebuild: readonly string[];
  /** Legacy indexes, quoted, that may differ from their tables in the snapshots. */
  readonly indexesToRebuild: readonly string[];
  /** Ids of tables of which an incremental repair was open on any node. */
  readonly repairing: ReadonlySet<string>;
  /** By node name: when each had last truncated each of `truncatableTables`, after all snapshots. */
  readonly truncatedAt: ReadonlyMap<string, Float64Array>;
}

type Described = Omit<SnapshotCluster, 'viewsToRebuild' | 'indexesToRebuild' | 'repairing' | 'truncatedAt'> &
  ConnectedCluster;
type Taken = Described & Meanwhile;

/** Why snapshots are not of one moment, and the error where that does not end. */
interface Change {
  readonly what: string;
  readonly error: KassetteError;
}

export interface Snapshots {
  readonly clusters: readonly SnapshotCluster[];
  /** By node name. */
  readonly intervals: ReadonlyMap<string, Interval>;
  readonly skewMs: number;
}

/** What one backup calls its snapshots. */
export interface SnapshotRun {
  readonly tag: string;
  /** Names of the nodes that may be making theirs at the moment, kept up to date. */
  readonly underway: Set<string>;
}

const ATTEMPTS = 3;
/** A schema change takes about this long to reach all nodes. */
const SETTLE_MS = 1000;
/** More nodes than this are snapshot in turns. */
const SNAPSHOTS_AT_ONCE = 512;

/** Snapshot all nodes of all clusters at once, and again where the schema changed or a table was truncated meanwhile. */
export async function snapshotAll(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  run: SnapshotRun,
  options: CommonOptions,
): Promise<Snapshots> {
  const nodes = connected.flatMap((c) => c.cluster.nodes);
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    const described = await ports.progress.step('Reading the schema', () =>
      each(connected, (c) => describe(ports, c, options)),
    );
    const repairs = await each(connected, (c) => repairsOf(c, options));
    await flushAll(ports, nodes, options);
    options.signal.throwIfAborted();
    const { intervals, clusters } = await ports.progress.step('Taking snapshots', async (report) => {
      const begun = await each(described, (c) => momentBefore(ports, c, options));
      const note = (text: string) => report.note(text);
      const taken = await takeSnapshots(ports, connected, run, { ...options, note });
      return { intervals: taken, clusters: await each(begun, (moment) => meanwhile(moment, options)) };
    });
    const change = await changeOf(ports, clusters);
    if (change === null) {
      for (const { unbuilt, schema, triggers } of clusters) {
        warnOfUnbuilt(ports, unbuilt);
        warnOfUnsaved(ports, schema, triggers);
      }
      const repaired = await each(connected, (c) => repairsOf(c, options));
      return {
        clusters: clusters.map((c, i) => ({
          ...withUnbuilt(c),
          repairing: repairedMeanwhile(repairs[i] ?? new Map(), repaired[i] ?? new Map()),
        })),
        ...{ intervals, skewMs: skew([...intervals.values()]) },
      };
    }
    ports.progress.warn(`${change.what} while the snapshots were taken (attempt ${attempt}).`);
    await each(nodes, (n) => clear(ports, n, run.tag), options);
    if (attempt === ATTEMPTS) throw change.error;
    await ports.clock.sleep(SETTLE_MS);
  }
}

/** A view that was being built lacks rows, whatever was written meanwhile. */
function withUnbuilt({
  session: _,
  truncated: __,
  indexBuilt: ___,
  ...cluster
}: Taken): Omit<SnapshotCluster, 'repairing'> {
  const names = new Set([...cluster.unbuilt, ...cluster.viewsToRebuild]);
  return { ...cluster, viewsToRebuild: [...names].toSorted() };
}

async function describe(
  ports: Ports,
  connected: ConnectedCluster,
  options: CommonOptions,
): Promise<Described> {
  const { cluster, session } = connected;
  const schemaVersion = await agreedVersion(ports, cluster);
  const [statements, permissions, triggers, generations, outside] = await Promise.all([
    session.describeSchema(),
    session.permissions(),
    session.triggers(),
    gossipGenerations(session, cluster, options.concurrency),
    outsideOf(ports, session, cluster.nodes, options),
  ]);
  const text = schemaText(statements);
  const schema = parseSchema(text);
  // Before the snapshots: a restore that was killed may have left what it rehearsed in.
  const left = await leftOver(session, schema);
  if (left.length > 0) {
    await dropRehearsals(ports, connected, left, options);
    return describe(ports, connected, options);
  }
  const unbuilt = await unbuiltViews(session, cluster, schema, options);
  return {
    ...{ cluster, session, schemaVersion, schemaText: text, schema, permissions, triggers },
    ...{ generations, outside, unbuilt },
  };
}

async function repairsOf({ cluster, session }: ConnectedCluster, options: CommonOptions) {
  const pairs = await each(
    cluster.nodes,
    async (node) => [node.name, await session.repairs(node)] as const,
    options,
  );
  return new Map(pairs);
}

/** What a backup has to say of it is said here. @throws DATA_DIRECTORY */
async function outsideOf(ports: Ports, session: CqlSession, nodes: readonly Node[], options: CommonOptions) {
  const found = await directoriesOf(session, nodes, options);
  for (const { node, system } of found)
    if (system !== null)
      ports.progress.warn(
        `${node.name} keeps its system tables in ${system}: this backup cannot be restored cold, only warm.`,
      );
  return new Map(found.map(({ node, outside }) => [node.name, outside]));
}

async function unbuiltViews(
  session: CqlSession,
  { nodes }: Cluster,
  schema: Schema,
  options: CommonOptions,
): Promise<readonly string[]> {
  const views = schema.filter((o) => o.kind === 'view');
  if (views.length === 0) return [];
  const built = await each(nodes, (node) => session.builtViews(node), options);
  return views
    .filter((view) => !built.every((names) => names.has(tableKey(view))))
    .map(({ keyspace, name }) => qualified(keyspace, name));
}

function warnOfUnbuilt(ports: Ports, views: readonly string[]): void {
  if (views.length === 0) return;
  ports.progress.warn(
    `Still being built: ${views.join(', ')}. A restore of this backup builds such a view from its table.`,
  );
}

async function flushAll(ports: Ports, nodes: readonly Node[], options: CommonOptions): Promise<void> {
  await ports.progress.step('Flushing', async (report) => {
    let done = 0;
    const flush = async (node: Node) => {
      await ports.control.flush(node);
      report.count(++done, nodes.length);
    };
    await each(nodes, flush, options);
  });
}

async function takeSnapshots(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  { tag, underway }: SnapshotRun,
  options: Parameters<typeof awaitWhole>[4],
): Promise<ReadonlyMap<string, Interval>> {
  const intervals = new Map<string, Interval>();
  const nodes = connected.flatMap(({ cluster, session }) => cluster.nodes.map((node) => ({ node, session })));
  const take = async ({ node, session }: (typeof nodes)[number]) => {
    const startedAt = ports.clock.now();
    underway.add(node.name);
    const outcome = await ports.control.takeSnapshot(node, tag).catch((error: unknown) => {
      // Where the node itself has answered that it failed, it does not go on.
      if (error instanceof KassetteError && error.code === 'NODE_OPERATION') underway.delete(node.name);
      throw error;
    });
    if (outcome === 'underway') await awaitWhole(ports, session, node, tag, options);
    underway.delete(node.name);
    intervals.set(node.name, { startedAt, endedAt: ports.clock.now() });
  };
  await each(nodes, take, { concurrency: SNAPSHOTS_AT_ONCE });
  return intervals;
}

async function changeOf(ports: Ports, clusters: readonly Taken[]): Promise<Change | null> {
  for (const { cluster, schemaVersion, truncated, indexBuilt } of clusters) {
    if ((await agreedVersion(ports, cluster)) !== schemaVersion || schemaVersion === '')
      return { what: `The schema of ${cluster.name} changed`, error: schemaChanging() };
    if (truncated !== null)
      return { what: `Table ${truncated} was truncated`, error: beingTruncated(truncated) };
    if (indexBuilt !== null) return { what: `Index ${indexBuilt} was built`, error: beingBuilt(indexBuilt) };
  }
  return null;
}

function schemaChanging(): KassetteError {
  return new KassetteError(
    'SCHEMA_CHANGING',
    `The schema changed during each of ${ATTEMPTS} attempts to take the snapshots.`,
    hint`No backup was made. Run ${kassette('before-backup')} when nobody creates, alters or drops keyspaces and tables.`,
  );
}

function beingBuilt(index: string): KassetteError {
  return new KassetteError(
    'SCHEMA_CHANGING',
    `Index ${index} was built during the last of ${ATTEMPTS} attempts to take the snapshots: a cold restore would call it built, and queries would miss rows.`,
    hint`No backup was made. Run ${kassette('before-backup')} when no index is being built.`,
  );
}

function beingTruncated(table: string): KassetteError {
  return new KassetteError(
    'TABLES_TRUNCATED',
    `Table ${table} was truncated during the last of ${ATTEMPTS} attempts to take the snapshots: some nodes' have its rows, others' do not.`,
    hint`No backup was made. Run ${kassette('before-backup')} when nobody truncates tables.`,
  );
}

/** Empty where the nodes do not agree, which they may not for a moment while the schema changes. */
async function agreedVersion(ports: Ports, cluster: Cluster): Promise<string> {
  const [contactNode] = cluster.nodes;
  if (contactNode === undefined) return '';
  return agreedSchema(await ports.control.schemaVersions(contactNode), cluster.remnants) ?? '';
}
