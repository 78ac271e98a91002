import {
  isTouched,
  parseRewindJournal,
  type RewindJournal,
  renderRewindJournal,
} from '../../domain/rewind/journal.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { At, RewindNode } from './options.ts';

/** What is written before the first node is stopped: from then on a run that is killed can be told from a cold restore. */
export async function noteBegun(
  nodes: readonly RewindNode[],
  { at, tag, startedAt }: { readonly at: Date; readonly tag: string; readonly startedAt: Date },
): Promise<readonly RewindNode[]> {
  return each(nodes, async (n) => {
    const { node, volume } = n;
    if (isTouched(n.journal)) return n;
    const journal: RewindJournal = {
      ...{ version: 1, stage: 'begun', to: at.toISOString(), tag, startedAt: startedAt.toISOString() },
      ...{ rewoundAt: null, earlier: await volume.rewound() },
    };
    await volume.writeJournal(renderRewindJournal(journal));
    return { node, volume, journal };
  });
}

/** Where nothing was changed, and the nodes run again. */
export async function forgetBegun(nodes: readonly RewindNode[]): Promise<void> {
  await each(nodes, ({ volume }) => volume.writeJournal(null));
}

/**
 * Start the nodes that an earlier run may have stopped, and then changed nothing. Journals tell; without any, as of earlier releases, that no volume
 * is being restored cold.
 * @returns whether there was anything to start
 */
export async function startUnchanged(
  { recovery, progress }: Pick<Ports, 'recovery' | 'progress'>,
  { held, datacenter, nodes }: At,
): Promise<boolean> {
  const isBegun = nodes.some((n) => n.journal !== null);
  if (nodes.some((n) => isTouched(n.journal)) || !(isBegun || datacenter.coldRestore !== undefined))
    return false;
  if (!isBegun && datacenter.coldRestore === 'changing' && (await isRestoredCold(nodes))) return false;
  await progress.step('Starting the nodes, of which nothing was changed', () =>
    recovery.start(datacenter, 'given up', held.confirm),
  );
  return true;
}

async function isRestoredCold(nodes: readonly RewindNode[]): Promise<boolean> {
  const found = await each(nodes, ({ volume }) => volume.backups());
  return found.flat().some((b) => b.cold !== null);
}

/** All nodes were started: what they write from now on is of the history that the rewind has begun. */
export async function noteRunning(nodes: readonly RewindNode[]): Promise<void> {
  await each(nodes, async ({ node, volume }) => {
    const found = parseRewindJournal(node.name, await volume.rewinding());
    if (found?.stage !== 'rewound') return;
    await volume.writeJournal(renderRewindJournal({ ...found, stage: 'running' }));
  });
}
