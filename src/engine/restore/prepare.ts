import { droppedAt } from '../../domain/backup/untrusted.ts';
import { lastOf } from '../../domain/restore/cold-journal.ts';
import { checkCreatable } from '../../domain/restore/creatable.ts';
import type { Journal, RestoreRecord } from '../../domain/restore/journal.ts';
import { type RestorePlan, recreateStatements, totals } from '../../domain/restore/restore-plan.ts';
import { type Next, planNext } from '../../domain/restore-state/next.ts';
import type { Loaded, RestoredCold } from '../../domain/restore-state/state.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { type ColdDatabase, checkIsBackup } from '../cold/cold-checks.ts';
import { keysOf } from '../schema/build-views.ts';
import { warnOfUnrestored } from '../schema/foreign.ts';
import { restoreState } from '../volumes/restore-state.ts';
import { type SurveyedNode, surveyCluster } from '../volumes/surveys.ts';
import type { Ending } from './finish.ts';
import { observeRestore, type RestoreFacts } from './observe.ts';
import type { PlanOptions } from './options.ts';
import { planFrom } from './plan-from.ts';

/** What is done with one cluster, and all that it takes: everything has been checked by then. */
export type Prepared =
  | {
      readonly kind: 'nothing';
      readonly cluster: string;
      readonly record: RestoreRecord;
      readonly others: readonly string[];
    }
  | {
      readonly kind: 'tidy';
      readonly cluster: string;
      readonly ending: Ending;
      /** Where all volumes were restored cold; null where Cassandra was running. */
      readonly cold: {
        /** When the last one was. */
        readonly restoredAt: string;
        readonly database: ColdDatabase;
      } | null;
    }
  | {
      readonly kind: 'replace';
      readonly facts: RestoreFacts;
      readonly plan: RestorePlan;
      /** Why an ended cold restore does not count; null where there is none. */
      readonly why: string | null;
    };

/** The same as data: what `plan` prints of one cluster, and nothing else is done. */
export interface PlannedCluster {
  readonly cluster: string;
  readonly next: Prepared['kind'];
  readonly tag: string;
  /** Of the restore that is done, is ended, or would be made. */
  readonly method: 'warm' | 'cold';
  readonly tables: number;
  readonly files: number;
  readonly bytes: number;
  readonly why: string | null;
  /** Views, `keyspace.name`, that are built from their tables, or may still be. */
  readonly viewsToRebuild: readonly string[];
}

/** Observe one cluster, and say what is done with it; changes nothing. @throws NOT_CREATABLE as far as that is known from settings */
export async function prepareCluster(
  ports: Ports,
  connected: ConnectedCluster,
  options: PlanOptions,
): Promise<Prepared> {
  const prepared = await prepareUnrehearsed(ports, connected, options);
  if (prepared.kind === 'replace') {
    const { plan, facts } = prepared;
    checkCreatable([...plan.creates, ...plan.rebuilds], facts.saved, facts.settings);
  }
  return prepared;
}

/** The same for whoever rehearses the plan's statements, which finds all that stands against them at once. */
export async function prepareUnrehearsed(
  ports: Ports,
  connected: ConnectedCluster,
  options: PlanOptions,
): Promise<Prepared> {
  const { cluster } = connected;
  const surveys = await surveyCluster(ports, cluster, options);
  const state = await restoreState(ports, connected, surveys, 'restore', options);
  return prepare(ports, connected, surveys, planNext(state, cluster, options), options);
}

async function prepare(
  ports: Ports,
  connected: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  next: Next,
  options: PlanOptions,
): Promise<Prepared> {
  const cluster = connected.cluster.name;
  switch (next.kind) {
    case 'refuse':
      throw next.error;
    case 'nothing':
      return { ...next, cluster };
    case 'tidy':
      if (next.ended.kind === 'loaded')
        return { kind: 'tidy', cluster, ending: warmEnding(next.ended), cold: null };
      return { kind: 'tidy', cluster, ...(await coldEnding(ports, connected, surveys, next.ended, options)) };
    case 'replace': {
      const { tag, early } = next;
      const why = early === null ? null : `${early} was started before all volumes were restored cold`;
      if (why !== null) ports.progress.warn(`${why}: all tables are loaded again.`);
      const facts = await observeRestore(ports, connected, surveys, tag, options);
      const plan = planFrom(facts, options);
      warnOfUnrestored(ports, facts.saved, facts.triggers, plan.tables);
      return { kind: 'replace', facts, plan, why };
    }
  }
}

export function plannedOf(prepared: Prepared): PlannedCluster {
  const next = prepared.kind;
  if (prepared.kind === 'replace') {
    const { plan, why } = prepared;
    const { tables, files, bytes } = totals(plan);
    const viewsToRebuild = keysOf(prepared.facts.rebuilt);
    return {
      ...{ cluster: plan.cluster, next, tag: plan.tag, method: 'warm' },
      ...{ tables, files, bytes, why, viewsToRebuild },
    };
  }
  const { cluster } = prepared;
  const { tag, method, tables, files, bytes } =
    prepared.kind === 'nothing' ? prepared.record : prepared.ending;
  const why = prepared.kind === 'nothing' ? whyNothing(prepared.record) : null;
  const viewsToRebuild = prepared.kind === 'nothing' ? [] : prepared.ending.building;
  return { cluster, next, tag, method, tables, files, bytes, why, viewsToRebuild };
}

export function whyNothing({ restoredAt, method }: RestoreRecord): string {
  return `it was restored before, at ${restoredAt}${method === 'cold' ? ', cold' : ''}`;
}

function warmEnding({ tag, journals }: Loaded): Ending {
  const [first] = journals.values();
  const { tables = 0, files = 0, bytes = 0, concurrentWrites = [], building = [] } = first ?? {};
  return { tag, journals, method: 'warm', tables, files, bytes, concurrentWrites, building };
}

/**
 * The database is that of the backup, and dropping or truncating anything would lose it: what is left is to make sure of it.
 * @throws PARTIAL_CLUSTER, WRONG_CLUSTER, VERIFY_FAILED
 */
async function coldEnding(
  ports: Ports,
  connected: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  { tag, journals, record }: RestoredCold,
  options: PlanOptions,
): Promise<Pick<Extract<Prepared, { kind: 'tidy' }>, 'ending' | 'cold'>> {
  const untidied = surveys.filter((s) => journals.has(s.node.name));
  const database = await checkIsBackup(ports, connected, untidied, tag, options);
  checkCreatable(recreateStatements(database.due), database.saved, database.settings);
  const colds = [...journals.values()];
  const sum = (of: 'files' | 'bytes') => colds.reduce((n, j) => n + j[of], 0);
  const { files, bytes } = record ?? { files: sum('files'), bytes: sum('bytes') };
  const ending: Ending = {
    ...{ tag, method: 'cold', tables: colds[0]?.tables ?? 0, files, bytes },
    journals: new Map(untidied.map((s) => [s.node.name, automaticBefore(s, journals, database)])),
    concurrentWrites: [],
    building: keysOf(database.rebuilt),
  };
  return { ending, cold: { restoredAt: lastOf(colds), database } };
}

/**
 * Automatic snapshots that an interrupted warm restore with the same backup found; else those that are there, but for those that the
 * end of this restore has made already, when it was killed: of views that it drops.
 */
function automaticBefore(
  { node, survey }: SurveyedNode,
  journals: RestoredCold['journals'],
  { rebuilt }: ColdDatabase,
) {
  const own = journals.get(node.name);
  const ended = Date.parse(own?.restoredAt ?? '');
  const isOfDroppedView = (path: string) =>
    rebuilt.some((view) => (droppedAt(path, { ...view, id: view.id ?? '' }) ?? 0) >= ended);
  if (own?.autoSnapshots) return { autoSnapshots: [...own.autoSnapshots] };
  const autoSnapshots = survey.autoSnapshots.filter((path) => !isOfDroppedView(path));
  // Nothing else is dropped, and clients may be at work by now.
  return { autoSnapshots, emptied: [...keysOf(rebuilt)] } satisfies Pick<
    Journal,
    'autoSnapshots' | 'emptied'
  >;
}
