import { type ColdJournal, lastOf, restoredColdBy } from '../../domain/cold-journal.ts';
import { type Journal, parseRecord } from '../../domain/journal.ts';
import { parseTableJournal } from '../../domain/table-journal.ts';
import type { Ports } from '../../ports/ports.ts';
import { checkIsBackup, startedTooEarly } from '../observe/cold-checks.ts';
import type { ConnectedCluster } from '../observe/sessions.ts';
import type { SurveyedNode } from '../observe/surveys.ts';
import { type Ending, finish } from './finish.ts';
import type { RestoreOptions } from './options.ts';
import type { RestoredCluster } from './running.ts';

interface ColdEnding extends Ending {
  readonly restoredAt: string;
}

/**
 * A cold restore of all volumes with one backup, after which the nodes were started, and which is not tidied yet. The
 * database is that of the backup then, and dropping or emptying anything would lose it. Null where there is none, or where
 * a node ran before all volumes were restored and may have got dirty rows from the others: a warm restore mends that.
 */
export async function restoredCold(
  ports: Ports,
  connected: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  options: RestoreOptions,
): Promise<ColdEnding | null> {
  // A restore of single tables that was interrupted has emptied some.
  if (surveys.some((s) => parseTableJournal(s.survey.tables).length > 0)) return null;
  const found = surveys.map((s) => ({ ...s, cold: coldOf(s), record: parseRecord(s.survey.restored) }));
  const colds = found.map((f) => f.cold).filter((c) => c !== null);
  const [first] = colds;
  if (first === undefined || colds.some((c) => c.tag !== first.tag)) return null;
  if (options.tag !== undefined && options.tag !== first.tag) return null;
  // One that is tidied already has the record instead.
  const isTidied = (f: (typeof found)[number]) =>
    f.record?.tag === first.tag && !f.survey.backups.some((b) => b.tag === first.tag);
  if (found.some((f) => f.cold === null && !isTidied(f))) return null;
  const early = await startedTooEarly(connected, colds, options);
  if (early !== null) {
    ports.progress.warn(
      `${early} was started before all volumes were restored cold: all tables are loaded anew.`,
    );
    return null;
  }
  const untidied = found.filter((f) => f.cold !== null);
  // One that was tidied by a run that was killed then has the sums of all in its record.
  const { files, bytes } = found.find((f) => f.cold === null)?.record ?? {
    files: sum(colds, 'files'),
    bytes: sum(colds, 'bytes'),
  };
  await checkIsBackup(ports, connected, untidied, first.tag, options);
  return {
    tag: first.tag,
    method: 'cold',
    restoredAt: lastOf(colds),
    journals: new Map(untidied.map((f) => [f.node.name, automaticBefore(f)])),
    ...{ tables: first.tables, files, bytes },
    writtenTo: [],
  };
}

/**
 * Nothing is changed in the database; the backup and what was moved aside go.
 * @param byThisRun how many of the volumes this run restored, before the nodes were started
 */
export async function finishCold(
  ports: Ports,
  connected: ConnectedCluster,
  ending: ColdEnding,
  byThisRun: number,
  options: RestoreOptions,
): Promise<RestoredCluster> {
  const finished = await finish(ports, connected, ending, options);
  const cold = { restoredAt: ending.restoredAt, volumes: connected.cluster.nodes.length, byThisRun };
  return { ...finished, outcome: byThisRun > 0 ? 'restored' : 'finished', cold };
}

function coldOf({ survey }: SurveyedNode): ColdJournal | null {
  return survey.backups.map(restoredColdBy).find((j) => j !== null) ?? null;
}

/** Automatic snapshots that an interrupted warm restore with the same backup found; else those that are there. */
function automaticBefore({ survey, cold }: SurveyedNode & { cold: ColdJournal | null }) {
  return { automatic: [...(cold?.automatic ?? survey.automatic)] } satisfies Pick<Journal, 'automatic'>;
}

function sum(journals: readonly ColdJournal[], of: 'files' | 'bytes'): number {
  return journals.reduce((n, j) => n + j[of], 0);
}
