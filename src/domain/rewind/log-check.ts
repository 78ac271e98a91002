import { crc32 } from 'node:zlib';

/*
 * A segment of the commit log, read as Cassandra does before it replays it (`CommitLogDescriptor`, `CommitLogSegmentReader`, `CommitLogReader` of 5.0):
 * a header, sections behind sync markers, mutations in them, each with a checksum.
 */

export type SegmentCheck =
  /** `mutations`: null where it is compressed: its sections are all there, and what is in them Cassandra checks when it replays them. */
  | { readonly kind: 'whole'; readonly mutations: number | null }
  /** Made in advance: nothing was written to it. */
  | { readonly kind: 'empty' }
  /** Encrypted, or of another version: it is not looked into. */
  | { readonly kind: 'closed'; readonly why: string }
  | { readonly kind: 'damaged'; readonly at: number; readonly why: string };

/** Versions that 4.0 and 5.0 write; of another one nothing is known. */
const VERSIONS: ReadonlySet<number> = new Set([7, 8]);
const HEADER = 4 + 8 + 2;
const MARKER = 8;
/** Size, its checksum, and the one of all: what a mutation takes besides itself. */
const OVERHEAD = 12;
const SMALLEST_MUTATION = 10;

/** @param id that of the file's name, which must be the header's, too */
export function checkSegment(id: bigint, file: Buffer): SegmentCheck {
  const header = checkHeader(id, file);
  if ('kind' in header) return header;
  const { end: start, compressed } = header;
  // Room is made in advance for what is not compressed.
  if (file.length < start + MARKER)
    return compressed ? { kind: 'empty' } : damaged(0, 'the header is not whole');
  if (isZero(file, start)) return { kind: 'empty' };
  let mutations = 0;
  for (let at = start; at + MARKER <= file.length && !isZero(file, at); at = file.readInt32BE(at)) {
    const found = checkMarker(id, file, at) ?? (compressed ? 0 : checkSection(file, at));
    if (typeof found !== 'number') return found;
    mutations += found;
  }
  return { kind: 'whole', mutations: compressed ? null : mutations };
}

interface Header {
  /** Where the sections begin. */
  readonly end: number;
  readonly compressed: boolean;
}

function checkHeader(id: bigint, file: Buffer): Header | SegmentCheck {
  if (file.length < HEADER) return damaged(0, 'the header is not whole');
  const length = file.readUInt16BE(12);
  const end = HEADER + length + 4;
  if (file.length < end) return damaged(0, 'the header is not whole');
  const version = file.readInt32BE(0);
  const own = file.readBigInt64BE(4);
  const numbers = Buffer.alloc(16);
  numbers.writeInt32BE(version, 0);
  numbers.writeUInt32BE(Number(own & 0xffffffffn), 4);
  numbers.writeUInt32BE(Number((own >> 32n) & 0xffffffffn), 8);
  numbers.writeInt32BE(length, 12);
  const text = file.subarray(HEADER, HEADER + length);
  if (file.readUInt32BE(end - 4) !== crc32(text, crc32(numbers)))
    return damaged(0, 'the checksum of the header is wrong');
  if (!VERSIONS.has(version)) return { kind: 'closed', why: `is of version ${version}` };
  if (own !== id) return damaged(0, `the header is that of segment ${own}`);
  const settings = text.toString();
  if (settings.includes('encCipher')) return { kind: 'closed', why: 'is encrypted' };
  return { end, compressed: settings.includes('compressionClass') };
}

function markerChecksum(id: bigint, at: number): number {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(Number(id & 0xffffffffn), 0);
  numbers.writeUInt32BE(Number((id >> 32n) & 0xffffffffn), 4);
  numbers.writeInt32BE(at, 8);
  return crc32(numbers);
}

/** Null where it is right. */
function checkMarker(id: bigint, file: Buffer, at: number): SegmentCheck | null {
  const end = file.readInt32BE(at);
  if (file.readUInt32BE(at + 4) !== markerChecksum(id, at)) return damaged(at, 'a sync marker is wrong');
  if (end >= at + MARKER && end <= file.length) return null;
  return damaged(at, 'a sync marker leads out of the file: its end is missing');
}

/** How many mutations are behind the marker; a size of zero ends them. */
function checkSection(file: Buffer, marker: number): number | SegmentCheck {
  const end = file.readInt32BE(marker);
  let count = 0;
  for (let at = marker + MARKER; end - at >= 4; count++) {
    const size = file.readInt32BE(at);
    if (size === 0) break;
    if (size < SMALLEST_MUTATION || at + OVERHEAD + size > end)
      return damaged(at, 'the size of a mutation is wrong');
    const sum = crc32(file.subarray(at, at + 4));
    if (file.readUInt32BE(at + 4) !== sum) return damaged(at, 'the checksum of a size is wrong');
    const body = file.subarray(at + 8, at + 8 + size);
    if (file.readUInt32BE(at + 8 + size) !== crc32(body, sum))
      return damaged(at, 'the checksum of a mutation is wrong');
    at += OVERHEAD + size;
  }
  return count;
}

const isZero = (file: Buffer, at: number) => file.readInt32BE(at) === 0 && file.readInt32BE(at + 4) === 0;

const damaged = (at: number, why: string): SegmentCheck => ({ kind: 'damaged', at, why });
