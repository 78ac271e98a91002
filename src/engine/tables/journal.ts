import { isSnapshotOf } from '../../domain/backup/untrusted.ts';
import { refusalOfTables } from '../../domain/restore-state/for-tables.ts';
import { parseSchema, type Schema, schemaText } from '../../domain/schema/schema.ts';
import { isMootAfter, renderTableJournal, type TableEntry } from '../../domain/tables/table-journal.ts';
import { showName } from '../../domain/tables/table-name.ts';
import type { TableRestorePlan } from '../../domain/tables/table-plan.ts';
import { showSource } from '../../domain/transfer/source.ts';
import type { Ports } from '../../ports/ports.ts';
import { gossipGenerations } from '../cluster/generations.ts';
import { each } from '../each.ts';
import { linksOf } from '../volumes/left-links.ts';
import { surveyAll } from '../volumes/surveys.ts';
import type { LiveNode, TableFacts } from './facts.ts';
import type { TableOptions } from './options.ts';

/** What makes a later run the same restore. */
export function keyOfRun(facts: Pick<TableFacts, 'tag'>, { from, mode, names, as }: TableOptions): string {
  const target = as === null ? [] : ['as', showName(as)];
  return [showSource(from), facts.tag, mode, ...names.map(showName).toSorted(), ...target].join(' ');
}

/** What earlier, interrupted runs of the same restore have made. */
export function recreatedBefore(
  facts: Pick<TableFacts, 'nodes' | 'tag'>,
  options: TableOptions,
): readonly string[] {
  const key = keyOfRun(facts, options);
  return facts.nodes.flatMap((n) => n.entries.filter((e) => e.key === key).flatMap((e) => e.recreated));
}

/** What an interrupted merge may not have come to make on tables that are there by now. */
export function pendingBefore(facts: Pick<TableFacts, 'nodes' | 'tag'>, options: TableOptions): Schema {
  const key = keyOfRun(facts, options);
  const entries = facts.nodes.flatMap((n) => n.entries.filter((e) => e.key === key));
  return parseSchema(schemaText(entries.flatMap((e) => e.pendingStatements)));
}

function pendingOf({ reconciled }: TableFacts): string[] {
  const indexes = reconciled.targetSchema.filter((o) => o.kind === 'index');
  return [...indexes, ...reconciled.rebuilt].flatMap((o) => o.statements).map((s) => `${s};`);
}

/** Write a run's entry into the journal of one node, in the place of an earlier one. */
export async function writeEntry(
  ports: Ports,
  { node, entries }: Pick<LiveNode, 'node' | 'entries'>,
  plan: TableRestorePlan,
  entry: TableEntry,
): Promise<void> {
  const others = entries.filter((e) => e.key !== entry.key);
  const from = plan.bytesCopied > 0 ? 'staged' : 'own';
  await ports.volumes.beginTables(node, renderTableJournal([...others, entry]), from);
}

/** Write on every node that this restore has begun; answers each node's entry. */
export async function writeEntries(
  ports: Ports,
  facts: TableFacts,
  plan: TableRestorePlan,
  {
    recreated,
    highest,
  }: {
    readonly recreated: ReadonlySet<string>;
    /** Highest generation of links that are there, by node name. */
    readonly highest: ReadonlyMap<string, number>;
  },
  options: TableOptions,
): Promise<ReadonlyMap<string, TableEntry>> {
  const startedAt = ports.clock.now().toISOString();
  const key = keyOfRun(facts, options);
  const generations = await gossipGenerations(facts.session, facts.cluster, options.concurrency);
  const pairs = await each(
    facts.nodes,
    async ({ node, autoSnapshots, entries, links }: LiveNode) => {
      options.signal.throwIfAborted();
      const linked = { links, highestLinkedGeneration: highest.get(node.name) ?? 0 };
      const { record, left } = linksOf(linked, generations.get(node.name) ?? 0);
      const earlier = entries.find((e) => e.key === key);
      const entry: TableEntry = {
        ...{ key, source: showSource(options.from), tag: facts.tag, startedAt },
        tables: options.names.map(showName),
        options: [
          ...(options.mode === 'merge' ? ['--mode', 'merge'] : []),
          ...(options.as === null ? [] : ['--as', showName(options.as)]),
        ],
        // An earlier run's view counts: what it found is older than anything that either run made.
        autoSnapshots: [...(earlier?.autoSnapshots ?? autoSnapshots)],
        recreated: [...recreated],
        ids: earlier?.ids ?? {},
        pendingStatements: options.mode === 'merge' ? pendingOf(facts) : [],
        links: record,
      };
      await writeEntry(ports, { node, entries }, plan, entry);
      if (left !== null) await ports.volumes.unlink(node, left);
      return [node.name, entry] as const;
    },
    options,
  );
  return new Map(pairs);
}

/** @throws RESTORE_PENDING where rows would be added to what another restore has half replaced */
export function refuseHalfReplaced(facts: Pick<TableFacts, 'nodes' | 'tag'>, options: TableOptions): void {
  const error = refusalOfTables(
    facts.nodes.flatMap((n) => n.entries),
    {
      key: keyOfRun(facts, options),
      names: options.names.map(showName),
      addsRows: options.mode === 'merge' && options.as === null,
    },
  );
  if (error !== null) throw error;
}

/** Remove what the restore made for itself: staged files, its journal, automatic snapshots of its tables. */
export async function removeEntries(
  ports: Ports,
  facts: TableFacts,
  plan: TableRestorePlan,
  begun: ReadonlyMap<string, TableEntry>,
  options: TableOptions,
): Promise<void> {
  const replaced = plan.mode === 'replace' ? options.names.map(showName) : [];
  const touched = [...plan.tables, ...facts.reconciled.rebuilt];
  const surveys = await surveyAll(
    ports,
    facts.nodes.map((n) => n.node),
    options.concurrency,
  );
  await each(
    surveys,
    async ({ node, survey }) => {
      const entry = begun.get(node.name);
      const before = facts.nodes.find((n) => n.node.name === node.name)?.entries ?? [];
      const isMoot = (e: TableEntry) => replaced.length > 0 && isMootAfter(e, replaced);
      const others = before.filter((e) => e.key !== entry?.key && !isMoot(e));
      const known = new Set(entry?.autoSnapshots ?? survey.autoSnapshots);
      // Others may empty or drop their own tables meanwhile.
      const ours = survey.autoSnapshots.filter((path) => !known.has(path) && isSnapshotOf(touched, path));
      await ports.volumes.finishTables(node, renderTableJournal(others), ours);
    },
    options,
  );
}
