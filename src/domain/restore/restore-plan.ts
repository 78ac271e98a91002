import type { Manifest, ManifestTable } from '../backup/manifest.ts';
import { isSystemKeyspace } from '../cluster/system-keyspaces.ts';
import { keyOf, type Schema, type SchemaObject } from '../schema/schema.ts';
import { alterStatement, type DiffOptions, diffSchemas, dropStatement } from '../schema/schema-diff.ts';
import { FileList, type ManifestFile } from '../sstables/file-list.ts';
import { splitComponent } from '../sstables/sstable.ts';

/** What happens to one table or view of the backup. */
export interface TablePlan {
  readonly keyspace: string;
  readonly name: string;
  readonly kind: 'table' | 'view';
  /**
   * `reload`: truncated, altered where only its options differ, and loaded. `recreate`: recreated from the saved schema, then loaded.
   * `rebuild`: a view that Cassandra builds from its table, once that is loaded.
   */
  readonly action: 'reload' | 'recreate' | 'rebuild';
  /** SSTables, files and bytes over all nodes; all bytes are linked, none is copied. */
  readonly sstables: number;
  readonly files: number;
  readonly bytes: number;
}

/** Exactly what a restore of one cluster does, in this order: drops, truncates, creates and alters, loads, rebuilds. */
export interface RestorePlan {
  readonly cluster: string;
  readonly tag: string;
  readonly drops: readonly PlannedStatement[];
  /** Tables to be truncated; a view is truncated with its table. */
  readonly truncates: readonly { readonly keyspace: string; readonly name: string }[];
  readonly creates: readonly PlannedStatement[];
  readonly tables: readonly TablePlan[];
  /** Creates the views that are built from their tables; those that are there are among the drops. */
  readonly rebuilds: readonly PlannedStatement[];
  /** Keyspaces and tables that the backup does not have and that stay. */
  readonly kept: readonly string[];
}

export interface PlannedStatement {
  /** Such as `table "shop"."orders"`. */
  readonly object: string;
  readonly statement: string;
}

export interface PlanFacts {
  readonly cluster: string;
  readonly tag: string;
  readonly saved: Schema;
  readonly live: Schema;
  /** By `keyspace.name`, over all nodes. */
  readonly sizes: ReadonlyMap<string, TableSize>;
  /** Views of the saved schema that are built from their tables, not loaded. */
  readonly rebuilt?: Schema;
  readonly options: DiffOptions;
}

/** Pure: the same facts give the same plan. */
export function planRestore(facts: PlanFacts): RestorePlan {
  const { saved, live, options } = facts;
  const rebuilt = new Set(facts.rebuilt?.map(keyOf));
  const renewed = new Set([...(options.renewed ?? []), ...(facts.rebuilt ?? []).map(tableKey)]);
  const diff = diffSchemas(saved, live, { ...options, renewed });
  const recreated = new Set(diff.creates.map(keyOf));
  const tables = saved
    .filter((o) => o.kind === 'table' || o.kind === 'view')
    .map((o): TablePlan => {
      const named = { keyspace: o.keyspace, name: o.name, kind: o.kind as 'table' | 'view' };
      if (rebuilt.has(keyOf(o))) return { ...named, action: 'rebuild', ...NOTHING };
      const action = recreated.has(keyOf(o)) ? 'recreate' : 'reload';
      return { ...named, action, ...(facts.sizes.get(tableKey(o)) ?? NOTHING) };
    });
  return {
    cluster: facts.cluster,
    tag: facts.tag,
    drops: diff.drops.map(dropOf),
    truncates: tables
      .filter((t) => t.kind === 'table' && t.action === 'reload')
      .map(({ keyspace, name }) => ({ keyspace, name })),
    creates: [
      ...diff.alters.map((a) => ({ object: keyOf(a.saved), statement: alterStatement(a) })),
      ...diff.creates.filter((o) => !rebuilt.has(keyOf(o))).flatMap(createStatements),
    ],
    tables,
    rebuilds: diff.creates.filter((o) => rebuilt.has(keyOf(o))).flatMap(createStatements),
    kept: diff.kept.map(keyOf),
  };
}

const NOTHING = { sstables: 0, files: 0, bytes: 0 };

export function createStatements(object: SchemaObject): readonly PlannedStatement[] {
  return object.statements.map((statement) => ({ object: keyOf(object), statement }));
}

/** Drop all of these, then create them. */
export function recreateStatements(objects: Schema): readonly PlannedStatement[] {
  return [...objects.map(dropOf), ...objects.flatMap(createStatements)];
}

function dropOf(object: SchemaObject): PlannedStatement {
  return { object: keyOf(object), statement: dropStatement(object) };
}

/** What of a table is loaded. */
export interface TableSize {
  readonly sstables: number;
  readonly files: number;
  readonly bytes: number;
}

/** Add one node's manifest to the sums over all nodes. */
export function addSizes(sizes: Map<string, TableSize>, manifest: Manifest): void {
  for (const table of manifest.tables) {
    let { sstables, files, bytes } = sizes.get(tableKey(table)) ?? { sstables: 0, files: 0, bytes: 0 };
    for (const { files: own } of loadableParts(table)) {
      let last = '';
      for (const { sstable, bytes: size } of own) {
        if (sstable !== last) sstables++;
        last = sstable;
        files++;
        bytes += size;
      }
    }
    sizes.set(tableKey(table), { sstables, files, bytes });
  }
}

export function tableKey(table: { readonly keyspace: string; readonly name: string }): string {
  return `${table.keyspace}.${table.name}`;
}

/** A file that is loaded. */
export interface LoadableFile extends ManifestFile {
  /** `nb-1-big-`; those of one SSTable follow one another. */
  readonly sstable: string;
  readonly component: string;
}

/** A table's parts with the files that are loaded: not those of secondary indexes, which Cassandra builds itself. */
export function loadableParts(table: ManifestTable) {
  return table.parts.map(({ directory, files }) => ({
    directory,
    files: { [Symbol.iterator]: () => loadable(files) } satisfies Iterable<LoadableFile>,
  }));
}

function* loadable(files: Iterable<ManifestFile>): Generator<LoadableFile> {
  for (const file of FileList.of(files)) {
    const [sstable, component] = file.name.includes('/') ? [] : (splitComponent(file.name) ?? []);
    if (sstable !== undefined && component !== undefined) yield { ...file, sstable, component };
  }
}

/** The tables of a manifest that a restore is about. */
export function userTables(manifest: Pick<Manifest, 'tables'>): readonly ManifestTable[] {
  return manifest.tables.filter((t) => !isSystemKeyspace(t.keyspace));
}

/** Totals over a plan's tables. */
export function totals(plan: RestorePlan): {
  tables: number;
  sstables: number;
  files: number;
  bytes: number;
} {
  const sum = (of: (t: TablePlan) => number) => plan.tables.reduce((n, t) => n + of(t), 0);
  return {
    tables: plan.tables.length,
    sstables: sum((t) => t.sstables),
    files: sum((t) => t.files),
    bytes: sum((t) => t.bytes),
  };
}
