import { checkWholeRing } from '../backup/backup-check.ts';
import { type BackupPart, chooseBackup } from '../backup/backup-choice.ts';
import type { Cluster } from '../cluster/ring.ts';
import { KassetteError } from '../errors.ts';
import { anyOf, hint, kassette } from '../hint.ts';
import type { RestoreRecord } from '../restore/journal.ts';
import { commandOf } from '../tables/table-journal.ts';
import type { Loaded, RestoredCold, RestoreState } from './state.ts';

/** What a restore does next with one cluster whose nodes are up. */
export type Next =
  /** It was restored and tidied before; `others`: tags of backups that are in the volumes and not meant. */
  | { readonly kind: 'nothing'; readonly record: RestoreRecord; readonly others: readonly string[] }
  /** The data are the backup's on all nodes, and what the restore left goes. */
  | { readonly kind: 'tidy'; readonly ended: Loaded | RestoredCold }
  /** Live data give way to the backup; `early`: a node because of which an ended cold restore does not count. */
  | { readonly kind: 'replace'; readonly tag: string; readonly early: string | null }
  | { readonly kind: 'refuse'; readonly error: KassetteError };

/** Of what is asked for. */
export interface NextOptions {
  readonly tag: string | undefined;
  readonly method: 'warm' | 'cold' | undefined;
}

/** Pure: `plan` prints it, and `after-restore` carries it out. */
export function planNext(state: RestoreState, cluster: Cluster, options: NextOptions): Next {
  const record = doneAsAsked(state, options);
  if (record !== null) return { kind: 'nothing', record, others: state.parts.map((p) => p.tag) };
  switch (state.kind) {
    case 'restored-cold':
      return planCold(state, state, cluster, options);
    case 'loaded':
      return isMeant(state.tag, options) ? { kind: 'tidy', ended: state } : replace(state, cluster, options);
    case 'contradictory':
      return planContradictory(state, cluster, options);
    case 'nothing':
    case 'awaiting':
    case 'replacing':
      return replace(state, cluster, options);
  }
}

function isMeant(tag: string, { tag: asked }: NextOptions): boolean {
  return asked === undefined || asked === tag;
}

/** Without a tag any backup in the volumes is meant, and then nothing is done yet. */
function doneAsAsked({ done, parts }: RestoreState, { tag }: NextOptions): RestoreRecord | null {
  if (done === null) return null;
  return (tag === undefined ? parts.length === 0 : tag === done.tag) ? done : null;
}

/** It does not count where something else is meant, or has happened to the tables since. */
function planCold(state: RestoreState, ended: RestoredCold, cluster: Cluster, options: NextOptions): Next {
  const counts = options.method !== 'warm' && state.tables === null && isMeant(ended.tag, options);
  if (counts && ended.early === null) return { kind: 'tidy', ended };
  const next = replace(state, cluster, options);
  return counts && next.kind === 'replace' ? { ...next, early: ended.early } : next;
}

/** Only the user who names a backup knows which restore was the last. */
function planContradictory(
  state: Extract<RestoreState, { kind: 'contradictory' }>,
  cluster: Cluster,
  options: NextOptions,
): Next {
  const { ended, begun } = state;
  if (options.tag === undefined) return { kind: 'refuse', error: contradictory(cluster, ended.tag, begun) };
  if (options.tag !== ended.tag) return replace(state, cluster, options);
  if (ended.kind === 'loaded') return { kind: 'tidy', ended };
  return planCold(state, ended, cluster, options);
}

function replace(state: RestoreState, cluster: Cluster, options: NextOptions): Next {
  const nodes = cluster.nodes.map((n) => n.name);
  try {
    checkWholeRing(cluster, 'restore');
    const tag = chooseBackup(nodes, backupPartsOf(state), options.tag);
    if (options.tag === undefined) refuseIfTablesAreMeant(state, cluster, tag);
    return { kind: 'replace', tag, early: null };
  } catch (error) {
    if (error instanceof KassetteError) return { kind: 'refuse', error };
    throw error;
  }
}

export function backupPartsOf({ parts }: RestoreState): readonly BackupPart[] {
  return parts.flatMap(({ tag, on }) => on.map((part) => ({ tag, ...part })));
}

/**
 * A user who wants to continue a restore of single tables must not set the whole cluster back. On volumes that were restored since,
 * what is left of one means nothing. @throws RESTORE_PENDING
 */
function refuseIfTablesAreMeant(state: RestoreState, { name }: Cluster, tag: string): void {
  const [entry] = state.tables?.unended ?? [];
  const isFirst = state.kind === 'awaiting' || state.kind === 'restored-cold' || state.kind === 'nothing';
  if (entry === undefined || !isFirst) return;
  if (state.tables?.startedSince && state.restarted.includes(tag)) return;
  throw new KassetteError(
    'RESTORE_PENDING',
    `A restore of ${entry.tables.join(', ')} alone has begun in ${name} and not ended; this would set all of it back to backup ${tag}.`,
    hint`Nothing was changed. Run ${commandOf(entry)} again to continue it, or ${kassette('after-restore', '--tag', tag)} to restore the whole cluster.`,
  );
}

export function contradictory(
  { name }: Pick<Cluster, 'name'>,
  tag: string,
  begun: readonly string[],
): KassetteError {
  const ways = anyOf([tag, ...begun].map((t) => kassette('after-restore', '--tag', t)));
  return new KassetteError(
    'RESTORE_PENDING',
    `The volumes of ${name} say that the restore of backup ${tag} has ended on all nodes, and that one of ${begun.join(', ')} has begun: nothing shows which was the last.`,
    hint`Nothing was changed. Run ${ways}, with the backup that the database is to hold.`,
  );
}
