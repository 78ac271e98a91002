import type { Checksum } from '../sstables/checksums.ts';

/** A file that has to be copied. */
export interface FileToCopy {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  /** As the manifest has it; null where it has the size only. */
  readonly checksum: Checksum | null;
}

/** Bytes of one file: from `offset` on. */
export interface Piece {
  readonly file: FileToCopy;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * What is still to be copied, cut into loads: small files go together, big ones piece by piece, so that a run that is cut
 * off loses at most one load.
 * @param there sizes of what has arrived, by target path; what is longer than it should be starts over
 */
export function loadsOf(
  files: readonly FileToCopy[],
  there: ReadonlyMap<string, number>,
  limit: number,
): readonly (readonly Piece[])[] {
  const loads: Piece[][] = [[]];
  let room = limit;
  for (const file of files) {
    const arrived = there.get(file.to);
    if (arrived === file.bytes) continue;
    let offset = arrived === undefined || arrived > file.bytes ? 0 : arrived;
    do {
      if (room === 0) {
        loads.push([]);
        room = limit;
      }
      const bytes = Math.min(room, file.bytes - offset);
      loads.at(-1)?.push({ file, offset, bytes });
      offset += bytes;
      room -= bytes;
    } while (offset < file.bytes);
  }
  return loads.filter((load) => load.length > 0);
}
