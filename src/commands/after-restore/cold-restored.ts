import { checkNode, checkWholeRing } from '../../domain/backup-check.ts';
import { type ColdJournal, restoredColdBy } from '../../domain/cold-journal.ts';
import { KassetteError } from '../../domain/errors.ts';
import { type Journal, parseRecord } from '../../domain/journal.ts';
import { parseManifest } from '../../domain/manifest.ts';
import { keyOf, parseSchema, sameDefinition, schemaText } from '../../domain/schema.ts';
import { parseTableJournal } from '../../domain/table-journal.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { gossipGenerations } from '../observe/generations.ts';
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
  checkWholeRing(connected.cluster);
  const last = colds.map((c) => c.restoredAt ?? '').reduce((a, b) => (a > b ? a : b));
  const early = await startedBefore(connected, last, options);
  if (early !== null) {
    ports.progress.warn(
      `${early} was started before all volumes were restored cold: all tables are loaded anew.`,
    );
    return null;
  }
  const untidied = found.filter((f) => f.cold !== null);
  await checkIsBackup(ports, connected, untidied, first.tag, options);
  return {
    tag: first.tag,
    method: 'cold',
    restoredAt: last,
    journals: new Map(untidied.map((f) => [f.node.name, automaticBefore(f)])),
    ...{ tables: first.tables, files: sum(colds, 'files'), bytes: sum(colds, 'bytes') },
  };
}

/** Nothing is changed in the database; the backup and what was moved aside go. */
export async function finishCold(
  ports: Ports,
  connected: ConnectedCluster,
  ending: ColdEnding,
  options: RestoreOptions,
): Promise<RestoredCluster> {
  const finished = await finish(ports, connected, ending, options);
  const why = `all volumes were restored cold at ${ending.restoredAt}, before the nodes were started; nothing is left to do`;
  return { ...finished, outcome: 'unchanged', why };
}

function coldOf({ survey }: SurveyedNode): ColdJournal | null {
  return survey.backups.map(restoredColdBy).find((j) => j !== null) ?? null;
}

/** Automatic snapshots that an interrupted warm restore with the same backup found; else those that are there. */
function automaticBefore({ survey, cold }: SurveyedNode & { cold: ColdJournal | null }) {
  return { automatic: [...(cold?.automatic ?? survey.automatic)] } satisfies Pick<Journal, 'automatic'>;
}

/** A node whose Cassandra was started before that moment: its gossip generation is the time of its start in seconds. */
async function startedBefore(
  { cluster, session }: ConnectedCluster,
  moment: string,
  { concurrency }: RestoreOptions,
): Promise<string | null> {
  const seconds = Math.floor(Date.parse(moment) / 1000);
  const generations = await gossipGenerations(session, cluster, concurrency);
  return [...generations].find(([, generation]) => generation < seconds)?.[0] ?? null;
}

/** That the nodes came up as those of the backup, with its schema; until that is sure what was moved aside stays. */
async function checkIsBackup(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  tag: string,
  options: RestoreOptions,
): Promise<void> {
  let saved = '';
  await each(
    surveys,
    async ({ node }) => {
      const contents = await ports.volumes.read(node, tag);
      checkNode(cluster, node, parseManifest(node.name, contents));
      saved = contents.schema;
    },
    options,
  );
  const live = new Map(
    parseSchema(schemaText(await session.describeSchema())).map((o) => [keyOf(o), o] as const),
  );
  const wanted = parseSchema(saved);
  const wrong =
    wanted.find((o) => {
      const counterpart = live.get(keyOf(o));
      return counterpart === undefined || !sameDefinition(o, counterpart);
    }) ??
    (options.keepExtra
      ? undefined
      : [...live.values()].find((o) => !wanted.some((w) => keyOf(w) === keyOf(o))));
  if (wrong === undefined) return;
  throw new KassetteError(
    'VERIFY_FAILED',
    `Backup ${tag} was restored cold on all volumes, but ${keyOf(wrong)} is not as the backup has it.`,
    'Nothing was changed. If it was altered since the restore, give the backup up with «kassette after-backup --tag», else restore it again with «after-restore --method warm».',
  );
}

function sum(journals: readonly ColdJournal[], of: 'files' | 'bytes'): number {
  return journals.reduce((n, j) => n + j[of], 0);
}
