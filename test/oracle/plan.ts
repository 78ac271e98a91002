/*
 * What one round does, as a value: it follows from its seed alone, is printed, and can be shortened by hand. Nodes are named by their
 * number, tables by what they are for; each kind of cluster makes of them what it has.
 */

/** The round's own tables. Only lightweight transactions write to `registers`, only additions to `counts`. */
export type OwnTable = 'rows' | 'typed' | 'registers' | 'counts';

export interface PlannedSchema {
  /** Replicas of all tables but `registers`, which has three. */
  readonly factor: 2 | 3;
  readonly compaction: 'size' | 'leveled' | 'window' | 'unified';
  /** Index of `rows`. */
  readonly index: 'none' | 'legacy' | 'attached';
  /** Whether `rows` has a view. */
  readonly view: boolean;
  readonly functions: boolean;
  /** Tables of the test data set, `keyspace.name`, with their rows. */
  readonly parts: readonly string[];
}

/** What the configuration no longer allows to create. */
export type Forbidden = 'functions' | 'views' | 'indexes';

/** Rows are numbered: `count` of them, from `from` on. */
export interface Range {
  readonly from: number;
  readonly count: number;
}

export type Action =
  | ({
      readonly do: 'put';
      readonly table: 'rows' | 'typed';
      readonly version: number;
      readonly days: number | null;
    } & Range)
  | ({ readonly do: 'remove'; readonly what: 'row' | 'cells' | 'partition' | 'range' } & Range)
  | ({ readonly do: 'batch'; readonly version: number; readonly logged: boolean } & Range)
  /** `without`: that node is down meanwhile, and the hints for it are lost. */
  | ({ readonly do: 'compare and set'; readonly version: number; readonly without: number | null } & Range)
  | ({ readonly do: 'add'; readonly by: number } & Range)
  | { readonly do: 'flush' }
  | { readonly do: 'compact' }
  | { readonly do: 'repair' }
  | { readonly do: 'serial reads' }
  | { readonly do: 'truncate' | 'drop' | 'recreate' | 'alter'; readonly table: OwnTable }
  | { readonly do: 'drop index' | 'drop view' | 'drop function' | 'add table' }
  | { readonly do: 'part'; readonly part: string; readonly how: 'delete' | 'truncate' | 'drop' | 'alter' }
  /** SSTables in a live directory that Cassandra does not know. */
  | {
      readonly do: 'stray';
      readonly table: 'rows' | 'typed';
      readonly node: number;
      readonly how: 'newer' | 'unreadable';
    }
  | { readonly do: 'restart'; readonly how: 'kill' | 'drain'; readonly nodes: readonly number[] }
  | { readonly do: 'forbid'; readonly what: Forbidden };

/** Those of one kind. */
export type ActionOf<K extends Action['do']> = Action & { readonly do: K };

/** A file of the backup on one node; mended when a restore has refused it. */
export interface Damage {
  readonly how: 'missing' | 'altered';
  readonly node: number;
}

/** A run of a command is disturbed at this part of its way, and run again. */
export interface Kill {
  /** From 0, its beginning, to 1, its end. */
  readonly at: number;
  readonly how: 'kill' | 'term' | 'fail' | 'late' | 'cut';
}

export interface Copying {
  /** `snapshot`: all at one moment, hard links as they are; `cp`: every link a file of its own. */
  readonly how: 'snapshot' | 'cp';
  /** The order of the nodes. */
  readonly order: readonly number[];
  /** A node is copied when so many actions of the harm are done; in the order of `order`. */
  readonly after: readonly number[];
}

export interface Plan {
  readonly seed: number;
  readonly schema: PlannedSchema;
  /** Commit logs lie outside the volumes. */
  readonly logsOutside: boolean;
  readonly workload: readonly Action[];
  readonly backup: { readonly kills: readonly Kill[]; readonly closing: readonly Kill[] };
  /** Null: the volumes stay, and are restored in place. */
  readonly copying: Copying | null;
  readonly harm: readonly Action[];
  readonly restore: {
    /** `volumes`: by `clean-volume`, one volume after the other, before Cassandra starts. */
    readonly method: 'warm' | 'cold' | 'volumes';
    readonly damage: Damage | null;
    readonly kills: readonly Kill[];
  };
  readonly use: readonly Action[];
}

/** What a person sees of a plan: a line for each step. */
export function describePlan(plan: Plan): string {
  const { schema, workload, backup, copying, harm, restore, use } = plan;
  const actions = (title: string, list: readonly Action[]) => list.map((a) => `  ${title}: ${textOf(a)}`);
  return [
    `  schema: ${textOf(schema)}${plan.logsOutside ? ', commit logs outside the volumes' : ''}`,
    ...actions('workload', workload),
    `  before-backup${killsOf(backup.kills)}`,
    ...actions('harm', harm),
    copying === null
      ? '  the volumes stay'
      : `  copies: ${textOf(copying)}, after-backup${killsOf(backup.closing)}`,
    ...(restore.damage === null ? [] : [`  damage of the backup: ${textOf(restore.damage)}`]),
    `  restore: ${restore.method}${killsOf(restore.kills)}`,
    ...actions('use', use),
  ].join('\n');
}

function textOf(value: object): string {
  return Object.entries(value)
    .map(([key, v]) => (key === 'do' ? String(v) : `${key} ${Array.isArray(v) ? v.join(' ') : v}`))
    .join(', ');
}

function killsOf(kills: readonly Kill[]): string {
  return kills.map(({ at, how }) => `, ${how} at ${at.toFixed(2)}`).join('');
}
