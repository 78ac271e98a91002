import type { Cluster } from '../cluster/ring.ts';
import { KassetteError } from '../errors.ts';
import { commandText, type Hint, hint, kassette } from '../hint.ts';
import { commandOf } from '../tables/table-journal.ts';
import { backupPartsOf, contradictory } from './next.ts';
import { restorePending } from './pending.ts';
import type { RestoreState } from './state.ts';

/** Whether a hook of a backup policy may remove the backups that are in the volumes: they may be the only copy of what somebody wants back. */
export type ForBackup =
  | { readonly kind: 'go'; readonly warnings: readonly Hint[] }
  | { readonly kind: 'refuse'; readonly error: KassetteError };

/**
 * Pure, of the same state as `planNext`.
 * @param unlike where the volumes were restored cold: in what the database is not the backup; null where it is, or where that was
 * not asked
 */
export function planForBackup(
  state: RestoreState,
  cluster: Pick<Cluster, 'name' | 'nodes'>,
  unlike: string | null,
): ForBackup {
  const error = pendingIn(state, cluster, unlike);
  if (error !== null) return { kind: 'refuse', error };
  const copies = (state.tables?.unended ?? []).map(commandOf);
  const distinct = [...new Map(copies.map((c) => [commandText(c), c])).values()];
  return { kind: 'go', warnings: distinct.map((c) => hint`${c} has begun and not ended: run it again.`) };
}

/** The backup that all volumes still hold and are restored to with Cassandra stopped: it is in the live files, too. */
export function inLiveFiles(state: RestoreState, { nodes }: Pick<Cluster, 'nodes'>): string | null {
  return state.kind === 'restored-cold' && state.journals.size === nodes.length ? state.tag : null;
}

/** Backups that wait for their restore if the nodes were restarted since they were made; no other state has any. */
export function perhapsWaiting(state: RestoreState, cluster: Pick<Cluster, 'nodes'>): readonly string[] {
  if (state.kind !== 'awaiting' && state.kind !== 'restored-cold') return [];
  const complete = state.parts.filter((p) => p.on.some((part) => part.complete)).map((p) => p.tag);
  return complete.filter((tag) => tag !== inLiveFiles(state, cluster));
}

function pendingIn(
  state: RestoreState,
  cluster: Pick<Cluster, 'name' | 'nodes'>,
  unlike: string | null,
): KassetteError | null {
  const nodes = cluster.nodes.map((n) => n.name);
  const refuse = (tag: string, why: string) =>
    restorePending(cluster.name, nodes, backupPartsOf(state), tag, why);
  const live = inLiveFiles(state, cluster);
  if (live !== null && state.kind === 'restored-cold') {
    const why =
      state.early === null ? unlike : `${state.early} was started before all volumes were restored cold`;
    if (why !== null) return refuse(live, `its cold restore is not finished: ${why}`);
  }
  if (state.kind === 'contradictory') return contradictory(cluster, state.ended.tag, state.begun);
  const [begun] = state.kind === 'replacing' ? state.tags : state.kind === 'loaded' ? [state.tag] : [];
  if (begun !== undefined) return refuse(begun, 'its restore has begun and not ended');
  const waiting = state.restarted.find((tag) => tag !== live);
  return (
    tablesUnderWay(state, cluster.name) ??
    (waiting === undefined
      ? null
      : refuse(waiting, 'all nodes were restarted since, as after a restore of the volumes'))
  );
}

/** An interrupted restore of single tables has left them half replaced: its backup is what mends them. */
function tablesUnderWay({ tables }: RestoreState, cluster: string): KassetteError | null {
  const entry = tables?.unended.find((e) => e.source.startsWith('backup:'));
  if (entry === undefined) return null;
  return new KassetteError(
    'RESTORE_PENDING',
    `The volumes of ${cluster} hold backup ${entry.tag}, and a restore of ${entry.tables.join(', ')} from it has begun and not ended.`,
    hint`Nothing was changed. Run ${commandOf(entry)} again, or ${kassette('after-backup', '--tag', entry.tag)} to give the backup up; then back up again.`,
  );
}
