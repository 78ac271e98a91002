import { type Base, baseIn } from '../../domain/archive/base.ts';
import { nearBound } from '../../domain/archive/room.ts';
import { reasonOf } from '../../domain/archive/stopped.ts';
import {
  type Archiving,
  archivingOf,
  type BaseBackup,
  type NodeLog,
  rangesOf,
  type TimeRange,
  type Window,
  windowOf,
} from '../../domain/archive/window.ts';
import { tagTime } from '../../domain/backup/tag.ts';
import type { Datacenter } from '../../domain/cluster/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import type { CommonOptions } from '../options.ts';
import type { SurveyedDatacenters, SurveyedNode } from '../volumes/surveys.ts';
import { logsOf } from './logs.ts';

/** What one node archives. */
export interface NodeArchive {
  readonly node: string;
  readonly archiving: Archiving;
  /** When the oldest archived segment was written last, ISO 8601; null where there is none. */
  readonly since: string | null;
  readonly segments: number;
  readonly bytes: number;
  readonly freeBytes: number;
  /** Why it has stopped by itself; null where it has not. */
  readonly stopped: string | null;
  /** How near it is to where it stops; null where there is room. */
  readonly nearBound: string | null;
}

export interface DatacenterWindows {
  readonly cluster: string;
  readonly datacenter: string;
  readonly namespace?: string;
  /** Of another Kubernetes than the K8ssandraCluster's. */
  readonly k8sContext?: string;
  /** To which times it can be set back. */
  readonly ranges: readonly TimeRange[];
  /** The same of each base. */
  readonly windows: readonly Window[];
  readonly nodes: readonly NodeArchive[];
}

/** To which times each datacenter can be set back, by its volumes. Works with Cassandra down. */
export async function windowsOf(
  ports: Ports,
  { datacenters, surveys }: SurveyedDatacenters,
  options: CommonOptions,
): Promise<readonly DatacenterWindows[]> {
  return ports.progress.step('Looking at the logs in the volumes', async () => {
    const logs = await logsOf(ports, surveys, options);
    return datacenters.map((d) => datacenterWindows(d, surveys, logs));
  });
}

function datacenterWindows(
  { cluster, name, namespace, k8sContext, nodes }: Datacenter,
  surveys: readonly SurveyedNode[],
  logs: readonly NodeLog[],
): DatacenterWindows {
  const names = new Set(nodes.map((n) => n.name));
  const own = logs.filter((l) => names.has(l.node));
  const windows = basesIn(surveys.filter((s) => names.has(s.node.name))).map((base) => windowOf(base, own));
  return {
    ...{ cluster, datacenter: name, ...(namespace === undefined ? {} : { namespace }) },
    ...(k8sContext === undefined ? {} : { k8sContext }),
    ...{ ranges: rangesOf(windows), windows, nodes: own.map(archiveOf) },
  };
}

/** Complete backups with which no restore has begun, and that none has followed, which say where the log goes on from them; the oldest first. */
function basesIn(surveys: readonly SurveyedNode[]): readonly BaseBackup[] {
  const restored = surveys.map((s) => Date.parse(s.survey.restored?.value?.restoredAt ?? '') || 0);
  const bases = new Map<string, Map<string, Base>>();
  for (const { node, survey } of surveys) {
    const open = survey.backups.filter((b) => b.complete && b.journal === null && b.cold === null);
    for (const { tag, marker } of [...survey.retained, ...open]) {
      const base = baseIn(marker);
      if (base === null || (tagTime(tag)?.getTime() ?? 0) <= Math.max(0, ...restored)) continue;
      bases.set(tag, (bases.get(tag) ?? new Map<string, Base>()).set(node.name, base));
    }
  }
  return [...bases].map(([tag, on]) => ({ tag, on })).toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
}

function archiveOf(log: NodeLog): NodeArchive {
  const { node, archived, freeBytes, stopped } = log;
  const oldest = archived.length === 0 ? null : Math.min(...archived.map((s) => s.modifiedAt));
  return {
    ...{ node, archiving: archivingOf(log), freeBytes },
    since: oldest === null ? null : new Date(oldest).toISOString(),
    segments: archived.length,
    bytes: archived.reduce((sum, s) => sum + s.bytes, 0),
    stopped: stopped === null ? null : reasonOf(stopped),
    nearBound: nearBound(log),
  };
}
