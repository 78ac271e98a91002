import { crc32 } from 'node:zlib';
import { hasMutation, hasSection, isMarker, isZero, MARKER, OVERHEAD, wrongSize } from './log-format.ts';

/*
 * A segment of the commit log, read as Cassandra does before it replays it (`CommitLogDescriptor`, `CommitLogSegmentReader`, `CommitLogReader` of 5.0):
 * a header, sections behind sync markers, mutations in them, each with a checksum.
 */

export type SegmentCheck =
  /**
   * `mutations`: null where it is compressed: its sections are all there, and what is in them Cassandra checks when it replays them. `bytes`: of what is in
   * its sections, not compressed.
   */
  | { readonly kind: 'whole'; readonly mutations: number | null; readonly bytes: number }
  /** Made in advance: nothing was written to it. */
  | { readonly kind: 'empty' }
  /** Encrypted, or of another version: it is not looked into. */
  | { readonly kind: 'closed'; readonly why: string }
  | Damage;

export interface Damage {
  readonly kind: 'damaged';
  readonly at: number;
  readonly why: string;
  /** Whether the end of the node may have left it so: nothing lies behind it, and a replay leaves it out. */
  readonly torn: boolean;
}

/** Versions that 4.0 and 5.0 write; of another one nothing is known. */
const VERSIONS: ReadonlySet<number> = new Set([7, 8]);
const HEADER = 4 + 8 + 2;
/** Places in a segment are Java ints, also before it is compressed. */
const LONGEST = 2 ** 31 - 1;

/** @param id that of the file's name, which must be the header's, too */
export function checkSegment(id: bigint, file: Buffer): SegmentCheck {
  const header = checkHeader(id, file);
  if ('kind' in header) return header;
  const { end: start, compressed } = header;
  // Room is made in advance for what is not compressed.
  if (file.length < start + MARKER)
    return compressed ? { kind: 'empty' } : damaged(0, 'the header is not whole', true);
  let [mutations, bytes, at] = [0, 0, start];
  for (; at + MARKER <= file.length && !isZero(file, at); at = file.readInt32BE(at)) {
    const found =
      checkMarker(id, file, at) ??
      (compressed ? checkCompressed(file, at, bytes) : checkSection(id, file, at));
    if (found.kind === 'damaged') return found;
    mutations += found.mutations;
    bytes += found.bytes;
  }
  // A replay ends at the first marker that is zero.
  if (hasSection(id, file, at)) return damaged(at, 'a sync marker is missing', false);
  if (at === start) return { kind: 'empty' };
  return { kind: 'whole', mutations: compressed ? null : mutations, bytes };
}

interface Header {
  /** Where the sections begin. */
  readonly end: number;
  readonly compressed: boolean;
}

function checkHeader(id: bigint, file: Buffer): Header | SegmentCheck {
  if (file.length < HEADER) return damaged(0, 'the header is not whole', true);
  const length = file.readUInt16BE(12);
  const end = HEADER + length + 4;
  if (file.length < end) return damaged(0, 'the header is not whole', !hasSection(id, file, HEADER));
  const version = file.readInt32BE(0);
  const own = file.readBigInt64BE(4);
  const numbers = Buffer.alloc(16);
  numbers.writeInt32BE(version, 0);
  numbers.writeUInt32BE(Number(own & 0xffffffffn), 4);
  numbers.writeUInt32BE(Number((own >> 32n) & 0xffffffffn), 8);
  numbers.writeInt32BE(length, 12);
  const text = file.subarray(HEADER, HEADER + length);
  if (file.readUInt32BE(end - 4) !== crc32(text, crc32(numbers)))
    return damaged(
      0,
      'the checksum of the header is wrong',
      file.subarray(end).every((byte) => byte === 0),
    );
  if (!VERSIONS.has(version)) return { kind: 'closed', why: `is of version ${version}` };
  if (own !== id) return damaged(0, `the header is that of segment ${own}`, false);
  const settings = text.toString();
  if (settings.includes('encCipher')) return { kind: 'closed', why: 'is encrypted' };
  return { end, compressed: settings.includes('compressionClass') };
}

/** Null where it is right. */
function checkMarker(id: bigint, file: Buffer, at: number): Damage | null {
  const end = file.readInt32BE(at);
  // A replay ends with an error there, whatever follows.
  if (!isMarker(id, file, at)) return damaged(at, 'a sync marker is wrong', false);
  if (end >= at + MARKER && end <= file.length) return null;
  const why = 'a sync marker leads out of the file: its end is missing';
  return damaged(at, why, !hasSection(id, file, at + MARKER));
}

interface Section {
  readonly kind: 'section';
  readonly mutations: number;
  readonly bytes: number;
}

/** Before what is compressed is how long it was. @param before what the sections before have */
function checkCompressed(file: Buffer, marker: number, before: number): Section | Damage {
  const at = marker + MARKER;
  const bytes = file.readInt32BE(marker) - at < 4 ? -1 : file.readInt32BE(at);
  if (bytes < 0 || before + bytes > LONGEST) return damaged(at, 'the length of a section is wrong', false);
  return { kind: 'section', mutations: 0, bytes };
}

/** The mutations that are behind the marker; a size of zero ends them. */
function checkSection(id: bigint, file: Buffer, marker: number): Section | Damage {
  const end = file.readInt32BE(marker);
  let count = 0;
  for (let at = marker + MARKER; end - at >= 4; count++) {
    const size = file.readInt32BE(at);
    if (size === 0 && !isFollowed(id, file, at + 4, end)) break;
    const wrong = wrongSize(file, at, end);
    if (wrong !== null) return damaged(at, wrong, !isFollowed(id, file, at + 1, end));
    const next = at + OVERHEAD + size;
    if (
      file.readUInt32BE(next - 4) !== crc32(file.subarray(at + 8, next - 4), crc32(file.subarray(at, at + 4)))
    )
      return damaged(at, 'the checksum of a mutation is wrong', !isFollowed(id, file, next, end));
    at = next;
  }
  return { kind: 'section', mutations: count, bytes: end - marker - MARKER };
}

/** Whether there is more behind damage in a section. What lies behind its last sync marker is not replayed anyway. */
const isFollowed = (id: bigint, file: Buffer, from: number, end: number) =>
  hasMutation(file, from, end) || hasSection(id, file, from);

const damaged = (at: number, why: string, torn: boolean): Damage => ({ kind: 'damaged', at, why, torn });
