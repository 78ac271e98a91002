import { type OpenBackup, openBackups } from '../../domain/backup/opening.ts';
import { tagTime } from '../../domain/backup/tag.ts';
import type { CommandLine } from '../../domain/hint.ts';
import type { RestoreRecord } from '../../domain/restore/journal.ts';
import { assess, NOT_ASKED } from '../../domain/restore-state/assess.ts';
import type { RestoreState } from '../../domain/restore-state/state.ts';
import { commandOf, type TableEntry } from '../../domain/tables/table-journal.ts';
import type { Ports } from '../../ports/ports.ts';
import type { TagOption } from '../options.ts';
import { assessedVolumes } from './restore-state.ts';
import type { SurveyedDatacenters, SurveyedNode } from './surveys.ts';

export interface BackupStatus {
  readonly tag: string;
  readonly madeAt: string;
  readonly ageSeconds: number;
  readonly complete: boolean;
  /** Nodes that have a complete part. */
  readonly on: readonly string[];
  /** Nodes of the same datacenters that have none. */
  readonly missingOn: readonly string[];
  /** Whether a restore of it has begun and not ended. */
  readonly restoring: boolean;
  /** Complete, and not closed by after-backup; null for any other. */
  readonly open: OpenStatus | null;
}

export interface OpenStatus {
  readonly since: string;
  /** From then on the next before-backup may remove it. */
  readonly abandonedAt: string;
  /** What identifies the policy's run that made it; null where nothing does. */
  readonly run: string | null;
}

export interface DatacenterStatus {
  readonly name: string;
  /** Kubernetes' namespace; none for an embedded cluster. */
  readonly namespace?: string;
  /** Of another Kubernetes than the K8ssandraCluster's. */
  readonly k8sContext?: string;
  /** That were found; the volumes of others cannot be looked into. */
  readonly nodes: number;
  readonly ready: number;
  /** Why nothing should be done with it yet, such as `has 0 of 3 pods`; null where it is ready. */
  readonly unready: string | null;
}

export interface ClusterStatus {
  readonly cluster: string;
  readonly datacenters: readonly DatacenterStatus[];
  readonly backups: readonly BackupStatus[];
  /** Tags of backups that were closed and stay as bases of the archived log, whole or not. */
  readonly kept: readonly string[];
  readonly lastRestore: RestoreRecord | null;
  /** Tags of restores of which the journals contradict each other: after-restore asks which of them is meant. */
  readonly contradictory: readonly string[];
  /** Restores of single tables that have begun and not ended. */
  readonly unfinished: readonly UnfinishedTables[];
  /** Directories of data that limit what can be done; empty as a rule. */
  readonly directories: readonly OddDirectory[];
}

export interface OddDirectory {
  readonly node: string;
  readonly directory: string;
  /** `outside` the volume: no cold restore. `without-id`: of a table from before Cassandra 2.1, no backup if it is still in use. */
  readonly kind: 'outside' | 'without-id';
}

export interface UnfinishedTables {
  /** Names as they were given. */
  readonly tables: readonly string[];
  readonly source: string;
  /** What to run. */
  readonly command: CommandLine;
}

/** Which backups are in the volumes. Works with Cassandra down: it looks at files only. */
export async function backupStatus(
  ports: Ports,
  { datacenters, surveys }: SurveyedDatacenters,
  options: TagOption,
): Promise<readonly ClusterStatus[]> {
  const clusters = [...Map.groupBy(datacenters, (d) => d.cluster)];
  return Promise.all(
    clusters.map(([cluster, own]) => {
      const names = new Set(own.flatMap((d) => d.nodes.map((n) => n.name)));
      const inOwn = surveys.filter((s) => names.has(s.node.name));
      return clusterStatus(ports, { cluster, datacenters: own, surveys: inOwn }, options);
    }),
  );
}

async function clusterStatus(
  ports: Ports,
  { cluster, datacenters, surveys }: SurveyedDatacenters & { readonly cluster: string },
  { tag }: TagOption,
): Promise<ClusterStatus> {
  const counted = await Promise.all(
    datacenters.map(async (d) => {
      const ready = await Promise.all(d.nodes.map((n) => ports.control.isReady(n)));
      const counted = { nodes: d.nodes.length, ready: ready.filter(Boolean).length };
      const { namespace, k8sContext } = d;
      const place = {
        ...(namespace === undefined ? {} : { namespace }),
        ...(k8sContext === undefined ? {} : { k8sContext }),
      };
      return { name: d.name, ...place, ...counted, unready: d.unready?.reason ?? null };
    }),
  );
  // Without Cassandra, which reports what was restarted.
  const state = assess(assessedVolumes(surveys), NOT_ASKED);
  const backups = backupsIn(surveys, state, ports.clock.now());
  return {
    cluster,
    datacenters: counted,
    backups: backups.filter((b) => tag === undefined || b.tag === tag),
    kept: [...new Set(surveys.flatMap((s) => s.survey.retained.map((r) => r.tag)))].toSorted(),
    lastRestore: surveys[0]?.survey.restored?.value ?? null,
    contradictory: state.kind === 'contradictory' ? [state.ended.tag, ...state.begun] : [],
    unfinished: unfinishedIn(state),
    directories: surveys.flatMap(oddDirectories),
  };
}

function oddDirectories({ node, survey }: SurveyedNode): readonly OddDirectory[] {
  const outside = survey.space.map((s) => s.directory).filter((d) => d.startsWith('/'));
  return [
    ...outside.map((directory) => ({ node: node.name, directory, kind: 'outside' as const })),
    ...survey.bareTables.map((directory) => ({ node: node.name, directory, kind: 'without-id' as const })),
  ];
}

function unfinishedIn({ tables }: RestoreState): readonly UnfinishedTables[] {
  const entries = tables?.unended ?? [];
  const shown = (e: TableEntry) => ({ tables: e.tables, source: e.source, command: commandOf(e) });
  return [...new Map(entries.map((e) => [e.key, shown(e)])).values()];
}

function backupsIn(
  surveys: readonly SurveyedNode[],
  state: RestoreState,
  now: Date,
): readonly BackupStatus[] {
  const tags = new Set(surveys.flatMap((s) => s.survey.backups.map((b) => b.tag)));
  const open = openBackups(surveys.map((s) => s.survey));
  return [...tags].toSorted().map((tag) => {
    const made = tagTime(tag) ?? now;
    const part = (s: SurveyedNode) => s.survey.backups.find((b) => b.tag === tag);
    const on = surveys.filter((s) => part(s)?.complete).map((s) => s.node.name);
    return {
      tag,
      madeAt: made.toISOString(),
      ageSeconds: Math.round((now.getTime() - made.getTime()) / 1000),
      complete: on.length === surveys.length,
      on,
      missingOn: surveys.map((s) => s.node.name).filter((n) => !on.includes(n)),
      restoring: state.parts.some((p) => p.tag === tag && p.restoring),
      open: openStatus(open.find((o) => o.tag === tag)),
    };
  });
}

function openStatus(backup: OpenBackup | undefined): OpenStatus | null {
  if (backup === undefined) return null;
  const { openedAt: since, abandonedAt, run } = backup;
  return { since, abandonedAt, run };
}
