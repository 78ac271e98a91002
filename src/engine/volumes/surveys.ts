import type { BackupPart } from '../../domain/backup/backup-choice.ts';
import { isTag } from '../../domain/backup/tag.ts';
import type { Cluster } from '../../domain/cluster/ring.ts';
import type { Datacenter, Node } from '../../domain/cluster/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import type { VolumeSurvey } from '../../ports/volumes.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

export interface SurveyedNode {
  readonly node: Node;
  readonly survey: VolumeSurvey;
}

/** What is in each node's volume; one shell run a node. */
export async function surveyAll(
  ports: Ports,
  nodes: readonly Node[],
  concurrency: number,
): Promise<readonly SurveyedNode[]> {
  return each(nodes, async (node) => ({ node, survey: await ports.volumes.survey(node) }), { concurrency });
}

/** The same for one cluster, as a step of its own. */
export async function surveyCluster(
  ports: Ports,
  cluster: Cluster,
  options: CommonOptions,
): Promise<readonly SurveyedNode[]> {
  return ports.progress.step('Looking for backups', () =>
    surveyAll(ports, cluster.nodes, options.concurrency),
  );
}

/** Datacenters, and what is in the volumes of their nodes. */
export interface SurveyedDatacenters {
  readonly datacenters: readonly Datacenter[];
  readonly surveys: readonly SurveyedNode[];
}

/** Those of the datacenters that are meant. Works with Cassandra down. */
export async function surveyDatacenters(ports: Ports, options: CommonOptions): Promise<SurveyedDatacenters> {
  const datacenters = await ports.datacenters.find(options.datacenters);
  const nodes = datacenters.flatMap((d) => d.nodes);
  const surveys = await ports.progress.step('Looking into the volumes', () =>
    surveyAll(ports, nodes, options.concurrency),
  );
  return { datacenters, surveys };
}

/** Tags of which there is something in the volume that is not kept on purpose. */
export function ownTags({
  backups,
  retained,
  snapshots,
}: Pick<VolumeSurvey, 'backups' | 'retained' | 'snapshots'>): readonly string[] {
  const isRetained = (tag: string) => retained.some((r) => r.tag === tag);
  const left = snapshots.filter((name) => isTag(name) && !isRetained(name));
  return [...new Set([...backups.map((b) => b.tag), ...left])];
}

/** Whether a restore through a running Cassandra has begun there and not ended, with any backup or of any table. */
export function wasInterrupted({ backups, tables }: Pick<VolumeSurvey, 'backups' | 'tables'>): boolean {
  return tables !== null || backups.some((b) => b.journal !== null);
}

export function backupParts(surveys: readonly SurveyedNode[]): readonly BackupPart[] {
  return surveys.flatMap(({ node, survey }) =>
    survey.backups.map(({ tag, complete }) => ({ node: node.name, tag, complete })),
  );
}

/**
 * The earliest and the latest that any clock says, a node's or that of whoever runs kassette: what has a time that must be over is given
 * it by the latest one, and judged by the earliest, so that no clock that is wrong makes it over too soon.
 */
export function clocksOf({ clock }: Pick<Ports, 'clock'>, surveys: readonly SurveyedNode[]) {
  const now = clock.now();
  const times = [now, ...surveys.map((s) => s.survey.clock ?? now)].map((t) => t.getTime());
  return { earliest: new Date(Math.min(...times)), latest: new Date(Math.max(...times)) };
}
