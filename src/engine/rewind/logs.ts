import { ARCHIVE } from '../../domain/archive/archiving.ts';
import { parseStopped } from '../../domain/archive/stopped.ts';
import type { ChosenBase } from '../../domain/rewind/base.ts';
import { SEGMENTS } from '../../domain/rewind/journal.ts';
import type { SegmentCheck } from '../../domain/rewind/log-check.ts';
import { checkReaches, type NodeLog, nodeLog, type SegmentFile } from '../../domain/rewind/node-log.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { RewindNode, RewindOptions } from './options.ts';

/** What looks into segments have found: one that has not changed since is not read again, wherever it is moved to. */
export type Seen = Map<string, SegmentCheck>;

const keyOf = (node: string, { name, bytes, modifiedAt }: SegmentFile) =>
  `${node} ${name} ${bytes} ${modifiedAt}`;

const isArchived = ({ path, name }: SegmentFile) =>
  path === `${ARCHIVE}/${name}` || path === `${SEGMENTS}/${name}`;

/**
 * The log of every node from the base on, read through, and that it goes on to the target.
 * @throws LOG_GAP, REWIND_UNSUPPORTED
 */
export async function checkedLogs(
  ports: Pick<Ports, 'progress'>,
  nodes: readonly RewindNode[],
  from: 'live' | 'aside',
  { base, target, seen }: { readonly base: ChosenBase; readonly target: Date; readonly seen: Seen },
  { signal }: Pick<RewindOptions, 'signal'>,
): Promise<ReadonlyMap<string, NodeLog>> {
  return ports.progress.step('Reading the commit logs', async (report) => {
    let [done, total] = [0, 0];
    const logs = await each(nodes, async ({ node, volume }) => {
      const place = base.on.get(node.name);
      if (place === undefined)
        return [node.name, { segments: [], end: null, compressed: false, restarts: [] }] as const;
      const files = await volume.segments(from);
      const stop = parseStopped(await volume.stopped(from), files.filter(isArchived));
      const needed = files.filter((s) => s.id >= BigInt(place.first));
      total += needed.length;
      const checks = new Map<string, SegmentCheck>();
      for (const segment of needed) {
        signal.throwIfAborted();
        const key = keyOf(node.name, segment);
        const check = seen.get(key) ?? (await volume.checkSegment(segment));
        seen.set(key, check);
        checks.set(segment.path, check);
        report.count(++done, total);
      }
      return [node.name, nodeLog(node.name, place, needed, (path) => checks.get(path), stop)] as const;
    });
    const found = new Map(logs);
    checkReaches(found, target, earliestOf(base));
    return found;
  });
}

/** The first moment that can be reached from it. */
export function earliestOf({ on }: ChosenBase): Date {
  return new Date(Math.max(...[...on.values()].map((p) => Date.parse(p.endedAt))));
}
