import type { Base } from '../../domain/archive/base.ts';
import {
  LOG_NAMES,
  LOGS,
  type Log,
  MANIFEST_VERSION,
  type Manifest,
  type ManifestNode,
  type ManifestTable,
  renderManifest,
  renderMarker,
  sha256,
} from '../../domain/backup/manifest.ts';
import type { Opening } from '../../domain/backup/opening.ts';
import { tablesOf } from '../../domain/backup/snapshot-tables.ts';
import type { Cluster } from '../../domain/cluster/ring.ts';
import { isSystemKeyspace } from '../../domain/cluster/system-keyspaces.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { isCramped } from '../../domain/restore/space.ts';
import { VERSION } from '../../domain/version.ts';
import type { Ports } from '../../ports/ports.ts';
import type { BackupContents } from '../../ports/volumes.ts';
import { each } from '../each.ts';
import type { CommonOptions, ReadingOptions } from '../options.ts';
import { inTime } from './in-time.ts';
import type { SnapshotCluster, Snapshots } from './snapshot.ts';

/** Of a run that may be ended from outside. */
export type BackupRunOptions = CommonOptions & Pick<ReadingOptions, 'endsAt'>;

/** What was recorded of one cluster, for the result. */
export interface RecordedCluster {
  readonly cluster: string;
  readonly datacenters: readonly string[];
  readonly nodes: number;
  readonly tables: number;
  readonly files: number;
  readonly bytes: number;
  /** Views, quoted, that a restore builds from their tables: something was written to one of the two while snapshots were taken. */
  readonly viewsToRebuild: readonly string[];
  /** What the copies of the volumes take in addition where they are made file by file and lose hard links. */
  readonly bytesUnlinked: number;
  /** Nodes whose volumes are too small for such a copy. */
  readonly crampedUnlinked: readonly string[];
}

export interface RecordedNode {
  readonly node: Node;
  readonly marker: string;
  readonly files: number;
  readonly bytes: number;
  readonly sharedBytes: number;
  readonly freeBytes: number;
}

/** Which backup it is, and from where on each node's log goes on from it, by node name; none where a node does not archive its log. */
export interface MadeOf {
  readonly tag: string;
  readonly opened: Opening;
  readonly firsts: ReadonlyMap<string, bigint>;
  /** What is kept of the K8ssandraCluster above, in every volume; null where there is none. */
  readonly above: string | null;
}

/** Write schema and manifest into every volume. Not yet complete: the markers come when all nodes have theirs. */
export async function recordBackup(
  ports: Ports,
  snapshots: Snapshots,
  made: MadeOf,
  options: BackupRunOptions,
): Promise<readonly { cluster: Cluster; recorded: RecordedCluster; nodes: readonly RecordedNode[] }[]> {
  return ports.progress.step('Writing the manifests', async (report) => {
    const total = snapshots.clusters.reduce((n, c) => n + c.cluster.nodes.length, 0);
    let done = 0;
    // One node that cannot be read in time is enough.
    const stop = new AbortController();
    const reading = { ...options, signal: AbortSignal.any([options.signal, stop.signal]), stop };
    return each(snapshots.clusters, async (own) => {
      const nodes = await each(
        own.cluster.nodes,
        async (node) => {
          options.signal.throwIfAborted();
          const recorded = await recordNode(ports, snapshots, own, node, made, reading);
          report.count(++done, total);
          return recorded;
        },
        options,
      );
      return { cluster: own.cluster, recorded: summary(own, nodes), nodes };
    });
  });
}

async function recordNode(
  ports: Ports,
  snapshots: Snapshots,
  own: SnapshotCluster,
  node: Node,
  { tag, opened, firsts, above }: MadeOf,
  reading: Parameters<typeof readSnapshot>[3],
): Promise<RecordedNode> {
  const { parts, outside = [], sharedBytes, freeBytes } = await readSnapshot(ports, node, tag, reading);
  const logs = LOGS.filter((log) => outside.includes(log) || own.outside.get(node.name)?.includes(log));
  if (logs.length > 0) warnOfLogsOutside(ports, node, logs);
  const elsewhere = parts.find((p) => p.directory.startsWith('/'));
  if (elsewhere !== undefined) warnOfDataOutside(ports, node, elsewhere.directory);
  const tables = tablesOf(parts);
  checkWhole(own, node, tables);
  const manifest = renderManifest(manifestOf(snapshots, own, node, tag, { tables, outside: logs, above }));
  const kept = above === null ? {} : { k8ssandra: above };
  await ports.volumes.write(node, tag, { schema: own.schemaText, manifest, ...kept });
  let [files, bytes] = [0, 0];
  for (const part of parts)
    for (const file of part.files) {
      files++;
      bytes += file.bytes;
    }
  const marker = renderMarker(tag, manifest, opened, baseOf(snapshots, firsts, node));
  return { node, marker, files, bytes, sharedBytes, freeBytes };
}

function baseOf({ intervals }: Snapshots, firsts: MadeOf['firsts'], { name }: Node): Base | undefined {
  const [first, interval] = [firsts.get(name), intervals.get(name)];
  if (first === undefined || interval === undefined) return undefined;
  const { startedAt, endedAt } = interval;
  return { first: String(first), startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() };
}

async function readSnapshot(
  { volumes, clock }: Ports,
  node: Node,
  tag: string,
  { signal, endsAt, stop }: BackupRunOptions & { readonly stop: AbortController },
): Promise<BackupContents> {
  try {
    return await volumes.read(node, tag, { signal, ...inTime(clock, node, endsAt) });
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'TIME_LIMIT') stop.abort(error);
    throw error;
  }
}

function warnOfLogsOutside(ports: Ports, node: Node, logs: readonly Log[]): void {
  const names = logs.map((log) => LOG_NAMES[log]).join(' and ');
  ports.progress.warn(
    `${node.name} keeps its ${names} outside its volume, from where Cassandra would replay writes made after the backup: this backup cannot be restored cold, only warm.`,
  );
}

function warnOfDataOutside(ports: Ports, node: Node, directory: string): void {
  ports.progress.warn(
    `${node.name} has data outside its volume, such as ${directory}: this backup cannot be restored cold, only warm, and needs the volumes of all its data directories.`,
  );
}

/** Every table and view of the schema has its snapshot, under the schema's id. */
function checkWhole(own: SnapshotCluster, node: Node, tables: readonly ManifestTable[]): void {
  const found = new Set(tables.map((t) => `${tableKey(t)} ${t.id}`));
  const missing = own.schema.find((o) => o.id !== undefined && !found.has(`${tableKey(o)} ${o.id}`));
  if (missing === undefined) return;
  throw new KassetteError(
    'NODE_OPERATION',
    `The snapshot on ${node.name} lacks ${missing.kind} ${missing.keyspace}.${missing.name} (id ${missing.id}).`,
    hint`No backup was made. Check \`dataDirectories\` of the node, then run ${kassette('before-backup')} again.`,
  );
}

function manifestOf(
  snapshots: Snapshots,
  own: SnapshotCluster,
  node: Node,
  tag: string,
  {
    tables,
    outside,
    above,
  }: Pick<MadeOf, 'above'> & {
    readonly tables: readonly ManifestTable[];
    readonly outside: readonly Log[];
  },
): Manifest {
  const interval = snapshots.intervals.get(node.name);
  const member = own.cluster.members.get(node.name);
  if (interval === undefined || member === undefined) {
    throw new KassetteError(
      'INTERNAL',
      `${node.name} has no snapshot interval or ring member`,
      'Report this.',
    );
  }
  return {
    version: MANIFEST_VERSION,
    kassette: VERSION,
    tag,
    cluster: own.cluster.name,
    ...namespaceOf(own, node),
    node: {
      ...manifestNode(own, node),
      tokens: [...member.tokens],
      gossipGeneration: own.generations.get(node.name) ?? 0,
    },
    nodes: own.cluster.nodes.map((n) => manifestNode(own, n)),
    cassandraVersion: member.releaseVersion,
    schemaVersion: own.schemaVersion,
    schemaSha256: sha256(own.schemaText),
    ...(above === null ? {} : { k8ssandraSha256: sha256(above) }),
    startedAt: interval.startedAt.toISOString(),
    endedAt: interval.endedAt.toISOString(),
    skewMs: snapshots.skewMs,
    tables: tables.map((t) => ({ ...t, repairing: own.repairing.has(t.id) })),
    ...(outside.length === 0 ? {} : { outside: [...outside] }),
    ...(own.unbuilt.length === 0 ? {} : { unbuilt: [...own.unbuilt] }),
    viewsToRebuild: [...own.viewsToRebuild],
    indexesToRebuild: [...own.indexesToRebuild],
    ...(own.triggers.length === 0 ? {} : { triggers: [...own.triggers] }),
    permissions: own.permissions.filter((p) => !isSystemKeyspace(p.resource.split('/')[1] ?? '')),
  };
}

/** The node's own: a ring may be in several. */
function namespaceOf({ cluster }: SnapshotCluster, { datacenter }: Node): Pick<Manifest, 'namespace'> {
  const namespace = cluster.datacenters.find((d) => d.name === datacenter)?.namespace;
  return namespace === undefined ? {} : { namespace };
}

function manifestNode(own: SnapshotCluster, node: Node): ManifestNode {
  const { name, rack, address } = node;
  // Cassandra's name of it, which a restore compares; the object may have another (spec.datacenterName).
  const { hostId = '', datacenter = node.datacenter } = own.cluster.members.get(name) ?? {};
  return { name, datacenter, rack, hostId, address };
}

function summary(own: SnapshotCluster, nodes: readonly RecordedNode[]): RecordedCluster {
  return {
    cluster: own.cluster.name,
    datacenters: own.cluster.datacenters.map((d) => d.name),
    nodes: nodes.length,
    tables: own.schema.filter((o) => o.kind === 'table' || o.kind === 'view').length,
    files: nodes.reduce((n, x) => n + x.files, 0),
    bytes: nodes.reduce((n, x) => n + x.bytes, 0),
    viewsToRebuild: own.viewsToRebuild,
    bytesUnlinked: nodes.reduce((n, x) => n + x.sharedBytes, 0),
    crampedUnlinked: nodes.filter(isCramped).map((x) => x.node.name),
  };
}
