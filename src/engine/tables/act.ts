import { keyOf } from '../../domain/schema/schema.ts';
import { requoted } from '../../domain/tables/renaming.ts';
import type { TableRestorePlan } from '../../domain/tables/table-plan.ts';
import type { Ports } from '../../ports/ports.ts';
import { awaitBatches } from '../cluster/batches.ts';
import { awaitLoads } from '../cluster/running-loads.ts';
import { each } from '../each.ts';
import { countWrites, findConcurrentWrites } from '../restore/concurrent-writes.ts';
import { emptiedIn, link, load, verifyLoaded } from '../restore/load.ts';
import { awaitViews, keysOf, recreateViews } from '../schema/build-views.ts';
import { givePermissionsBack, objectsRecreated } from '../schema/permissions.ts';
import { create, drop, truncate } from '../schema/schema-steps.ts';
import { liveSchema } from '../schema/schemas.ts';
import { verifySchema } from '../schema/verify-schema.ts';
import type { TableFacts } from './facts.ts';
import { recreatedBefore, removeEntries, writeEntries } from './journal.ts';
import type { TableOptions } from './options.ts';
import { noteIds } from './own-tables.ts';
import { type PartAssignment, tablesOf } from './part-assignment.ts';
import { transferFiles } from './transfer/transfer-files.ts';

/**
 * Replace the selected tables by those of the backup. Everything was checked; from `drop` on, their live rows go away. Killed
 * at any point, a new run does it all again from the backup, which nothing here touches.
 * @returns tables that were written to meanwhile, quoted
 */
export async function act(
  ports: Ports,
  facts: TableFacts,
  assignments: readonly PartAssignment[],
  plan: TableRestorePlan,
  options: TableOptions,
): Promise<readonly string[]> {
  const { replaceable, rebuilt } = facts.reconciled;
  const targetSchema = [...facts.reconciled.targetSchema, ...rebuilt];
  const creates = [...plan.creates, ...plan.rebuilds];
  const recreated = objectsRecreated(
    { saved: targetSchema, live: [...replaceable, ...rebuilt] },
    { creates },
    recreatedBefore(facts, options),
  );
  const { session, cluster, tag } = facts;
  const interrupted = facts.nodes.some((n) => n.interrupted);
  const truncated = { session, nodes: cluster.nodes, tag, tables: plan.tables, interrupted };
  await awaitLoads(ports, truncated, options);
  const backups = await takeStock(ports, facts, assignments, options);
  let begun = await ports.progress.step('Writing the journal', () =>
    writeEntries(
      ports,
      facts,
      plan,
      { recreated, highest: new Map(backups.map((b) => [b.node.name, b.highestLinkedGeneration])) },
      options,
    ),
  );
  await transferFiles(ports, facts, assignments, options);
  if (plan.bytesCopied > 0 && takesRowsAway(plan)) await awaitBatches(ports, facts, options);
  // A merge is for tables in use.
  const replaced = plan.tables.filter((t) => t.action !== 'merge');
  const writes = await countWrites({ session: facts.session, nodes: facts.cluster.nodes }, replaced, options);
  await drop(ports, facts, plan, options);
  if (plan.truncates.length > 0) await truncate(ports, facts, plan, options);
  await create(ports, facts, plan, options);
  if (options.as !== null) begun = await noteIds(ports, facts, plan, begun, options);
  const links = await link(ports, { session: facts.session, tag: facts.tag, backups }, options, {
    emptied: options.mode === 'merge' ? null : emptiedIn(plan.tables),
    rename: facts.reconciled.rename,
  });
  await load(ports, facts.session, links, options);
  if (plan.redistribute) await cleanUp(ports, facts, plan, options);
  await recreateViews(ports, facts, plan.rebuilds, options);
  await awaitViews(ports, facts, keysOf([...rebuilt, ...facts.viewsToRebuild]), options);
  await ports.progress.step('Verifying', async () => {
    await verifyLoaded(ports, facts.session, links, options);
    const live = await liveSchema(facts.session, facts.settings);
    const keys = new Set(targetSchema.map(keyOf));
    // What is made under another name has it quoted, which DESCRIBE does only where it must.
    verifySchema(targetSchema.map(requoted), live.filter((o) => keys.has(keyOf(o))).map(requoted));
  });
  const newer = await findConcurrentWrites(ports, writes, options);
  await givePermissionsBack(ports, { ...facts, saved: targetSchema }, recreated, options);
  await ports.progress.step('Tidying up', () => removeEntries(ports, facts, plan, begun, options));
  return newer;
}

/** Of live tables; what is not there, or only added to, no batch can spoil. */
export function takesRowsAway({ drops, truncates }: TableRestorePlan): boolean {
  return drops.length + truncates.length > 0;
}

/** What each node has to link, and which generations are taken there now. */
function takeStock(
  ports: Ports,
  facts: TableFacts,
  assignments: readonly PartAssignment[],
  options: TableOptions,
) {
  return each(
    assignments,
    async (assignment) => {
      const { node } = assignment.live;
      const { highestLinkedGeneration } = await ports.volumes.read(node, facts.tag);
      return { node, tables: tablesOf(facts, assignment), highestLinkedGeneration };
    },
    options,
  );
}

/** Nodes that were given all parts keep the rows that they own: others would come to light when ownership moves again. */
async function cleanUp(
  ports: Ports,
  { nodes }: TableFacts,
  plan: TableRestorePlan,
  options: TableOptions,
): Promise<void> {
  const byKeyspace = [...Map.groupBy(plan.tables, (t) => t.keyspace)];
  await ports.progress.step('Removing data that nodes do not own', async (report) => {
    let done = 0;
    await each(
      nodes,
      async ({ node }) => {
        for (const [keyspace, tables] of byKeyspace) {
          options.signal.throwIfAborted();
          await ports.control.cleanUp(
            node,
            keyspace,
            tables.map((t) => t.name),
          );
        }
        report.count(++done, nodes.length);
      },
      options,
    );
  });
}
