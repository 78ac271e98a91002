import { parseManifest } from '../../domain/backup/manifest.ts';
import { KassetteError } from '../../domain/errors.ts';
import { assess, NOT_ASKED } from '../../domain/restore-state/assess.ts';
import { perhapsWaiting } from '../../domain/restore-state/for-backup.ts';
import type { AssessedVolume, RestoreState } from '../../domain/restore-state/state.ts';
import type { Ports } from '../../ports/ports.ts';
import type { BackupContents } from '../../ports/volumes.ts';
import { gossipGenerations } from '../cluster/generations.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import type { SurveyedNode } from './surveys.ts';

export function assessedVolumes(surveys: readonly SurveyedNode[]): readonly AssessedVolume[] {
  return surveys.map(({ node, survey: { backups, restored, tables } }) => ({
    ...{ node: node.name, backups, restored, tables },
  }));
}

/**
 * The state of a cluster whose nodes are up, for a restore or for a backup. Nodes and manifests are asked only for what the
 * volumes leave open.
 */
export async function restoreState(
  ports: Ports,
  connected: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  purpose: 'restore' | 'backup',
  options: Pick<CommonOptions, 'concurrency' | 'signal'>,
): Promise<RestoreState> {
  const state = await stateOf(ports, connected, surveys, purpose, options);
  const early = connected.cluster.datacenters.find((d) => d.startedByOthers)?.name;
  // Its volumes may have run together with others that were not restored yet, whatever their journals say by now.
  return state.kind === 'restored-cold' && early !== undefined ? { ...state, early } : state;
}

async function stateOf(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  purpose: 'restore' | 'backup',
  options: Pick<CommonOptions, 'concurrency' | 'signal'>,
): Promise<RestoreState> {
  const names = new Set(cluster.nodes.map((n) => n.name));
  const own = surveys.filter((s) => names.has(s.node.name));
  const volumes = assessedVolumes(own);
  if (!volumes.some(saysSomething)) return assess(volumes, NOT_ASKED);
  const now = await gossipGenerations(session, cluster, options.concurrency);
  const state = assess(volumes, { ...NOT_ASKED, now });
  const { tables } = state;
  const isOpen =
    purpose === 'backup' || (tables !== null && tables.unended.length > 0 && tables.startedSince);
  const tags = isOpen ? perhapsWaiting(state, cluster) : [];
  if (tags.length === 0) return state;
  const saved = await each(
    tags,
    async (tag) => [tag, await savedGenerations(ports, own, tag, options)] as const,
  );
  return assess(volumes, { now, saved: new Map(saved) });
}

function saysSomething({ backups, restored, tables }: AssessedVolume): boolean {
  return backups.length > 0 || restored !== null || tables !== null;
}

async function savedGenerations(
  ports: Ports,
  surveys: readonly SurveyedNode[],
  tag: string,
  options: Pick<CommonOptions, 'concurrency' | 'signal'>,
): Promise<ReadonlyMap<string, number | null>> {
  const pairs = await each(
    surveys,
    async ({ node }) => [node.name, savedGeneration(node.name, await ports.volumes.read(node, tag))] as const,
    options,
  );
  return new Map(pairs);
}

/** Null where the node's manifest or its marker is not there or damaged. */
function savedGeneration(node: string, contents: BackupContents): number | null {
  try {
    return contents.marker === '' ? null : parseManifest(node, contents).node.gossipGeneration;
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'MANIFEST_DAMAGED') return null;
    throw error;
  }
}
