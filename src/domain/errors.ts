import { type Hint, hintText } from './hint.ts';

/**
 * The closed catalogue of errors. `exit` is the process's exit status; `docs/reference/errors.md` lists the same table and a test
 * compares the two. 1 is kept for faults of kassette itself, 2 for wrong usage, 3 for a Node.js that cannot run it.
 */
export const CATALOGUE = {
  INTERNAL: { exit: 1, summary: 'A fault in kassette itself.' },
  USAGE: { exit: 2, summary: 'The command line is wrong.' },
  OLD_NODE: { exit: 3, summary: 'Node.js is older than what kassette needs.' },
  NOT_FOUND: { exit: 10, summary: 'No such datacenter or K8ssandraCluster, or no datacenter at all.' },
  CLUSTER_UNREACHABLE: { exit: 11, summary: 'The configuration or API of the cluster cannot be used.' },
  BUSY: { exit: 12, summary: 'Another kassette run holds the lease.' },
  TIMEOUT: { exit: 13, summary: 'A wait reached its time limit.' },
  INTERRUPTED: { exit: 14, summary: 'The run was asked to stop.' },
  FORBIDDEN: { exit: 15, summary: 'Kubernetes does not allow a call that kassette needs.' },
  LEASE_LOST: { exit: 16, summary: 'The lease could not be kept, so the run stopped.' },
  CONNECTION_CUT: { exit: 17, summary: 'A connection to a pod was lost and could not be re-established.' },
  CLUSTER_ELSEWHERE: {
    exit: 18,
    summary: 'The cluster, or one of the same name, runs in another namespace.',
  },
  NOT_READY: { exit: 19, summary: 'A datacenter is stopped, being created, scaled or upgraded.' },
  NODE_DOWN: { exit: 20, summary: 'A node is not UP and NORMAL.' },
  NODE_NOT_RUNNING: { exit: 21, summary: "A node's Cassandra is stopped or still starting." },
  SCHEMA_DISAGREEMENT: { exit: 22, summary: 'The nodes do not agree on one schema version.' },
  SCHEMA_CHANGING: { exit: 23, summary: 'The schema kept changing while the backup was made.' },
  NODE_OPERATION: { exit: 24, summary: 'A node refused or failed an operation.' },
  NODE_SHELL: { exit: 25, summary: "A script on a node's files failed." },
  CREDENTIALS: { exit: 26, summary: 'Cassandra did not accept the credentials.' },
  CQL: { exit: 27, summary: 'A CQL statement failed.' },
  PARTIAL_CLUSTER: { exit: 28, summary: 'The ring has nodes that this run does not cover.' },
  RESTORE_PENDING: { exit: 29, summary: 'The volumes hold a backup that seems to wait for its restore.' },
  NO_BACKUP: { exit: 30, summary: 'No backup in the volumes.' },
  BACKUP_INCOMPLETE: { exit: 31, summary: 'The backup has no complete marker on some node.' },
  BACKUP_AMBIGUOUS: { exit: 32, summary: 'Several complete backups and no --tag.' },
  MANIFEST_DAMAGED: { exit: 33, summary: 'A manifest or saved schema cannot be read or was altered.' },
  MANIFEST_NEWER: { exit: 34, summary: 'The backup was written by a newer kassette.' },
  WRONG_CLUSTER: { exit: 35, summary: 'The backup is of another cluster, node or ring.' },
  FILES_DAMAGED: { exit: 36, summary: 'Files of the backup are missing or altered.' },
  OLDER_CASSANDRA: { exit: 37, summary: 'Cassandra is older than the one that wrote the backup.' },
  NO_SPACE: { exit: 38, summary: 'Not enough free space on a volume.' },
  SCHEMA_UNREADABLE: { exit: 39, summary: 'A statement of the saved schema cannot be understood.' },
  VERIFY_FAILED: { exit: 40, summary: 'After loading, a table is not what the backup says.' },
  SETUP_WRONG: { exit: 41, summary: 'doctor found problems that make backups or restores fail.' },
  SETUP_UNKNOWN: { exit: 42, summary: 'doctor found no problem, but could not check everything.' },
  BACKUP_OPEN: { exit: 43, summary: "Another run's backup is open: its volumes are being copied." },
  VOLUME_IN_USE: { exit: 46, summary: 'Cassandra runs on the volume, or a pod uses its claim.' },
  NO_VOLUME: { exit: 47, summary: 'No such directory or claim, or not the volume of a node.' },
  SYSTEM_TABLES: {
    exit: 48,
    summary: 'The backup cannot be restored cold: some of its files are outside the volume.',
  },
  STARTED_SINCE: { exit: 49, summary: 'Cassandra has run on the volume since it was restored cold.' },
  VOLUME_FILES: { exit: 50, summary: "An operation on a volume's files failed." },
  DIRTY_VOLUMES: { exit: 51, summary: 'Cassandra does not start because of what is on its volume.' },
  JOB_FAILED: { exit: 52, summary: 'A Job of kassette could not be run, or its answer is lost.' },
  NO_SUCH_TABLE: { exit: 53, summary: 'The backup has no such keyspace or table.' },
  SCHEMA_CONFLICT: {
    exit: 54,
    summary: 'The selected tables do not fit the live schema without touching others.',
  },
  MERGE_REFUSED: { exit: 55, summary: 'Rows of the backup cannot be added to that table.' },
  TARGET_EXISTS: { exit: 56, summary: 'The table to restore into under another name exists already.' },
  NOT_CREATABLE: { exit: 57, summary: 'The nodes refuse to create an object of the backup.' },
  UNSAFE_VOLUME: { exit: 58, summary: 'A volume holds a link or a file that kassette never makes.' },
  WRONG_IDENTITY: { exit: 59, summary: 'A node showed a certificate that names somebody else.' },
  TABLES_TRUNCATED: { exit: 60, summary: 'Tables kept being truncated while the backup was made.' },
  TIME_LIMIT: { exit: 61, summary: 'The run would be ended before it has read what it must.' },
  DATA_DIRECTORY: { exit: 64, summary: 'A data directory is laid out as kassette cannot handle it.' },
  UNSUPPORTED_SERVER: {
    exit: 65,
    summary: 'The nodes run a database or release that kassette does not know.',
  },
  DATACENTER_CHANGED: {
    exit: 66,
    summary: 'A datacenter does not fit its volumes, or was changed while it was restored cold.',
  },
  REWIND_PENDING: { exit: 67, summary: 'A rewind has begun and not ended, or was not accepted.' },
  REWIND_UNSUPPORTED: { exit: 68, summary: 'A rewind of this cluster is not possible.' },
  NO_BASE: { exit: 69, summary: 'No backup in the volumes from which the target can be reached.' },
  LOG_GAP: { exit: 70, summary: 'The archived commit log does not go on to the target.' },
  REPLAY_FAILED: { exit: 71, summary: 'A node could not replay its commit log.' },
} as const;

export type ErrorCode = keyof typeof CATALOGUE;

/** An error of the catalogue. `message` says what and where; `advice` the way out. Neither may hold a secret. */
export class KassetteError extends Error {
  readonly code: ErrorCode;
  readonly advice: Hint;
  /** The advice as text, its commands without what says where the user works. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, advice: Hint, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'KassetteError';
    this.code = code;
    this.advice = advice;
    this.hint = hintText(advice);
  }

  get exit(): number {
    return CATALOGUE[this.code].exit;
  }
}

/** NOT_FOUND where no name is wrong: there is no datacenter, or no namespace for one, which before a restore is as it should be. */
export class NothingYet extends KassetteError {
  constructor(message: string, advice: Hint, options?: { cause?: unknown }) {
    super('NOT_FOUND', message, advice, options);
  }
}

/** CQL where Cassandra itself answers that it does not accept the statement: the same statement will not do later, either. */
export class RefusedStatement extends KassetteError {
  /** Cassandra's own words. */
  readonly why: string;

  constructor(why: string, message: string, advice: Hint, options?: { cause?: unknown }) {
    super('CQL', message, advice, options);
    this.why = why;
  }
}

/** CREDENTIALS where Cassandra does not accept name and password. */
export class RejectedCredentials extends KassetteError {
  /** When what they come from was last changed, ISO 8601; null where that is not known. */
  readonly changedAt: string | null;

  constructor(changedAt: string | null, message: string, advice: Hint, options?: { cause?: unknown }) {
    super('CREDENTIALS', message, advice, options);
    this.changedAt = changedAt;
  }
}
