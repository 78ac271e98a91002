import { checkFiles, withTocsAsFound } from '../../domain/backup-check.ts';
import { checkBelongs, isSameRing } from '../../domain/backup-fit.ts';
import { qualified } from '../../domain/cql-text.ts';
import type { ManifestTable, Permission } from '../../domain/manifest.ts';
import { type Reconciled, reconcile } from '../../domain/reconcile.ts';
import { reconcileBeside } from '../../domain/reconcile-beside.ts';
import { mergeRefused, reconcileMerge } from '../../domain/reconcile-merge.ts';
import { addSizes, type TableSize, tableKey } from '../../domain/restore-plan.ts';
import { unendedIn } from '../../domain/restore-state/for-tables.ts';
import type { Cluster } from '../../domain/ring.ts';
import { keyOf, type Schema } from '../../domain/schema.ts';
import { asKept, type SchemaSettings } from '../../domain/schema-settings.ts';
import { isIndexComponent, parseComponent } from '../../domain/sstable.ts';
import type { TableEntry } from '../../domain/table-journal.ts';
import { type Selection, select, withoutViews } from '../../domain/table-selection.ts';
import type { Node } from '../../domain/topology.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { findSource, readPart, type SourcePart } from '../observe/find-source.ts';
import { warnOfOutlivedGrace } from '../observe/outlived-grace.ts';
import { tablesWithPaxos } from '../observe/paxos.ts';
import { schemasOf, warnOfUnkept } from '../observe/schemas.ts';
import type { ConnectedCluster } from '../observe/sessions.ts';
import { type SurveyedNode, surveyCluster } from '../observe/surveys.ts';
import { warnOfUnbuilt } from '../observe/unbuilt.ts';
import { HeldTables } from '../restore/held-tables.ts';
import { checkContents } from '../restore/observe.ts';
import { owedBefore, refuseHalfReplaced } from './journal.ts';
import type { TableOptions } from './options.ts';
import { ownBefore } from './own-tables.ts';

/** A live node, as the restore finds it. */
export interface LiveNode {
  readonly node: Node;
  readonly freeBytes: number;
  /** Automatic snapshots that are there now. */
  readonly automatic: readonly string[];
  /** Restores of tables that have not ended. */
  readonly entries: readonly TableEntry[];
}

/** One node's part of the backup with the selected tables, checked. */
export interface CheckedPart extends SourcePart {
  readonly tables: HeldTables;
}

export interface TableFacts {
  readonly cluster: Cluster;
  readonly session: CqlSession;
  readonly tag: string;
  readonly copies: boolean;
  readonly nodes: readonly LiveNode[];
  readonly parts: readonly CheckedPart[];
  readonly live: Schema;
  readonly settings: SchemaSettings;
  readonly selection: Selection;
  readonly reconciled: Reconciled;
  readonly sizes: ReadonlyMap<string, TableSize>;
  /** Those of the backup. */
  readonly permissions: readonly Permission[];
  /** Whether each node has its own files, or rows have other owners now. */
  readonly sameRing: boolean;
  /** Tables, `keyspace.name`, that need a new id where they are replaced: see `tablesWithPaxos`. */
  readonly renewed: ReadonlySet<string>;
}

/** Find the backup, check the selected part of it and the cluster, before anything is changed. */
export async function observeTables(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  options: TableOptions,
): Promise<TableFacts> {
  const surveys = await surveyCluster(ports, cluster, options);
  const source = await findSource(ports, surveys, options);
  const [first] = source.parts;
  if (first !== undefined) checkBelongs(cluster, first);
  const { saved, live, settings, lost } = await schemasOf(session, source.schema);
  const chosen = select(saved, options.names);
  const keys = new Set(chosen.objects.map(keyOf));
  warnOfOutlivedGrace(ports, source.tag, chosen.objects);
  warnOfUnkept(
    ports,
    lost.filter((l) => keys.has(l.object)),
  );
  const nodes = surveys.map(liveNode);
  const facts = { nodes, tag: source.tag, settings };
  refuseHalfReplaced(facts, options);
  const own = options.as === null ? new Set<string>() : await ownBefore(session, facts, live, options);
  const reconciled = reconcileAs(chosen, live, own, facts, options);
  checkViewsCanBeMade(settings, reconciled);
  const selection = options.mode === 'merge' || options.as !== null ? withoutViews(chosen) : chosen;
  const sizes = new Map<string, TableSize>();
  const replaces = options.mode === 'replace' && options.as === null;
  const parts = await checkParts(ports, source, selection, sizes, options);
  return {
    ...{
      cluster,
      session,
      tag: source.tag,
      copies: source.copies,
      parts,
      live,
      settings,
      selection,
      reconciled,
      sizes,
    },
    nodes,
    permissions: source.permissions,
    sameRing: isSameRing(cluster, source.parts),
    renewed: replaces ? await tablesWithPaxos({ cluster, session }, options) : new Set(),
  };
}

function reconcileAs(
  selection: Selection,
  live: Schema,
  own: ReadonlySet<string>,
  facts: Pick<TableFacts, 'nodes' | 'tag' | 'settings'>,
  options: TableOptions,
): Reconciled {
  const { as, mode, names } = options;
  if (as !== null) return reconcileBeside(selection, names, as, live, own);
  if (mode === 'replace') return reconcile(selection, live);
  return reconcileMerge(selection, live, asKept(owedBefore(facts, options), facts.settings));
}

/** Asked before: a view that is dropped and then must not be made again would be lost. @throws MERGE_REFUSED */
export function checkViewsCanBeMade(
  { off }: Pick<SchemaSettings, 'off'>,
  { rebuilt }: Pick<Reconciled, 'rebuilt'>,
): void {
  const [view] = rebuilt;
  if (view === undefined || !off.has('views')) return;
  const { keyspace, base = '' } = view;
  throw mergeRefused(
    { kind: 'table', keyspace, name: base },
    `its view «${view.name}» would have to be made again, which materialized_views_enabled forbids`,
  );
}

function liveNode({ node, survey }: SurveyedNode): LiveNode {
  const { freeBytes, automatic } = survey;
  return { node, freeBytes, automatic, entries: unendedIn(survey) };
}

/** Only files of the selected tables count: damage elsewhere is none of this restore's business. */
async function checkParts(
  ports: Ports,
  { tag, parts }: { readonly tag: string; readonly parts: readonly SourcePart[] },
  { objects }: Selection,
  sizes: Map<string, TableSize>,
  options: TableOptions,
): Promise<readonly CheckedPart[]> {
  const chosen = objects.filter((o) => o.kind === 'table' || o.kind === 'view');
  const wanted = new Set(chosen.map(tableKey));
  const names = new Set(chosen.map((o) => qualified(o.keyspace, o.name)));
  const unbuilt = new Set<string>();
  const checked = await ports.progress.step(`Checking the files of ${wanted.size} tables`, async (report) => {
    let done = 0;
    const check = async (part: SourcePart) => {
      options.signal.throwIfAborted();
      const { contents, manifest } = await readPart(ports, part, tag);
      for (const view of manifest.unbuilt ?? []) if (names.has(view)) unbuilt.add(view);
      const selected = manifest.tables.filter((t) => wanted.has(tableKey(t)));
      checkFiles(part.node, { ...manifest, tables: selected }, contents.parts);
      const tables = withTocsAsFound(selected, contents.parts);
      const own = { ...manifest, tables };
      if (options.verify === 'full') await checkContents(ports, part.node, own);
      // An index is made for its table's name and definition; only the same table can take it as it is.
      const same = options.as === null && options.mode === 'replace';
      const loaded = same ? own : { ...own, tables: tables.map(withoutIndexes) };
      addSizes(sizes, loaded);
      report.count(++done, parts.length);
      return { ...part, tables: new HeldTables(loaded.tables) };
    };
    return each(parts, check, options);
  });
  warnOfUnbuilt(ports, tag, unbuilt);
  return checked;
}

function withoutIndexes(table: ManifestTable): ManifestTable {
  const isIndex = (name: string) => {
    const parsed = parseComponent(name);
    return parsed !== null && isIndexComponent(parsed.component);
  };
  return {
    ...table,
    parts: table.parts.map((p) => ({ ...p, files: p.files.filter((f) => !isIndex(f.name)) })),
  };
}
