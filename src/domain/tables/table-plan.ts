import {
  type PlannedStatement,
  planRestore,
  type RestorePlan,
  recreateStatements,
  type TableSize,
  tableKey,
} from '../restore/restore-plan.ts';
import { keyOf, type Schema } from '../schema/schema.ts';

/** `side-by-side`: under another name. */
export type Mode = 'replace' | 'merge' | 'side-by-side';

/** What happens to one table or view. */
export interface GranularTable {
  readonly keyspace: string;
  readonly name: string;
  readonly kind: 'table' | 'view';
  /** The saved table's name where it is loaded under another one: `keyspace.name`. */
  readonly from?: string;
  /**
   * `reload`: truncated and loaded. `recreate`: created as saved, then loaded. `merge`: loaded into what is there. `rebuild`: a view that
   * Cassandra builds from its table, once that is loaded.
   */
  readonly action: 'reload' | 'recreate' | 'rebuild' | 'merge';
  /** Over all nodes. */
  readonly sstables: number;
  readonly files: number;
  readonly bytes: number;
}

/** Exactly what a restore of some tables does: drops, truncates, creates, loads, rebuilds; all other tables are left alone. */
export interface TableRestorePlan {
  readonly cluster: string;
  /** `backup:TAG`, `clones:SUFFIX[,SUFFIX...]` or `path:DIR`. */
  readonly source: string;
  readonly tag: string;
  readonly mode: Mode;
  readonly drops: readonly PlannedStatement[];
  readonly truncates: readonly { readonly keyspace: string; readonly name: string }[];
  readonly creates: readonly PlannedStatement[];
  readonly tables: readonly GranularTable[];
  /**
   * Creates views once their tables are loaded, which builds them from these. A merge drops all views of its tables first; otherwise those
   * that are there are among the drops.
   */
  readonly rebuilds: readonly PlannedStatement[];
  /** Of whole keyspaces: tables that the backup does not have and that stay. */
  readonly kept: readonly string[];
  /** What differs between backup and live schema, and what is done about it. */
  readonly differences: readonly string[];
  /** What else the user should know before. */
  readonly notes: readonly string[];
  /** Whether every node is given the files of all, because rows have other owners than in the backup. */
  readonly redistribute: boolean;
  /** What has to be copied, over all nodes. */
  readonly bytesCopied: number;
  /** A rough guess. */
  readonly expectedSeconds: number;
}

export interface TablePlanFacts {
  readonly cluster: string;
  readonly source: string;
  readonly tag: string;
  readonly mode: Mode;
  readonly targetSchema: Schema;
  readonly replaceable: Schema;
  readonly kept: Schema;
  readonly rebuilt: Schema;
  /** Tables, `keyspace.name`, that are to have a new id. */
  readonly renewed: ReadonlySet<string>;
  /** Views of the target schema that are built from their tables, not loaded. */
  readonly viewsToRebuild: Schema;
  readonly differences: readonly string[];
  readonly notes: readonly string[];
  readonly redistribute: boolean;
  readonly nodes: number;
  readonly bytesCopied: number;
  /** Limit for copying; null for none. */
  readonly bytesPerSecond: number | null;
  /** Saved names of tables that are loaded under other ones, by those. */
  readonly savedNames: ReadonlyMap<string, string>;
  /** By `keyspace.name` as it will be, over all nodes. */
  readonly sizes: ReadonlyMap<string, TableSize>;
}

/** Pure: the same facts give the same plan. */
export function planTables(facts: TablePlanFacts): TableRestorePlan {
  const { cluster, source, tag, mode, sizes, differences, notes } = facts;
  const whole = planRestore({
    cluster,
    tag,
    saved: facts.targetSchema,
    live: facts.replaceable,
    sizes,
    rebuilt: facts.viewsToRebuild,
    options: { keepExtra: true, renewed: facts.renewed },
  });
  const merges = mode === 'merge';
  return {
    cluster,
    source,
    tag,
    mode,
    drops: whole.drops,
    truncates: merges ? [] : whole.truncates,
    creates: whole.creates,
    tables: whole.tables.map((t) => {
      const from = facts.savedNames.get(tableKey(t));
      const action = merges && t.action === 'reload' ? 'merge' : t.action;
      return { ...t, action, ...(from === undefined ? {} : { from }) };
    }),
    rebuilds: [...whole.rebuilds, ...recreateStatements(facts.rebuilt)],
    kept: facts.kept.map(keyOf),
    differences,
    notes: facts.redistribute ? [...notes, REDISTRIBUTED] : notes,
    redistribute: facts.redistribute,
    bytesCopied: facts.bytesCopied,
    expectedSeconds: expectedSeconds(facts, whole),
  };
}

const REDISTRIBUTED =
  "rows have other owners than in the backup: every node is given every node's files and keeps what it owns, which multiplies space and time by the number of nodes";

/** From what was measured on two cores: schema statements and truncates take most, links nearly nothing. */
function expectedSeconds(facts: TablePlanFacts, plan: RestorePlan): number {
  const { drops, truncates, tables } = plan;
  const creates = [...plan.creates, ...plan.rebuilds];
  const rate = Math.min(facts.bytesPerSecond ?? UNLIMITED, UNLIMITED);
  // What is created is rehearsed before.
  const statements = (drops.length + 2 * creates.length + truncates.length) * 0.3;
  const loading = tables.length * 0.05 * (facts.redistribute ? facts.nodes : 1);
  return Math.round(1 + statements + loading + (facts.bytesCopied / rate) * (1 + REREAD));
}

/** Bytes a second that copies come to without a limit, and the share of that time that reading them again takes. */
const UNLIMITED = 100 * 1024 * 1024;
const REREAD = 0.5;

/** Sums over a plan's tables. */
export function sumOf({ tables }: TableRestorePlan) {
  const sum = (of: (t: GranularTable) => number) => tables.reduce((n, t) => n + of(t), 0);
  return {
    tables: tables.length,
    sstables: sum((t) => t.sstables),
    files: sum((t) => t.files),
    bytes: sum((t) => t.bytes),
  };
}
