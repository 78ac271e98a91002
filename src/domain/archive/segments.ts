/**
 * A segment of Cassandra's commit log, as a volume has it: in the archive, `kassette/commitlog/<name>`, or still in the commit log
 * directory. An archived one has ended: Cassandra archives it after its last sync, and never writes to it again.
 */
export interface Segment {
  readonly name: string;
  /** Of the file's name. Milliseconds of the node's start for its first segment, and one more for each that follows. */
  readonly id: bigint;
  readonly bytes: number;
  /** When the file was last written, milliseconds since 1970: for one that has ended, the time of its last sync. */
  readonly modifiedAt: number;
}

/** Cassandra's `CommitLogDescriptor`: `CommitLog-<version>-<id>.log`. Of 3.0 and later; a name without a version is older. */
const NAME = /^CommitLog-(\d{1,4})-(\d{1,19})\.log$/;
/** A Java long. */
const HIGHEST = 2n ** 63n - 1n;

/** The id in a segment's name; null where Cassandra would not take it for one. */
export function parseSegmentName(name: string): bigint | null {
  const id = NAME.exec(name)?.[2];
  if (id === undefined) return null;
  const value = BigInt(id);
  return value > HIGHEST ? null : value;
}

/** The order in which Cassandra replays: by id (`CommitLogSegment.CommitLogSegmentFileComparator`). */
export function byId(a: Segment, b: Segment): number {
  if (a.id === b.id) return a.name < b.name ? -1 : Number(a.name > b.name);
  return a.id < b.id ? -1 : 1;
}
