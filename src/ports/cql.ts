import type { Log, Permission, Trigger } from '../domain/backup/manifest.ts';
import type { DataSettings } from '../domain/cluster/data-directories.ts';
import type { Datacenter, Node } from '../domain/cluster/topology.ts';
import type { SchemaObject } from '../domain/schema/schema.ts';
import type { SchemaSettings } from '../domain/schema/schema-settings.ts';

/** As PEM. */
export interface CqlTls {
  readonly ca: string;
  /** Where Cassandra asks clients for certificates. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Whom a node's certificate has to name, besides being one of the CA. */
export interface CqlIdentity {
  /** `name`: it names a node. `auto`: if it names anybody. `ca`: the CA alone vouches. */
  readonly verify: 'auto' | 'name' | 'ca';
  /** Instead of the nodes' own: any of these. */
  readonly names: readonly string[];
}

/** Where credentials come from. */
export interface CredentialOrigin {
  /** Such as `secret ns/name`. */
  readonly called: string;
  /** When it was last changed, ISO 8601; null where that is not known. */
  readonly changedAt: string | null;
}

export interface Credentials {
  readonly origin?: CredentialOrigin | undefined;
  readonly username: string;
  readonly password: string;
  /** Where the cluster's clients are to use it. */
  readonly tls?: CqlTls;
  /** What is noted of its nodes' certificates. */
  readonly identity?: CqlIdentity | undefined;
}

export interface Batches {
  readonly count: number;
  /** Id of the newest one, a time UUID; empty where there is none. */
  readonly newest: string;
}

/** Indexes of one table that a node has not built whole. */
export interface IndexBuild {
  /** Names of the indexes that are not built. */
  readonly unbuilt: readonly string[];
  /** What the running builds have done so far, in whatever they count; null where none runs. */
  readonly progress: number | null;
}

/** An incremental repair as one node keeps it, for as long as its ranges were not repaired since. */
export interface RepairSession {
  readonly id: string;
  /** Ids of the tables, with hyphens. */
  readonly tables: readonly string[];
  /** Successful or not, this node has nothing more to do for it than to move SSTables. */
  readonly ended: boolean;
}

/** A superuser's CQL session with one cluster. Identifiers are quoted by the caller that writes the statement. */
export interface CqlSession {
  /** Of the name and password that were accepted; undefined where that is not known. */
  readonly origin?: CredentialOrigin | undefined;
  /**
   * `DESCRIBE SCHEMA WITH INTERNALS`, its create statements in order; system keyspaces are not in it. Each says all that makes its
   * object: the implementation of an index where the release can name it, a table with COMPACT STORAGE not as a comment.
   */
  describeSchema(): Promise<readonly string[]>;
  /** Table and view ids by `keyspace.name`, unquoted. */
  tableIds(): Promise<ReadonlyMap<string, string>>;
  /** Triggers of users' tables, which are not in `describeSchema`. */
  triggers(): Promise<readonly Trigger[]>;
  /** All rows of `system_auth.role_permissions`. */
  permissions(): Promise<readonly Permission[]>;
  /** Names of all roles. */
  roles(): Promise<readonly string[]>;
  /** What the node that `change` talks to can make and keep of a schema. */
  schemaSettings(): Promise<SchemaSettings>;
  /** Where a node keeps its data, and what it replays at its start; of the logs one that a release does not name is missing. */
  directories(node: Node): Promise<DataSettings & { readonly logs: ReadonlyMap<Log, string> }>;
  /** Views of which this node has built its part: `keyspace.name`, unquoted. */
  builtViews(node: Node): Promise<ReadonlySet<string>>;
  /**
   * Have a view of this name, whether it is there or not, count as built on this node, for ten minutes at most, or as not built: then
   * Cassandra builds it at the next change of its keyspace.
   */
  countAsBuilt(node: Node, view: Pick<SchemaObject, 'keyspace' | 'name'>, built: boolean): Promise<void>;
  /** What running builds of views have done so far on this node, in whatever they count: it grows as long as they get on. */
  viewProgress(node: Node): Promise<number>;
  /**
   * Files of hints that this node keeps for others, by host id; without those of the last seconds. Empty where the release does not
   * report it (4.0).
   */
  pendingHints(node: Node): Promise<ReadonlyMap<string, number>>;
  /** How often this node has written to each table since it started, by `keyspace.name`, unquoted. */
  writes(node: Node): Promise<ReadonlyMap<string, number>>;
  /** Batches that wait on this node to be replayed, or whose writes have not all been answered yet; those up to `newest`. */
  batches(node: Node, newest?: string): Promise<Batches>;
  /**
   * Ids of the tables of whose lightweight transactions this node keeps the outcome (`system.paxos`); null where it keeps
   * so many that it would take too long to look through them.
   */
  paxosTables(node: Node): Promise<ReadonlySet<string> | null>;
  /** Tables, `keyspace.name` unquoted, whose indexes this node is building or has not built. Loading builds those of what it loads. */
  indexBuilds(node: Node): Promise<ReadonlyMap<string, IndexBuild>>;
  /** Incremental repairs that this node has taken part in (`system.repairs`). */
  repairs(node: Node): Promise<readonly RepairSession[]>;
  /** Whether this node is writing a memtable to its disk. */
  isFlushing(node: Node): Promise<boolean>;
  /** The other nodes that this one would greet at its next start: host id by address (`plainAddress`). */
  peers(node: Node): Promise<ReadonlyMap<string, string>>;
  /** When the node's Cassandra started, as its gossip generation. */
  gossipGeneration(node: Node): Promise<number>;
  /** The node's record of when tables were last truncated, as hexadecimal, by table id without hyphens. */
  truncations(node: Node): Promise<ReadonlyMap<string, string>>;
  /**
   * Run a schema or permission statement on one and the same coordinator, without waiting for agreement.
   * Not retried; statements are written so that a repetition is harmless (`IF EXISTS`).
   * @throws CQL, a `RefusedStatement` where Cassandra does not accept it
   */
  change(statement: string): Promise<void>;
  /** Remove a table's rows on all nodes; every node must be up. Idempotent. */
  truncate(keyspace: string, table: string): Promise<void>;
  /** Whether a table has no row on any replica. */
  isEmpty(keyspace: string, table: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Opens sessions; knows the credentials and keeps them to itself. */
export interface Cql {
  /** @throws CREDENTIALS where Cassandra does not accept them, NODE_DOWN where no node answers. */
  open(datacenters: readonly Datacenter[]): Promise<CqlSession>;
}
