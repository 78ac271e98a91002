import { loadsOf, type Piece } from '../../../domain/transfer/transfer.ts';
import type { Ports } from '../../../ports/ports.ts';
import { each } from '../../each.ts';
import type { TableFacts } from '../facts.ts';
import type { TableOptions } from '../options.ts';
import { needsCopy, type PartAssignment } from '../part-assignment.ts';
import { coMountClones } from './co-mount.ts';
import { bytesOf, filesOf } from './files-to-copy.ts';
import { orFull } from './full.ts';
import { Meter } from './meter.ts';
import type { Transfer } from './transfer.ts';
import { verifyCopied } from './verify-copied.ts';

/** One load: what may be lost when a run is cut off, and what is held in memory for each node. */
const BIGGEST_LOAD = 8 * 1024 * 1024;
/** Where nothing is held: between two of them progress is reported, and a stop obeyed. */
const BIGGEST_DIRECT_LOAD = 64 * 1024 * 1024;
const SMALLEST_LOAD = 16 * 1024;

/**
 * Copy the files that are not in a node's own volume into a staging directory there, once: what has arrived stays when the
 * run is cut off. Then every one is read again and compared with its source, before anything live is touched.
 */
export async function transferFiles(
  ports: Ports,
  facts: TableFacts,
  assignments: readonly PartAssignment[],
  options: TableOptions,
): Promise<void> {
  const transfers = assignments.flatMap(({ live, parts }) =>
    parts.filter((p) => needsCopy(facts, live, p)).map((part) => ({ node: live.node, part })),
  );
  if (transfers.length === 0) return;
  const coMounted = await coMountClones(ports, facts, transfers, options);
  const total = transfers.reduce((sum, t) => sum + bytesOf(filesOf(t.part, facts.tag)), 0);
  await ports.progress.step('Copying files', async (report) => {
    const meter = new Meter(ports, report, total);
    const byNode = [...Map.groupBy(transfers, (t) => t.node).entries()];
    const copyTo = async ([node, own]: (typeof byNode)[number]) => {
      const there = await ports.volumes.stagedFiles(node);
      const method = coMounted.has(node.name) ? directCopy(ports) : streamedCopy(ports);
      for (const transfer of own) await copyPart(facts.tag, transfer, there, method, meter, options);
      await orFull(node, () => ports.volumes.syncStaged(node));
    };
    await each(byNode, copyTo, options);
  });
  await ports.progress.step('Checking the copies', async (report) => {
    let done = 0;
    await each(
      transfers,
      async ({ node, part }) => {
        await verifyCopied(ports, node, part, filesOf(part, facts.tag));
        report.count(++done, transfers.length);
      },
      options,
    );
  });
  // What follows needs nothing of them, and a live volume should not be held longer than it must.
  await ports.clones.release();
}

/** How one load gets from a volume into another. */
interface CopyMethod {
  readonly biggestLoad: number;
  copy(transfer: Transfer, load: readonly Piece[]): Promise<void>;
}

function directCopy({ volumes }: Ports): CopyMethod {
  return {
    biggestLoad: BIGGEST_DIRECT_LOAD,
    copy: ({ node, part }, load) =>
      volumes.copyDirect(
        part.node,
        node,
        load.map(({ file, offset, bytes }) => ({ from: file.from, to: file.to, offset, bytes })),
      ),
  };
}

function streamedCopy({ volumes }: Ports): CopyMethod {
  return {
    biggestLoad: BIGGEST_LOAD,
    copy: async ({ node, part }, load) => {
      const at = (end: 'from' | 'to') =>
        load.map(({ file, offset, bytes }) => ({ path: file[end], offset, bytes }));
      await volumes.stage(node, at('to'), await volumes.readSegments(part.node, at('from')));
    },
  };
}

async function copyPart(
  tag: string,
  transfer: Transfer,
  there: ReadonlyMap<string, number>,
  { biggestLoad, copy }: CopyMethod,
  meter: Meter,
  options: TableOptions,
): Promise<void> {
  const files = filesOf(transfer.part, tag);
  // At a limited rate in loads of about a second, so that it flows evenly.
  const limit = Math.max(SMALLEST_LOAD, Math.min(options.bytesPerSecond ?? biggestLoad, biggestLoad));
  const loads = loadsOf(files, there, limit);
  const sizeOf = (load: readonly Piece[]) => load.reduce((sum, piece) => sum + piece.bytes, 0);
  meter.skip(bytesOf(files) - sizeOf(loads.flat()));
  for (const load of loads) {
    options.signal.throwIfAborted();
    await orFull(transfer.node, () => copy(transfer, load));
    await meter.copied(sizeOf(load), options.bytesPerSecond);
  }
}
