import type { Node } from '../../domain/cluster/topology.ts';
import type { ChecksumKind } from '../../domain/sstables/checksums.ts';
import { joinedCrc32 } from '../../domain/sstables/crc32.ts';
import type { BegunFile } from '../../domain/sstables/read-so-far.ts';
import type { Volumes } from '../../ports/volumes.ts';
import { batchesOf } from '../each.ts';
import type { AtOnce } from '../options.ts';

/** A file whose content is to be summed up. */
export interface Summable {
  readonly path: string;
  readonly bytes: number;
  readonly kind: ChecksumKind;
}

/** For one run in a volume, which has to end within its limit on a slow disk, too; what it is given and answers has to fit into memory. */
export const AT_ONCE: AtOnce = { items: 10_000, weight: 1024 ** 3 };

/** What one run in a volume has summed up. */
export interface SummedRun<T> {
  readonly sums: readonly (readonly [file: T, sum: string | undefined])[];
  /** Whether no file before the last one of them is left to a later run. */
  readonly isWhole: boolean;
}

export interface SummingOptions {
  readonly signal?: AbortSignal | undefined;
  readonly most?: AtOnce | undefined;
  /** Where an earlier run has stopped in the first of the files. */
  readonly begun?: BegunFile | null | undefined;
  /** Called within a long file, with what is summed up of it. */
  readonly onPart?: (begun: BegunFile) => Promise<void>;
}

type Sums = Pick<Volumes, 'checksums' | 'rangeChecksums'>;

/** The checksum of each file, decimal, in the order of their kinds. */
export async function* checksumsOf<T extends Summable>(
  volumes: Sums,
  node: Node,
  files: Iterable<T>,
  options: SummingOptions = {},
): AsyncGenerator<readonly [T, string | undefined]> {
  for await (const { sums } of checksumRuns(volumes, node, files, options)) yield* sums;
}

/**
 * The same by the short runs in the volume that it takes: a connection that is lost costs one of them, and between two the signal is
 * obeyed.
 */
export async function* checksumRuns<T extends Summable>(
  volumes: Sums,
  node: Node,
  files: Iterable<T>,
  options: SummingOptions = {},
): AsyncGenerator<SummedRun<T>> {
  const { signal, most = AT_ONCE } = options;
  // Of other kinds no tool sums up a part.
  const isLong = ({ kind, bytes }: Summable) => kind === 'crc32' && bytes > most.weight;
  for (const batch of batchesOf(files, most, (f) => f.bytes)) {
    const kinds = Map.groupBy(
      batch.filter((f) => !isLong(f)),
      (f) => f.kind,
    );
    let left = kinds.size;
    for (const [kind, own] of kinds) {
      signal?.throwIfAborted();
      const paths = own.map((f) => f.path);
      const found = await volumes.checksums(node, paths, kind);
      left--;
      yield { sums: own.map((file, i) => [file, found[i]] as const), isWhole: left === 0 };
    }
    // It fills the batch, so it is the last one in it.
    for (const file of batch.filter(isLong))
      yield { sums: [[file, await longCrc32(volumes, node, file, { ...options, most })]], isWhole: true };
  }
}

async function longCrc32(
  volumes: Sums,
  node: Node,
  { path, bytes: total }: Summable,
  { signal, most, begun, onPart }: SummingOptions & { readonly most: AtOnce },
): Promise<string> {
  let { crc, bytes: offset } = begun?.path === path ? begun : { crc: 0, bytes: 0 };
  while (offset < total) {
    signal?.throwIfAborted();
    const bytes = Math.min(most.weight, total - offset);
    const [own = Number.NaN] = await volumes.rangeChecksums(node, [{ path, offset, bytes }]);
    crc = joinedCrc32(crc, own, bytes);
    offset += bytes;
    if (offset < total) await onPart?.({ path, bytes: offset, crc });
  }
  return String(crc);
}
