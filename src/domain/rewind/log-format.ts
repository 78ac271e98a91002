import { crc32 } from 'node:zlib';

/*
 * What Cassandra puts around what it logs (`CommitLogSegment`, `CommitLogReader` of 5.0): sync markers before sections, and checksums of each mutation's size and of all of it.
 */

/** Where its section ends, and a checksum of the segment's id and the marker's own place. */
export const MARKER = 8;
/** Size, its checksum, and the one of all: what a mutation takes besides itself. */
export const OVERHEAD = 12;
const SMALLEST_MUTATION = 10;

export const isZero = (file: Buffer, at: number) =>
  file.readInt32BE(at) === 0 && file.readInt32BE(at + 4) === 0;

export const isMarker = (id: bigint, file: Buffer, at: number) =>
  file.readUInt32BE(at + 4) === markerChecksum(id, at);

function markerChecksum(id: bigint, at: number): number {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(Number(id & 0xffffffffn), 0);
  numbers.writeUInt32BE(Number((id >> 32n) & 0xffffffffn), 4);
  numbers.writeInt32BE(at, 8);
  return crc32(numbers);
}

/** Why no mutation begins there; null where its size is right. @param end of its section */
export function wrongSize(file: Buffer, at: number, end: number): string | null {
  if (!isPossible(file, at, end)) return 'the size of a mutation is wrong';
  if (!hasSizeChecksum(file, at)) return 'the checksum of a size is wrong';
  return null;
}

function isPossible(file: Buffer, at: number, end: number): boolean {
  const size = file.readInt32BE(at);
  return size >= SMALLEST_MUTATION && at + OVERHEAD + size <= end;
}

const hasSizeChecksum = (file: Buffer, at: number) =>
  file.readUInt32BE(at + 4) === crc32(file.subarray(at, at + 4));

/** Whether a mutation begins anywhere in this part of a section. */
export function hasMutation(file: Buffer, from: number, end: number): boolean {
  for (let at = from; at + OVERHEAD <= end; at++)
    if (isPossible(file, at, end) && hasSizeChecksum(file, at)) return true;
  return false;
}

const ZEROS = Buffer.alloc(65_536);

/** Whether a section of this segment begins anywhere from here on. What is left in a file from another segment has another id. */
export function hasSection(id: bigint, file: Buffer, from: number): boolean {
  for (let at = from; at + MARKER <= file.length; at++) {
    while (file.readUInt8(at) === 0 && ZEROS.equals(file.subarray(at, at + ZEROS.length)))
      at += ZEROS.length - MARKER;
    const end = file.readInt32BE(at);
    if (end >= at + MARKER && end <= file.length && isMarker(id, file, at)) return true;
  }
  return false;
}
