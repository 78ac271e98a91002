import { crc32 } from 'node:zlib';
import { skipSlice } from './clustering-slice.ts';
import { Fields } from './fields.ts';
import type { ComponentName } from './sstable.ts';

/*
 * `Statistics.db` of an SSTable, as far as it says whether its rows are repaired.
 * Source: Cassandra's `MetadataSerializer`, `StatsMetadata` and the versions of `BigFormat` and `BtiFormat` (4.0 to 5.0).
 */

/** Ordinal of `MetadataType.STATS`. */
const STATS = 2;
const CHECKSUM = 4;
const UUID = 16;

/** What a release writes into the statistics, by the version in the SSTable's name. */
interface Layout {
  readonly hasChecksums: boolean;
  readonly hasCommitLogLowerBound: boolean;
  readonly hasCommitLogIntervals: boolean;
  /** A session that it belongs to, and whether it is on a transient replica. */
  readonly hasPendingRepair: boolean;
  readonly hasHostId: boolean;
  /** Since 5.0: clustering types and a slice instead of two lists, deletion times of 4 bytes, keys, coverage. */
  readonly isOfFive: boolean;
}

/** Null for a version that kassette does not know. */
function layoutOf({ version, format }: Pick<ComponentName, 'version' | 'format'>): Layout | null {
  const isOfFive = (format === 'big' && version === 'oa') || (format === 'bti' && version === 'da');
  if (!isOfFive && !(format === 'big' && /^(m[a-f]|n[a-c])$/.test(version))) return null;
  const isOfFour = isOfFive || version >= 'na';
  return {
    ...{ hasChecksums: isOfFour, hasPendingRepair: isOfFour, isOfFive },
    ...{ hasCommitLogLowerBound: version !== 'ma', hasCommitLogIntervals: !/^m[ab]$/.test(version) },
    hasHostId: isOfFive || version >= 'nb' || /^m[e-z]$/.test(version),
  };
}

/** Where the repaired state is, within the statistics. */
interface Place {
  readonly repairedAt: number;
  /** The byte that says whether a session follows; null where the version has none. */
  readonly pending: number | null;
}

/** That the file cannot be read: of a version that is not known, or damaged. */
export class UnreadableStatistics extends Error {}

/**
 * The same statistics, but of an SSTable whose rows are not repaired and belong to no session; null where that is so already.
 * @param name of the file
 * @throws UnreadableStatistics
 */
export function unrepaired(name: Pick<ComponentName, 'version' | 'format'>, file: Buffer): Buffer | null {
  const layout = layoutOf(name);
  if (layout === null) throw new UnreadableStatistics(`SSTables of version ${name.version} are not known`);
  try {
    return rewritten(layout, file);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UnreadableStatistics(cause.message, { cause });
  }
}

function rewritten(layout: Layout, file: Buffer): Buffer | null {
  const components = componentsOf(layout, file);
  const stats = components.find((c) => c.type === STATS);
  if (stats === undefined) throw new RangeError('there are no statistics');
  const { repairedAt, pending } = placeIn(layout, stats.bytes);
  const isPending = pending !== null && stats.bytes[pending] !== 0;
  const isTransient = pending !== null && stats.bytes[pending + (isPending ? UUID : 0) + 1] !== 0;
  if (stats.bytes.readBigInt64BE(repairedAt) === 0n && !isPending && !isTransient) return null;
  const changed = Buffer.from(stats.bytes);
  changed.writeBigInt64BE(0n, repairedAt);
  if (pending === null) return assembled(layout, components, changed);
  const rest = pending + 1 + (isPending ? UUID : 0) + 1;
  const ended = Buffer.concat([changed.subarray(0, pending), Buffer.of(0, 0), changed.subarray(rest)]);
  return assembled(layout, components, ended);
}

interface Component {
  readonly type: number;
  readonly bytes: Buffer;
}

/** Number of components, type and position of each, the components; each of the three with its checksum, where there are some. */
function componentsOf({ hasChecksums }: Layout, file: Buffer): readonly Component[] {
  const fields = new Fields(file);
  const check = (sum: number) => {
    if (hasChecksums && fields.int() !== (sum | 0)) throw new RangeError('a checksum is wrong');
  };
  const count = fields.int();
  let sum = crc32(file.subarray(0, 4));
  check(sum);
  const start = fields.at;
  const entries = Array.from({ length: count }, () => ({ type: fields.int(), at: fields.int() }));
  sum = crc32(file.subarray(start, fields.at), sum);
  check(sum);
  const ends = [...entries.slice(1).map((e) => e.at), file.length];
  return entries.map(({ type, at }, i) => {
    const end = (ends[i] ?? 0) - (hasChecksums ? CHECKSUM : 0);
    if (at !== fields.at || end < at) throw new RangeError('a component is in another place');
    const bytes = file.subarray(at, end);
    fields.skip(bytes.length);
    check(crc32(bytes));
    return { type, bytes };
  });
}

/** The opposite, with other statistics. */
function assembled({ hasChecksums }: Layout, components: readonly Component[], stats: Buffer): Buffer {
  const all = components.map((c) => (c.type === STATS ? { ...c, bytes: stats } : c));
  const checked = (bytes: Buffer, sum = crc32(bytes)) => (hasChecksums ? [bytes, int(sum)] : [bytes]);
  const extra = hasChecksums ? CHECKSUM : 0;
  let at = 4 + extra + 8 * all.length + extra;
  const toc = all.map(({ type, bytes }) => {
    const entry = Buffer.concat([int(type), int(at)]);
    at += bytes.length + extra;
    return entry;
  });
  const count = int(all.length);
  const table = Buffer.concat(toc);
  return Buffer.concat([
    ...checked(count),
    ...checked(table, crc32(table, crc32(count))),
    ...all.flatMap(({ bytes }) => checked(bytes)),
  ]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

/** @throws RangeError where the fields do not end where the statistics do: then they are not what they are taken for */
function placeIn(layout: Layout, stats: Buffer): Place {
  const fields = new Fields(stats);
  // Partition sizes, cells in partitions.
  for (let n = 0; n < 2; n++) fields.skip(fields.int() * 16);
  // Upper bound of the commit log, timestamps, deletion times, TTLs, compression ratio; the histogram's maximum.
  fields.skip(12 + 8 + 8 + 4 + 4 + 4 + 4 + 8 + 4);
  const tombstones = fields.int();
  fields.skip(tombstones * (layout.isOfFive ? 12 : 16));
  fields.skip(4);
  const repairedAt = fields.at;
  fields.skip(8);
  if (layout.isOfFive) skipSlice(fields);
  else skipClusterings(fields);
  // Whether there are legacy counter shards; columns and rows.
  fields.skip(1 + 8 + 8);
  if (layout.hasCommitLogLowerBound) fields.skip(12);
  if (layout.hasCommitLogIntervals) fields.skip(fields.int() * 24);
  const pending = layout.hasPendingRepair ? fields.at : null;
  if (pending !== null) {
    skipOptionalUuid(fields);
    flag(fields);
  }
  if (layout.hasHostId) skipOptionalUuid(fields);
  if (layout.isOfFive) skipEndOfFive(fields, stats, tombstones);
  if (fields.at !== stats.length) throw new RangeError('the statistics are longer than their fields');
  return { repairedAt, pending };
}

/** The first and the last ones' values. */
function skipClusterings(fields: Fields): void {
  for (let n = 0; n < 2; n++) for (let left = fields.int(); left > 0; left--) fields.skip(fields.short());
}

function skipEndOfFive(fields: Fields, stats: Buffer, tombstones: number): void {
  flag(fields);
  // The first and the last key, coverage.
  for (let n = 0; n < 2; n++) fields.vintBytes();
  fields.skip(8);
  // 5.0 makes room for the histogram as it was before, and leaves that empty.
  const room = stats.subarray(fields.at, fields.at + tombstones * 4);
  if (room.some((byte) => byte !== 0)) throw new RangeError('there is something behind the end');
  fields.skip(tombstones * 4);
}

function flag(fields: Fields): boolean {
  const value = fields.byte();
  if (value > 1) throw new RangeError('a flag is neither set nor not');
  return value === 1;
}

function skipOptionalUuid(fields: Fields): void {
  if (flag(fields)) fields.skip(UUID);
}
