/** Why a node's Cassandra does not come up, as its log says. */
export interface StartFailure {
  /** Whether the files in the volume are why: then a cold restore mends it, and nothing else is sure to. */
  readonly dirty: boolean;
  /** Such as `a corrupt commit log`. */
  readonly what: string;
  /** The line of the log that says so. */
  readonly evidence: string;
}

interface Sign {
  readonly pattern: RegExp;
  readonly what: string;
  readonly dirty: boolean;
}

/**
 * What Cassandra (4.0 to 5.0) says before it ends. Reasons that a cold restore does not mend come first: a full disk or a
 * lack of memory makes files unreadable, too.
 */
const SIGNS: readonly Sign[] = [
  { pattern: /No space left on device|Insufficient disk space/, what: 'a full disk', dirty: false },
  { pattern: /OutOfMemoryError|Cannot allocate memory/, what: 'a lack of memory', dirty: false },
  {
    pattern:
      /Too many open files|Insufficient permissions on directory|AccessDeniedException|\(Permission denied\)/,
    what: 'rights or limits of the operating system',
    dirty: false,
  },
  {
    pattern: /ConfigurationException|Invalid yaml|YAMLException|Cannot start node if snitch/,
    what: 'its configuration',
    dirty: false,
  },
  { pattern: /BindException|Address already in use/, what: 'an address that is taken', dirty: false },
  {
    pattern: /A node with address \S+ already exists, cancelling join/,
    what: 'an address that another node of the ring had before (delete the pod: the next one gets another address)',
    dirty: false,
  },
  {
    pattern: /Unable to gossip with any (peers|seeds)|collides with/,
    what: 'the other nodes',
    dirty: false,
  },
  {
    pattern:
      /UnsupportedClassVersionError|Invalid SSTable .* upgradesstables|Could not find or load main class/,
    what: 'its program',
    dirty: false,
  },
  {
    pattern: /CommitLogRe(play|ad)Exception|error while processing commit log|[Cc]ould not read commit ?log/,
    what: 'a corrupt commit log',
    dirty: true,
  },
  { pattern: /CorruptSSTableException|Corrupt sstable/, what: 'a corrupt SSTable', dirty: true },
  { pattern: /transaction log files?, please/i, what: 'a torn transaction log', dirty: true },
  {
    pattern: /This may be due to corruption|No partition columns found/,
    what: 'torn schema tables',
    dirty: true,
  },
  { pattern: /Checksum.*hints|hints descriptor/i, what: 'a corrupt hints file', dirty: true },
  { pattern: /FSReadError|FSWriteError/, what: 'unreadable files', dirty: true },
];

/** Said at every start, so that what is before the last one is of an earlier process. */
const BEGIN = /Configuration location:|Loading settings from/g;

/** What is left are errors, and the exceptions that are logged with them. */
const HARMLESS = /^\s*(TRACE|DEBUG|INFO|WARN)\b/;

/**
 * Why the last start in the log failed; null where it does not say, or where Cassandra has come up.
 * @param log its end, in lines
 */
export function diagnose(log: string): StartFailure | null {
  const begin = [...log.matchAll(BEGIN)].at(-1)?.index;
  if (begin === undefined) return null;
  const lines = log.slice(begin).split('\n');
  if (lines.some((line) => line.includes('Startup complete'))) return null;
  const errors = lines.filter((line) => !HARMLESS.test(line));
  for (const { pattern, what, dirty } of SIGNS) {
    const line = errors.find((l) => pattern.test(l));
    if (line !== undefined) return { dirty, what, evidence: line.trim().slice(0, 300) };
  }
  return null;
}
