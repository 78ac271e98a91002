import { ARCHIVE } from '../../domain/archive/archiving.ts';
import { parseStopped } from '../../domain/archive/stopped.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette, mapText } from '../../domain/hint.ts';
import type { ChosenBase } from '../../domain/rewind/base.ts';
import { SEGMENTS } from '../../domain/rewind/journal.ts';
import type { SegmentCheck } from '../../domain/rewind/log-check.ts';
import {
  checkReaches,
  type NodeLog,
  nodeLog,
  type SegmentFile,
  tornText,
} from '../../domain/rewind/node-log.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { RewindNode, RewindOptions } from './options.ts';

/** What looks into segments have found: one that has not changed since is not read again, wherever it is moved to. */
export type Seen = Map<string, SegmentCheck>;

const keyOf = (node: string, { name, bytes, modifiedAt }: SegmentFile) =>
  `${node} ${name} ${bytes} ${modifiedAt}`;

const isArchived = ({ path, name }: SegmentFile) =>
  path === `${ARCHIVE}/${name}` || path === `${SEGMENTS}/${name}`;

/** `running`: in the live places, of nodes that go on writing. */
type Place = 'running' | 'live' | 'aside';

interface Asked {
  readonly base: ChosenBase;
  readonly target: Date;
  readonly seen: Seen;
}

/**
 * The log of every node from the base on, read through, and that it goes on to the target.
 * @throws LOG_GAP, REWIND_UNSUPPORTED
 */
export async function checkedLogs(
  ports: Pick<Ports, 'progress'>,
  nodes: readonly RewindNode[],
  from: Place,
  { base, target, seen }: Asked,
  { signal }: Pick<RewindOptions, 'signal'>,
): Promise<ReadonlyMap<string, NodeLog>> {
  return ports.progress.step('Reading the commit logs', async (report) => {
    let [done, total] = [0, 0];
    const looks = (segments: number) => {
      total += segments;
    };
    const looked = () => {
      signal.throwIfAborted();
      report.count(++done, total);
    };
    const logs = await each(nodes, async (n) => {
      const { log, read } = await orKept(from, () => logOf(n, from, { base, seen, looks, looked }));
      for (const torn of log.torn.filter((t) => read.has(t.name)))
        ports.progress.warn(tornText(n.node.name, torn));
      return [n.node.name, log] as const;
    });
    const found = new Map(logs);
    await orKept(from, async () => checkReaches(found, target, earliestOf(base)));
    return found;
  });
}

/** What is found when all was moved aside is refused with the way back. */
async function orKept<T>(from: Place, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (from !== 'aside' || !(error instanceof KassetteError)) throw error;
    const rest = mapText(error.advice, (text) => text.replace('Nothing was changed. ', ''));
    const advice = hint`The state before the rewind is kept: run ${kassette('rewind', '--undo')}. ${rest}`;
    throw new KassetteError(error.code, error.message, advice, { cause: error });
  }
}

interface Looking extends Omit<Asked, 'target'> {
  readonly looks: (segments: number) => void;
  /** @throws where it is to go no further */
  readonly looked: () => void;
}

/** The log of one node, and the names of the segments that were read for it. */
async function logOf(
  { node, volume }: RewindNode,
  from: Place,
  { base, seen, looks, looked }: Looking,
): Promise<{ readonly log: NodeLog; readonly read: ReadonlySet<string> }> {
  const [checks, read] = [new Map<string, SegmentCheck>(), new Set<string>()];
  const place = base.on.get(node.name);
  if (place === undefined) return { log: NO_LOG, read };
  const where = from === 'aside' ? 'aside' : 'live';
  const files = await volume.segments(where);
  const stop = parseStopped(await volume.stopped(where), files.filter(isArchived));
  const needed = files.filter((s) => s.id >= BigInt(place.first));
  looks(needed.length);
  for (const segment of needed) {
    const key = keyOf(node.name, segment);
    const known = seen.get(key);
    const check = known ?? (await volume.checkSegment(segment));
    if (known === undefined) read.add(segment.name);
    if (staysSo(segment, from)) seen.set(key, check);
    checks.set(segment.path, check);
    looked();
  }
  const checkOf = (path: string) => checks.get(path);
  return { log: nodeLog(node.name, place, needed, { checkOf, stop, running: from === 'running' }), read };
}

const NO_LOG: NodeLog = { segments: [], end: null, compressed: false, torn: [], restarts: [] };

/** What is written through a mapping need not change a file's time. */
const staysSo = (segment: SegmentFile, from: Place) => from !== 'running' || isArchived(segment);

/** The first moment that can be reached from it. */
export function earliestOf({ on }: ChosenBase): Date {
  return new Date(Math.max(...[...on.values()].map((p) => Date.parse(p.endedAt))));
}
