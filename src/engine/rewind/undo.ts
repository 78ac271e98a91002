import { tagTime } from '../../domain/backup/tag.ts';
import {
  DISCARDED,
  isWhole,
  type RewindJournal,
  renderRewindJournal,
  type Stage,
} from '../../domain/rewind/journal.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { clear, refuseIfUsed } from './clear.ts';
import type { RewindNode, RewindOptions } from './options.ts';

/** Before the first node is stopped: from then on nothing but an undo continues. */
export async function noteUndo(nodes: readonly RewindNode[]): Promise<readonly RewindNode[]> {
  return each(nodes, async (n) => {
    // Of `setting-aside` some live files are those of before: nothing is removed.
    if (n.journal === null || !(n.journal.stage === 'replaying' || isWhole(n.journal))) return n;
    const journal: RewindJournal = { ...n.journal, stage: 'clearing' };
    await n.volume.writeJournal(renderRewindJournal(journal));
    return { ...n, journal };
  });
}

/** With all nodes stopped, bring the state before the rewind back. Killed at any point, a new run goes on. @param nodes as `noteUndo` gives them */
export async function putAllBack(
  { progress }: Pick<Ports, 'progress'>,
  nodes: readonly RewindNode[],
  options: RewindOptions,
): Promise<void> {
  const made = await progress.step('Putting the files of before back', () =>
    each(nodes, async (n) => (n.journal === null ? [] : putBack(n, n.journal)), options),
  );
  const undone = [...new Set(made.flat())].toSorted();
  if (undone.length === 0) return;
  progress.warn(
    `What was backed up since the rewind is of a history that is undone: in these volumes ${undone.join(', ')} does not count as a backup any more. Back up again.`,
  );
}

/** @returns backups that count no more */
async function putBack(n: RewindNode, journal: RewindJournal): Promise<readonly string[]> {
  const { volume } = n;
  const note = (stage: Stage) => volume.writeJournal(renderRewindJournal({ ...journal, stage }));
  if (journal.stage === 'put-back') return [];
  const undone = journal.stage === 'clearing' ? await invalidated(n, journal) : [];
  if (journal.stage === 'clearing') {
    await volume.guard(DISCARDED);
    await clear(n);
  }
  await refuseIfUsed(n);
  await note('putting-back');
  await volume.putBack();
  await volume.writeRewound(journal.earlier);
  await note('put-back');
  return undone;
}

/** A base of them would have the log of before replayed on what came of the rewind. */
async function invalidated({ volume }: RewindNode, { startedAt }: RewindJournal): Promise<readonly string[]> {
  const isSince = (tag: string) => (tagTime(tag)?.getTime() ?? 0) > Date.parse(startedAt);
  const undone = (await volume.backups()).filter((b) => b.complete && isSince(b.tag)).map((b) => b.tag);
  for (const tag of undone) await volume.invalidate(tag);
  return undone;
}

/** Remove what was kept, and then the journal. */
export async function forgetAll(nodes: readonly RewindNode[]): Promise<void> {
  await each(nodes, async ({ volume, journal }) => {
    if (journal === null) return;
    await volume.forget();
    await volume.writeJournal(null);
  });
}

/** Remove what was before: from the first of these journals on nothing can be undone. */
export async function acceptAll(nodes: readonly RewindNode[]): Promise<void> {
  await each(nodes, async ({ volume, journal }) => {
    if (journal !== null) await volume.writeJournal(renderRewindJournal({ ...journal, stage: 'accepted' }));
  });
  await forgetAll(nodes);
}
