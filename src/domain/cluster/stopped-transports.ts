/** What a node's log says where Cassandra runs but has stopped serving clients and other nodes. */
export interface StoppedTransports {
  /** The line that says so. */
  readonly evidence: string;
  /** The failure before it; null where the log does not say. */
  readonly cause: string | null;
}

/** Said where `disk_failure_policy` or `commit_failure_policy` is `stop` (Cassandra 4.0 to 5.0). */
const STOPPED = /\bStopping transports\b|\bStopping gossiper\b/;
/** Said at every start, and where an operator switches them on again. */
const BACK =
  /Configuration location:|Loading settings from|Starting gossip by operator request|Starting listening for CQL clients/;
const CAUSE =
  /FSWriteError|FSReadError|CorruptSSTableException|No space left on device|FileSystemException|NoSuchFileException|Failed to persist|IOException/;
/** Where in Java's code it was: names like `rethrowAsIOException`, but never the file. */
const FRAME = /^\s+at /;
/** How far before the line its cause is looked for. */
const BEFORE = 200;
const LONGEST = 300;

/**
 * Whether Cassandra has stopped its transports since it was started. Its pod stays ready and the management API answers all the
 * same, so that only the ring and the log show it.
 * @param log its end, in lines
 */
export function stoppedTransports(log: string): StoppedTransports | null {
  const lines = log.split('\n');
  const last = lines.findLastIndex((line) => STOPPED.test(line));
  if (last < 0 || lines.slice(last).some((line) => BACK.test(line))) return null;
  // The first line of those that say so: the policy, before what it stops.
  let first = last;
  for (let i = last; i >= Math.max(0, last - BEFORE); i--) if (STOPPED.test(lines[i] ?? '')) first = i;
  const cause = lines
    .slice(Math.max(0, first - BEFORE), first)
    .findLast((line) => CAUSE.test(line) && !FRAME.test(line));
  const short = (line: string) => line.trim().slice(0, LONGEST);
  return { evidence: short(lines[first] ?? ''), cause: cause === undefined ? null : short(cause) };
}
