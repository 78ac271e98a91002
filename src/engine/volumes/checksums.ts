import type { Node } from '../../domain/cluster/topology.ts';
import type { ChecksumKind } from '../../domain/sstables/checksums.ts';
import { joinedCrc32 } from '../../domain/sstables/crc32.ts';
import type { Volumes } from '../../ports/volumes.ts';
import { batchesOf } from '../each.ts';

/** A file whose content is to be summed up. */
export interface Summable {
  readonly path: string;
  readonly bytes: number;
  readonly kind: ChecksumKind;
}

/** For one run in a volume, which has to end within its limit on a slow disk, too; what it is given and answers has to fit into memory. */
const AT_ONCE = { items: 10_000, weight: 1024 ** 3 };

/**
 * The checksum of each file, decimal, in the order of their kinds. It takes many short runs in the volume: a connection that is lost
 * costs one of them, and between two the signal is obeyed.
 */
export async function* checksumsOf<T extends Summable>(
  volumes: Pick<Volumes, 'checksums' | 'rangeChecksums'>,
  node: Node,
  files: Iterable<T>,
  signal?: AbortSignal,
  most = AT_ONCE,
): AsyncGenerator<readonly [T, string | undefined]> {
  // Of other kinds no tool sums up a part.
  const isLong = ({ kind, bytes }: Summable) => kind === 'crc32' && bytes > most.weight;
  for (const batch of batchesOf(files, most, (f) => f.bytes)) {
    const short = batch.filter((f) => !isLong(f));
    for (const [kind, own] of Map.groupBy(short, (f) => f.kind)) {
      signal?.throwIfAborted();
      const paths = own.map((f) => f.path);
      const found = await volumes.checksums(node, paths, kind);
      for (const [i, file] of own.entries()) yield [file, found[i]];
    }
    for (const file of batch.filter(isLong))
      yield [file, await longCrc32(volumes, node, file, most.weight, signal)];
  }
}

async function longCrc32(
  volumes: Pick<Volumes, 'rangeChecksums'>,
  node: Node,
  { path, bytes: total }: Summable,
  most: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  let crc = 0;
  for (let offset = 0; offset < total; offset += most) {
    signal?.throwIfAborted();
    const bytes = Math.min(most, total - offset);
    const [own = Number.NaN] = await volumes.rangeChecksums(node, [{ path, offset, bytes }]);
    crc = joinedCrc32(crc, own, bytes);
  }
  return String(crc);
}
