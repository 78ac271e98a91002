import { checkReleases, checkWholeRing } from '../../domain/backup/backup-check.ts';
import { ABANDON_AFTER_MS, type Opening, openingOf } from '../../domain/backup/opening.ts';
import { isTag, newTag } from '../../domain/backup/tag.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';
import { firstSegments } from '../archive/logs.ts';
import { makeRoom } from '../archive/retain.ts';
import { attempted } from '../backup/attempted.ts';
import { checkMade } from '../backup/check-made.ts';
import { awaitHints } from '../backup/hints.ts';
import { type JoinedBackup, joinOpen } from '../backup/join.ts';
import { type BackupRunOptions, type RecordedCluster, recordBackup } from '../backup/record.ts';
import { type SnapshotRun, snapshotAll } from '../backup/snapshot.ts';
import { refuseIfTruncatedLate } from '../backup/truncated-late.ts';
import { undo } from '../backup/undo.ts';
import { batchesReplayed, describeWaiting } from '../cluster/batches.ts';
import { withHealthyClusters } from '../cluster/healthy-lease.ts';
import { type ConnectedCluster, withSessions } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import {
  type CommonOptions,
  type RunnerOptions,
  runnerOf,
  type SharingOption,
  type TagOption,
  type TimeLimitOption,
  withEnd,
} from '../options.ts';
import { inTurn } from '../turns.ts';
import { clearLeftovers, surveyForBackup } from '../volumes/leftovers.ts';
import { checkNamespace, noteShare } from '../volumes/shared.ts';

export interface BeforeBackupResult {
  readonly tag: string;
  readonly startedAt: string;
  readonly seconds: number;
  /** Between the first and the last node's snapshot, milliseconds. */
  readonly skewMs: number;
  /** Backups of earlier runs that were removed. */
  readonly removed: readonly string[];
  /** Earlier backups that stay in the volumes, as bases of the archived log. */
  readonly kept: readonly string[];
  /** From then on it counts as abandoned, ISO 8601. */
  readonly abandonedAt: string;
  readonly clusters: readonly RecordedCluster[];
  /** Whether it was made by the hook of another namespace, or an earlier one of this run; left out of a run for all namespaces. */
  readonly joined?: boolean;
}

export interface BeforeBackupOptions
  extends CommonOptions,
    TagOption,
    RunnerOptions,
    TimeLimitOption,
    SharingOption {
  /** After which the backup counts as abandoned, milliseconds: more than copying the volumes takes. */
  readonly abandonAfterMs?: number | undefined;
  /** How many backups stay in the volumes when this one is closed, itself included; 1: none does. */
  readonly keep?: number | undefined;
}

/** A node that has just started replays them after half a minute, and then every ten seconds. */
const BATCHES_MS = 60_000;

/** Snapshot every node under one tag and write what a restore needs; all of it, or nothing. */
export async function beforeBackup(ports: Ports, given: BeforeBackupOptions): Promise<BeforeBackupResult> {
  if (given.tag !== undefined && !isTag(given.tag)) throw notATag(given.tag);
  const timed = withEnd(given, ports);
  const once = () => inLease(ports, timed);
  return attempted(ports, timed, () =>
    timed.forNamespace === undefined ? once() : inTurn(ports, timed, once),
  );
}

function inLease(ports: Ports, given: BeforeBackupOptions & BackupRunOptions): Promise<BeforeBackupResult> {
  return withHealthyClusters(ports, 'before-backup', given, async (options, clusters) => {
    const started = ports.clock.now();
    for (const cluster of clusters) {
      checkReleases(cluster.members, 'No backup was made.');
      checkWholeRing(cluster, 'backup');
    }
    const { forNamespace } = options;
    const expected = forNamespace === undefined ? undefined : checkNamespace(clusters, forNamespace);
    const datacenters = clusters.flatMap((c) => c.datacenters);
    return withSessions(ports, clusters, async (connected) => {
      const surveys = await surveyForBackup(ports, connected, options);
      const joined =
        forNamespace === undefined ? null : await joinOpen(ports, connected, surveys, forNamespace, options);
      if (joined !== null) {
        const own = datacenters.filter((d) => d.namespace === forNamespace);
        await ports.events.report(own, 'BackupJoined', `Backup ${joined.tag} is in the volumes.`);
        return resultOfJoining(ports, joined, started);
      }
      const above = (await ports.above?.read()) ?? null;
      const { removed, past, latest } = await clearLeftovers(ports, connected, surveys, options);
      const { keep = 1 } = options;
      const retained = await makeRoom(ports, connected, surveys, keep, options);
      const logged = surveys.filter((s) => s.survey.archives || keep > 1).map((s) => s.node);
      const tag = options.tag ?? newTag(started);
      const abandonAfterMs = options.abandonAfterMs ?? ABANDON_AFTER_MS;
      const opened = openingOf(latest, abandonAfterMs, runnerOf(options), past, keep, expected);
      const underway = new Set<string>();
      const made = await orUndo(ports, connected, { tag, underway }, () =>
        makeBackup(ports, connected, { tag, underway, opened, logged, above }, options),
      );
      const { abandonedAt } = opened;
      await ports.events.report(datacenters, 'BackupMade', `Backup ${tag} is in the volumes.`);
      const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
      const startedAt = started.toISOString();
      const all = [...removed, ...retained.removed].toSorted();
      const shared = forNamespace === undefined ? {} : { joined: false };
      return { tag, startedAt, seconds, removed: all, kept: retained.kept, abandonedAt, ...made, ...shared };
    });
  });
}

function resultOfJoining(
  { clock }: Ports,
  { tag, skewMs, openedAt, abandonedAt }: JoinedBackup,
  started: Date,
): BeforeBackupResult {
  const seconds = (clock.now().getTime() - started.getTime()) / 1000;
  return {
    tag,
    startedAt: openedAt,
    seconds,
    skewMs,
    removed: [],
    kept: [],
    abandonedAt,
    clusters: [],
    joined: true,
  };
}

interface MadeBackup extends SnapshotRun {
  readonly opened: Opening;
  /** Nodes that may archive their log. */
  readonly logged: readonly Node[];
  /** What is kept of the K8ssandraCluster above; null where there is none. */
  readonly above: string | null;
}

async function makeBackup(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  { tag, underway, opened, logged, above }: MadeBackup,
  options: BackupRunOptions & RunnerOptions & SharingOption,
) {
  await each(connected, (c) => applyBatches(ports, c, options));
  await each(connected, (c) => awaitHints(ports, c, options));
  // Before anything is flushed: what has ended by now is in the snapshots.
  const firsts = await firstSegments(ports, logged, options);
  const snapshots = await snapshotAll(ports, connected, { tag, underway }, options);
  const clusters = await recordBackup(ports, snapshots, { tag, opened, firsts, above }, options);
  await ports.progress.step('Checking the backup as a restore does', () =>
    each(clusters, ({ cluster, nodes }) => checkMade(ports, cluster, nodes, tag, options)),
  );
  const taken = snapshots.clusters.flatMap((c, i) =>
    connected[i] === undefined ? [] : { ...connected[i], ...c },
  );
  await each(taken, (c) => refuseIfTruncatedLate(ports, c, options));
  if (above !== null)
    await ports.progress.step('Keeping the K8ssandraCluster', async () => ports.above?.keep(tag, above));
  await ports.progress.step('Marking the backup complete', async () => {
    options.signal.throwIfAborted();
    // Last: without the marker a volume snapshot is not a backup, and a restore says so.
    const nodes = clusters.flatMap((c) => c.nodes);
    await each(nodes, (n) => ports.volumes.complete(n.node, tag, n.marker), options);
  });
  const { forNamespace: namespace } = options;
  const made = connected.map((c) => c.cluster);
  // A hook that is killed right before joins its own backup when it is run again.
  if (namespace !== undefined) await noteShare(ports, made, { tag, kind: 'joined', namespace }, options);
  return { skewMs: snapshots.skewMs, clusters: clusters.map((c) => c.recorded) };
}

/** What was acknowledged as a batch, or as a row that views show, is to be in the tables. */
async function applyBatches(
  ports: Ports,
  connected: ConnectedCluster,
  options: CommonOptions,
): Promise<void> {
  const timeoutMs = Math.min(options.timeoutMs, BATCHES_MS);
  const warn = (what: string) =>
    ports.progress.warn(`Batches ${what}: what they write may be missing in this backup.`);
  try {
    const { left } = await batchesReplayed(ports, connected, { ...options, timeoutMs });
    if (left.length > 0) warn(`still wait to be replayed (${describeWaiting(left)})`);
  } catch (error) {
    // So many that they cannot be counted in time; a backup with a doubt is better than none.
    if (!(error instanceof KassetteError) || error.code !== 'CQL') throw error;
    warn(`may wait to be replayed (${error.message})`);
  }
}

async function orUndo<T>(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  { tag, underway }: SnapshotRun,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A volume snapshot of now must not look like a backup: the caller's failure has to be the only trace.
    await undo(ports, connected, tag, underway);
    const datacenters = connected.flatMap((c) => c.cluster.datacenters);
    const why = error instanceof Error ? error.message : String(error);
    await ports.events.report(datacenters, 'BackupFailed', `Backup ${tag} was undone: ${why}`);
    throw error;
  }
}

function notATag(tag: string): KassetteError {
  return new KassetteError(
    'USAGE',
    `\`${tag}\` is not a tag of kassette, such as ${newTag(new Date(0), '1a2b')}.`,
    'Leave out `--tag`: kassette then makes the tag from the time.',
  );
}
