import { sortAttempts } from '../../domain/backup/attempt.ts';
import { type ClosedRecord, closedIn, isBeingClosed, pastOfClosed } from '../../domain/backup/closed.ts';
import {
  isAbandoned,
  isOwn,
  type OpenBackup,
  openBackups,
  type PastBackup,
  pastOf,
  type Runner,
  whose,
} from '../../domain/backup/opening.ts';
import type { Cluster } from '../../domain/cluster/ring.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import type { Ports } from '../../ports/ports.ts';
import type { NoteName } from '../../ports/volumes.ts';
import { ownTags, type SurveyedNode } from './surveys.ts';

/** Backups that a new one does away with, for the hooks of their runs; and those of them that were abandoned. */
export interface MadeWay {
  readonly past: readonly PastBackup[];
  readonly abandoned: readonly OpenBackup[];
}

export function volumesOf({ nodes }: Pick<Cluster, 'nodes'>, surveys: readonly SurveyedNode[]) {
  const names = new Set(nodes.map((n) => n.name));
  return surveys.filter((s) => names.has(s.node.name)).map((s) => s.survey);
}

/** The run that wants to make a backup. */
interface Asking {
  readonly runner: Runner;
  readonly tag: string | undefined;
  readonly now: Date;
}

/**
 * That no other run's backup is open: what is removed while its volumes are copied would be missing in the copies.
 * @throws BACKUP_OPEN
 */
export function refuseIfOpen(
  clusters: readonly Cluster[],
  surveys: readonly SurveyedNode[],
  asking: Asking,
): MadeWay {
  const all = clusters.map((c) => refuseIfOpenIn(c, volumesOf(c, surveys), asking));
  const past = new Map(all.flatMap((m) => m.past).map((p) => [`${p.tag} ${p.run}`, p]));
  const abandoned = new Map(all.flatMap((m) => m.abandoned).map((o) => [o.tag, o]));
  return { past: [...past.values()], abandoned: [...abandoned.values()] };
}

function refuseIfOpenIn(
  cluster: Cluster,
  volumes: ReturnType<typeof volumesOf>,
  { runner, tag, now }: Asking,
): MadeWay {
  const record = closedIn(volumes);
  const left = volumes.flatMap(ownTags);
  if (record !== null && isBeingClosed(record, left, now)) throw beingClosed(cluster, record);
  // A run that names its tag, or is the same run once more, starts over.
  const isOwnAgain = (o: OpenBackup) => o.tag === tag || (runner.run !== null && isOwn(o, runner));
  const open = openBackups(volumes).filter((o) => o.tag !== record?.tag);
  const others = open.filter((o) => !isOwnAgain(o));
  const kept = others.find((o) => !isAbandoned(o, now));
  if (kept !== undefined) throw backupOpen(cluster, kept);
  return {
    past: [
      ...(record === null ? [] : pastOfClosed(record)),
      ...open.filter(isOwnAgain).flatMap((o) => o.past),
      ...others.flatMap((o) => pastOf(o, 'given-up')),
    ],
    abandoned: others,
  };
}

/** What earlier backups left in addition to themselves. */
export function staleNotes({ survey }: SurveyedNode, now: Date): readonly NoteName[] {
  const { expired } = sortAttempts(survey.attempts, now);
  const attempts = expired.map((id): NoteName => `attempts/${id}.json`);
  return survey.closed === null ? attempts : ['closed.json', ...attempts];
}

export async function reportAbandoned(
  ports: Ports,
  clusters: readonly Cluster[],
  abandoned: readonly OpenBackup[],
): Promise<void> {
  for (const { tag, abandonedAt } of abandoned) {
    const message = `Backup ${tag} counts as abandoned since ${abandonedAt} and is removed for a new one.`;
    ports.progress.warn(message);
    const datacenters = clusters.flatMap((c) => c.datacenters);
    await ports.events.report(datacenters, 'BackupGivenUp', message);
  }
}

function backupOpen(cluster: Cluster, open: OpenBackup): KassetteError {
  const { tag, openedAt, abandonedAt } = open;
  return new KassetteError(
    'BACKUP_OPEN',
    `Backup ${tag} of ${cluster.name}, made ${whose(open)} at ${openedAt}, is open: its volumes may still be copied. It counts as abandoned from ${abandonedAt}.`,
    hint`Nothing was changed. Wait until that run has ended: ${kassette('status')} shows it. Or run ${kassette('after-backup', '--tag', tag)} to give its backup up; the copies of its volumes cannot be restored then.`,
  );
}

function beingClosed(cluster: Cluster, { tag, closedAt }: ClosedRecord): KassetteError {
  return new KassetteError(
    'BACKUP_OPEN',
    `Backup ${tag} of ${cluster.name} was closed at ${closedAt}, and its removal has not ended: the hook may be run again.`,
    hint`Nothing was changed. Run ${kassette('after-backup')} to finish the removal, then back up again.`,
  );
}
