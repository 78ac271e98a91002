import { checkFiles, checkReleases, withTocsAsFound } from '../../domain/backup/backup-check.ts';
import { checkBelongs, isSameRing } from '../../domain/backup/backup-fit.ts';
import type { ManifestTable } from '../../domain/backup/manifest.ts';
import { checkTableDirectories } from '../../domain/cluster/data-directories.ts';
import { viewsToRebuild } from '../../domain/moment/rebuilt-views.ts';
import { addSizes, type TableSize, tableKey } from '../../domain/restore/restore-plan.ts';
import { unendedIn } from '../../domain/restore-state/for-tables.ts';
import { keyOf, type Schema } from '../../domain/schema/schema.ts';
import { asKept, type SchemaSettings } from '../../domain/schema/schema-settings.ts';
import { isIndexComponent, parseComponent } from '../../domain/sstables/sstable.ts';
import { type Reconciled, reconcile } from '../../domain/tables/reconcile.ts';
import { mergeRefused, reconcileMerge } from '../../domain/tables/reconcile-merge.ts';
import { reconcileSideBySide } from '../../domain/tables/reconcile-side-by-side.ts';
import { type Selection, select, withoutViews } from '../../domain/tables/table-selection.ts';
import type { Ports } from '../../ports/ports.ts';
import type { StepReport } from '../../ports/progress.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import { type Readings, withReadings } from '../reading/readings.ts';
import { HeldTables } from '../restore/held-tables.ts';
import { warnOfOutlivedGrace } from '../schema/outlived-grace.ts';
import { tablesWithPaxos } from '../schema/paxos.ts';
import { schemasOf, warnOfUnkept } from '../schema/schemas.ts';
import { findSource, readPart, type SourcePart } from '../volumes/find-source.ts';
import { linksIn } from '../volumes/left-links.ts';
import { type SurveyedNode, surveyCluster, wasInterrupted } from '../volumes/surveys.ts';
import type { CheckedPart, LiveNode, TableFacts } from './facts.ts';
import { pendingBefore, refuseHalfReplaced } from './journal.ts';
import type { TableOptions } from './options.ts';
import { ownBefore } from './own-tables.ts';

/** Find the backup, check the selected part of it and the cluster, before anything is changed. */
export async function observeTables(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  options: TableOptions,
): Promise<TableFacts> {
  checkReleases(cluster.members, 'Nothing was changed.');
  const surveys = await surveyCluster(ports, cluster, options);
  const source = await findSource(ports, surveys, options);
  const [first] = source.parts;
  if (first !== undefined) checkBelongs(cluster, first);
  const { saved, live, rehearsals, settings, lost } = await schemasOf(session, source.schema);
  const chosen = select(saved, options.names);
  const keys = new Set(chosen.objects.map(keyOf));
  warnOfOutlivedGrace(ports, source.tag, chosen.objects);
  warnOfUnkept(
    ports,
    lost.filter((l) => keys.has(l.object)),
  );
  const targets = options.as === null ? new Set(chosen.objects.map(tableKey)) : null;
  for (const { node, survey } of surveys) checkTableDirectories(node.name, survey.bareTables, targets);
  const nodes = surveys.map(liveNode);
  const facts = { nodes, tag: source.tag, settings };
  refuseHalfReplaced(facts, options);
  const own = options.as === null ? new Set<string>() : await ownBefore(session, facts, live, options);
  const reconciled = reconcileAs(chosen, live, own, facts, options);
  checkViewsCanBeRecreated(settings, reconciled);
  const selection = options.mode === 'merge' || options.as !== null ? withoutViews(chosen) : chosen;
  const sizes = new Map<string, TableSize>();
  const replaces = options.mode === 'replace' && options.as === null;
  const rebuilt = viewsOf(source.parts, saved, selection);
  const parts = await checkParts(ports, source, selection, rebuilt, sizes, options);
  return {
    ...{
      cluster,
      session,
      tag: source.tag,
      fromClones: source.fromClones,
      parts,
      live,
      rehearsals,
      settings,
      selection,
      reconciled,
      viewsToRebuild: rebuilt,
      sizes,
    },
    nodes,
    permissions: source.permissions,
    triggers: options.as === null ? source.triggers : [],
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
  if (as !== null) return reconcileSideBySide(selection, names, as, live, own);
  if (mode === 'replace') return reconcile(selection, live);
  return reconcileMerge(selection, live, asKept(pendingBefore(facts, options), facts.settings));
}

/** Asked before: a view that is dropped and then must not be recreated would be lost. @throws MERGE_REFUSED */
export function checkViewsCanBeRecreated(
  { off }: Pick<SchemaSettings, 'off'>,
  { rebuilt }: Pick<Reconciled, 'rebuilt'>,
): void {
  const [view] = rebuilt;
  if (view === undefined || !off.has('views')) return;
  const { keyspace, base = '' } = view;
  throw mergeRefused(
    { kind: 'table', keyspace, name: base },
    `its view \`${view.name}\` would have to be recreated, which materialized_views_enabled forbids`,
  );
}

function liveNode({ node, survey }: SurveyedNode): LiveNode {
  const { freeBytes, space, autoSnapshots } = survey;
  const interrupted = wasInterrupted(survey);
  const links = linksIn(survey);
  return { node, freeBytes, space, autoSnapshots, entries: unendedIn(survey), interrupted, links };
}

/** Selected views that any part of the backup does not vouch for. */
function viewsOf(parts: readonly SourcePart[], saved: Schema, { objects }: Selection): Schema {
  const keys = new Set(parts.flatMap(({ head }) => viewsToRebuild(head, saved).map(keyOf)));
  return objects.filter((o) => keys.has(keyOf(o)));
}

/** Only files of the selected tables count: damage of other files does not matter to this restore. */
async function checkParts(
  ports: Ports,
  { tag, parts }: { readonly tag: string; readonly parts: readonly SourcePart[] },
  { objects }: Selection,
  rebuilt: Schema,
  sizes: Map<string, TableSize>,
  options: TableOptions,
): Promise<readonly CheckedPart[]> {
  const chosen = objects.filter((o) => o.kind === 'table' || o.kind === 'view');
  const chosenKeys = new Set(chosen.map(tableKey));
  const rebuiltKeys = new Set(rebuilt.map(tableKey));
  const checkAll = (report: StepReport) => (readings: Readings) => {
    let done = 0;
    const check = async (part: SourcePart) => {
      options.signal.throwIfAborted();
      const { contents, manifest } = await readPart(ports, part, tag);
      const tablesThere = manifest.tables.filter((t) => chosenKeys.has(tableKey(t)));
      const selected = tablesThere.filter((t) => !rebuiltKeys.has(tableKey(t)));
      const views = tablesThere.filter((t) => rebuiltKeys.has(tableKey(t)));
      checkFiles(part.node, { ...manifest, tables: selected }, contents.parts);
      const tables = withTocsAsFound(selected, contents.parts);
      const own = { ...manifest, tables };
      if (options.verify === 'full')
        await readings.check(part.node, { manifest: own, parts: contents.parts }, contents.manifest);
      // An index is made for its table's name and definition; only the same table can take it as it is.
      const same = options.as === null && options.mode === 'replace';
      const loaded = same ? own : { ...own, tables: tables.map(withoutIndexes) };
      addSizes(sizes, loaded);
      report.count(++done, parts.length);
      return { ...part, tables: new HeldTables(loaded.tables), rebuilt: views };
    };
    return each(parts, check, options);
  };
  return ports.progress.step(`Checking the files of ${chosenKeys.size} tables`, (report) =>
    withReadings(ports, 'restore', options, checkAll(report)),
  );
}

function withoutIndexes(table: ManifestTable): ManifestTable {
  const isIndex = (name: string) => {
    const parsed = parseComponent(name);
    return parsed !== null && isIndexComponent(parsed.component);
  };
  return {
    ...table,
    parts: table.parts.map((p) => ({ ...p, files: Array.from(p.files).filter((f) => !isIndex(f.name)) })),
  };
}
