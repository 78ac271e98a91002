import { damagedFiles } from '../../domain/backup-check.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Node } from '../../domain/topology.ts';
import { loadsOf, type Piece, type TravellingFile } from '../../domain/transfer.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { Meter } from './meter.ts';
import type { CheckedPart, TableFacts } from './observe.ts';
import type { TableOptions } from './options.ts';
import { type Placement, travels } from './placement.ts';
import { bytesOf, filesOf } from './travelling-files.ts';

/** One load: what may be lost when a run is cut off, and what is held in memory for each node. */
const BIGGEST_LOAD = 8 * 1024 * 1024;
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
  const total = trips.reduce((sum, t) => sum + bytesOf(filesOf(t.part, facts.tag)), 0);
  await ports.progress.step('Copying files', async (report) => {
    const meter = new Meter(ports, report, total);
    const byNode = [...Map.groupBy(trips, (t) => t.node).entries()];
    const carry = async ([node, own]: (typeof byNode)[number]) => {
      const there = await ports.volumes.stagedFiles(node);
      for (const { part } of own) await carryPart(ports, facts.tag, node, part, there, meter, options);
      await ports.volumes.syncStaged(node);
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
}

async function carryPart(
  ports: Ports,
  tag: string,
  node: Node,
  part: CheckedPart,
  there: ReadonlyMap<string, number>,
  meter: Meter,
  options: TableOptions,
): Promise<void> {
  const files = filesOf(part, tag);
  // At a limited rate in loads of about a second, so that it flows evenly.
  const limit = Math.max(SMALLEST_LOAD, Math.min(options.bytesPerSecond ?? BIGGEST_LOAD, BIGGEST_LOAD));
  const loads = loadsOf(files, there, limit);
  const open = loads.flat().reduce((sum, piece) => sum + piece.bytes, 0);
  meter.skip(bytesOf(files) - open);
  for (const load of loads) {
    options.signal.throwIfAborted();
    const at = (path: (f: TravellingFile) => string) => (p: Piece) => ({
      ...{ path: path(p.file), offset: p.offset, bytes: p.bytes },
    });
    const data = await ports.volumes.readSegments(part.node, load.map(at((f) => f.from)));
    await ports.volumes.stage(node, load.map(at((f) => f.to)), data);
    await meter.carried(data.length, options.bytesPerSecond);
  }
}

/** Every file: a Data.db against its manifest, the others against what they were copied from. */
async function checkArrived(
  ports: Ports,
  node: Node,
  part: CheckedPart,
  files: readonly TravellingFile[],
): Promise<void> {
  const others = files.filter((f) => f.crc === undefined);
  const [here, there] = await Promise.all([
    ports.volumes.checksums(
      node,
      files.map((f) => f.to),
    ),
    ports.volumes.checksums(
      part.node,
      others.map((f) => f.from),
    ),
  ]);
  const wanted = new Map(others.map((f, i) => [f.to, there[i]]));
  const wrong = files.filter((f, i) => here[i] !== (f.crc ?? wanted.get(f.to)));
  const [first] = wrong;
  if (first === undefined) return;
  // What is wrong here must not be taken for arrived by the next run.
  await ports.volumes.stage(
    node,
    wrong.map((f) => ({ path: f.to, offset: 0, bytes: 0 })),
    Buffer.alloc(0),
  );
  const [source] = await ports.volumes.checksums(part.node, [first.from]);
  if (first.crc !== undefined && source !== first.crc) {
    throw damagedFiles(part.node, [`${first.from} has the CRC-32 ${source} instead of ${first.crc}`]);
  }
  throw new KassetteError(
    'NODE_SHELL',
    `${first.to} on ${node.name} is not what was copied from ${part.node.name}.`,
    'Nothing live was changed. Look for disk errors there; then run the command again, it copies that file anew.',
  );
}
