import { rewindPending } from '../../domain/rewind/journal.ts';
import type { Ports } from '../../ports/ports.ts';
import { healthyClusters } from '../cluster/clusters.ts';
import { startUnchanged } from './begun.ts';
import type { At, RewindOptions } from './options.ts';
import { CHANGED, whileStopped } from './stopped.ts';
import { acceptAll, forgetAll, noteUndo, putAllBack } from './undo.ts';

/** Bring the state before the rewind back, and run on it. */
export async function undo(ports: Ports, at: At, options: RewindOptions): Promise<void> {
  const { held, datacenter, nodes: found } = at;
  if (await startUnchanged(ports, at)) {
    await healthyClusters(ports, options);
    return forgetAll(found);
  }
  const isBack = found.every((n) => n.journal === null || n.journal.stage === 'put-back');
  // The mark goes when all of them were asked to start.
  if (!isBack || datacenter.coldRestore !== undefined) {
    const nodes = await noteUndo(found);
    const change = () => putAllBack(ports, nodes, options);
    await whileStopped(ports, held, datacenter, { ...CHANGED, change }, options);
  }
  await healthyClusters(ports, options);
  await forgetAll(found);
}

/** What was before is removed only when all nodes run on what the rewind has made. */
export async function accept(ports: Ports, { datacenter, nodes }: At, options: RewindOptions): Promise<void> {
  if (!nodes.some((n) => n.journal?.stage === 'accepted')) {
    const unstarted = nodes.find((n) => n.journal?.stage === 'rewound')?.journal;
    if (datacenter.coldRestore !== undefined && unstarted) throw rewindPending(datacenter.name, unstarted);
    await healthyClusters(ports, options);
  }
  await acceptAll(nodes);
}
