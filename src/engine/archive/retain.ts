import { planRetention, prunable, type RetainingVolume } from '../../domain/archive/retention.ts';
import { nearBound } from '../../domain/archive/room.ts';
import { reasonOf } from '../../domain/archive/stopped.ts';
import type { NodeLog } from '../../domain/archive/window.ts';
import type { ClosedRecord } from '../../domain/backup/closed.ts';
import { renderClosed } from '../../domain/backup/closed.ts';
import { type Hint, hint, kassette } from '../../domain/hint.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { removeBackups, withSession } from '../volumes/leftovers.ts';
import type { SurveyedNode } from '../volumes/surveys.ts';
import { logsOf } from './logs.ts';

/** Keep a backup that was closed as a base of the archived log; on nodes that have noted it already nothing is left to do. */
export async function retain(
  ports: Ports,
  surveys: readonly SurveyedNode[],
  record: ClosedRecord,
  options: CommonOptions,
): Promise<void> {
  const text = renderClosed(record);
  const isOpen = ({ survey }: SurveyedNode) => survey.backups.some((b) => b.tag === record.tag && b.complete);
  await each(surveys.filter(isOpen), ({ node }) => ports.volumes.retain(node, record.tag, text), options);
}

export interface Retained {
  /** Tags that stay. */
  readonly kept: readonly string[];
  /** Tags that were kept until now. */
  readonly removed: readonly string[];
}

/**
 * Remove kept backups that are too many, and then the segments that none of the others needs: never the other way round, so that a run
 * that is killed leaves too much rather than too little.
 */
export async function makeRoom(
  ports: Ports,
  connected: readonly ConnectedCluster[],
  surveys: readonly SurveyedNode[],
  keep: number,
  options: CommonOptions,
): Promise<Retained> {
  const archiving = surveys.filter((s) => s.survey.archives);
  if (archiving.length === 0 && surveys.every((s) => s.survey.retained.length === 0))
    return { kept: [], removed: [] };
  return ports.progress.step('Pruning the archived log', async () => {
    const logs = new Map((await logsOf(ports, archiving, options)).map((l) => [l.node, l]));
    const plans = connected.map((c) => {
      const names = new Set(c.cluster.nodes.map((n) => n.name));
      const own = surveys.filter((s) => names.has(s.node.name));
      const volumes = own.map((s) => volumeOf(s, logs.get(s.node.name)));
      const isRewinding = own.some((s) => s.survey.rewinding);
      return { own, connected: c, isRewinding, ...planRetention(volumes, keep, isRewinding) };
    });
    for (const { own, connected: cluster, isRewinding, stay, go } of plans) {
      if (isRewinding) {
        ports.progress.warn(undecided(cluster.cluster.name));
        continue;
      }
      await each(
        withSession([cluster], own),
        ({ session, surveyed }) => {
          const tags = surveyed.survey.retained.map((r) => r.tag).filter((tag) => go.includes(tag));
          return removeBackups(ports, session, surveyed, tags, options);
        },
        options,
      );
      await each(own, (s) => prune(ports, s, stay, logs.get(s.node.name)), options);
    }
    return { kept: plans.flatMap((p) => p.stay), removed: plans.flatMap((p) => p.go) };
  });
}

function undecided(cluster: string): Hint {
  return hint`A rewind of ${cluster} is neither accepted nor undone: until then no kept backup and no archived segment is removed. Run ${kassette('rewind', '--accept')} or ${kassette('rewind', '--undo')}.`;
}

function volumeOf({ survey }: SurveyedNode, log: NodeLog | undefined): RetainingVolume {
  const restoredAt = survey.restored?.value?.restoredAt ?? null;
  return { retained: survey.retained, restoredAt, stopped: (log?.stopped ?? null) !== null };
}

async function prune(
  ports: Ports,
  { node, survey }: SurveyedNode,
  stay: readonly string[],
  log: NodeLog | undefined,
): Promise<void> {
  if (log === undefined) return;
  if (log.stopped !== null)
    ports.progress.warn(
      `${node.name} had stopped archiving its log (${reasonOf(log.stopped)}): the backups before are no bases any more. It goes on from this backup.`,
    );
  const names = prunable(
    log.archived,
    survey.retained.filter((r) => stay.includes(r.tag)),
  );
  if (names.length > 0 || log.stopped !== null) await ports.volumes.prune(node, names);
  const gone = new Set(names);
  const near = nearBound({ ...log, archived: log.archived.filter((s) => !gone.has(s.name)) });
  if (near !== null) ports.progress.warn(`${node.name}: ${near}. Back up more often, or keep fewer backups.`);
}
