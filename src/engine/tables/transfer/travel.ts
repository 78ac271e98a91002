import { loadsOf, type Piece } from '../../../domain/transfer/transfer.ts';
import type { Ports } from '../../../ports/ports.ts';
import { each } from '../../each.ts';
import type { TableFacts } from '../facts.ts';
import type { TableOptions } from '../options.ts';
import { type Placement, travels } from '../placement.ts';
import { checkArrived } from './arrival.ts';
import { orFull } from './full.ts';
import { meet } from './meet.ts';
import { Meter } from './meter.ts';
import { bytesOf, filesOf } from './travelling-files.ts';
import type { Trip } from './trip.ts';

/** One load: what may be lost when a run is cut off, and what is held in memory for each node. */
const BIGGEST_LOAD = 8 * 1024 * 1024;
/** Where nothing is held: between two of them progress is told, and a stop obeyed. */
const BIGGEST_DIRECT_LOAD = 64 * 1024 * 1024;
const SMALLEST_LOAD = 16 * 1024;

/**
 * Carry the files that are not in a node's own volume into a staging directory there, once: what has arrived stays when the
 * run is cut off. Then every one is read again and compared with its source, before anything live is touched.
 */
export async function travel(
  ports: Ports,
  facts: TableFacts,
  placed: readonly Placement[],
  options: TableOptions,
): Promise<void> {
  const trips = placed.flatMap(({ live, parts }) =>
    parts.filter((p) => travels(facts, live, p)).map((part) => ({ node: live.node, part })),
  );
  if (trips.length === 0) return;
  const met = await meet(ports, facts, trips, options);
  const total = trips.reduce((sum, t) => sum + bytesOf(filesOf(t.part, facts.tag)), 0);
  await ports.progress.step('Copying files', async (report) => {
    const meter = new Meter(ports, report, total);
    const byNode = [...Map.groupBy(trips, (t) => t.node).entries()];
    const carry = async ([node, own]: (typeof byNode)[number]) => {
      const there = await ports.volumes.stagedFiles(node);
      const carryLoad = met.has(node.name) ? directly(ports) : throughHere(ports);
      for (const trip of own) await carryPart(facts.tag, trip, there, carryLoad, meter, options);
      await orFull(node, () => ports.volumes.syncStaged(node));
    };
    await each(byNode, carry, options);
  });
  await ports.progress.step('Checking the copies', async (report) => {
    let done = 0;
    await each(
      trips,
      async ({ node, part }) => {
        await checkArrived(ports, node, part, filesOf(part, facts.tag));
        report.count(++done, trips.length);
      },
      options,
    );
  });
  // What follows needs nothing of them, and a live volume should not be held longer than it must.
  await ports.copies.release();
}

/** How one load gets from a volume into another. */
interface Carrier {
  readonly biggest: number;
  carry(trip: Trip, load: readonly Piece[]): Promise<void>;
}

function directly({ volumes }: Ports): Carrier {
  return {
    biggest: BIGGEST_DIRECT_LOAD,
    carry: ({ node, part }, load) =>
      volumes.carry(
        part.node,
        node,
        load.map(({ file, offset, bytes }) => ({ from: file.from, to: file.to, offset, bytes })),
      ),
  };
}

function throughHere({ volumes }: Ports): Carrier {
  return {
    biggest: BIGGEST_LOAD,
    carry: async ({ node, part }, load) => {
      const at = (end: 'from' | 'to') =>
        load.map(({ file, offset, bytes }) => ({ path: file[end], offset, bytes }));
      await volumes.stage(node, at('to'), await volumes.readSegments(part.node, at('from')));
    },
  };
}

async function carryPart(
  tag: string,
  trip: Trip,
  there: ReadonlyMap<string, number>,
  { biggest, carry }: Carrier,
  meter: Meter,
  options: TableOptions,
): Promise<void> {
  const files = filesOf(trip.part, tag);
  // At a limited rate in loads of about a second, so that it flows evenly.
  const limit = Math.max(SMALLEST_LOAD, Math.min(options.bytesPerSecond ?? biggest, biggest));
  const loads = loadsOf(files, there, limit);
  const sizeOf = (load: readonly Piece[]) => load.reduce((sum, piece) => sum + piece.bytes, 0);
  meter.skip(bytesOf(files) - sizeOf(loads.flat()));
  for (const load of loads) {
    options.signal.throwIfAborted();
    await orFull(trip.node, () => carry(trip, load));
    await meter.carried(sizeOf(load), options.bytesPerSecond);
  }
}
