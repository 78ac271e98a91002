import { type Journal, renderJournal } from '../../domain/restore/journal.ts';
import { type RestorePlan, tableKey, totals } from '../../domain/restore/restore-plan.ts';
import { keyOf } from '../../domain/schema/schema.ts';
import type { Ports } from '../../ports/ports.ts';
import { gossipGenerations } from '../cluster/generations.ts';
import { awaitLoads } from '../cluster/running-loads.ts';
import { each } from '../each.ts';
import { keysOf, recreateViews } from '../schema/build-views.ts';
import { notAsSaved } from '../schema/not-as-saved.ts';
import { givePermissionsBack, objectsRecreated } from '../schema/permissions.ts';
import { create, drop, truncate } from '../schema/schema-steps.ts';
import { liveSchema } from '../schema/schemas.ts';
import { verifySchema } from '../schema/verify-schema.ts';
import { linksOf } from '../volumes/left-links.ts';
import { countWrites, findConcurrentWrites } from './concurrent-writes.ts';
import { type Ending, snapshotsSince } from './finish.ts';
import { emptiedIn, link, load, verifyLoaded } from './load.ts';
import type { NodeBackup, RestoreFacts } from './observe.ts';
import type { RestoreOptions } from './options.ts';

/**
 * Replace the live data by the backup. Everything was checked; from `drop` on, live data go away. Killed at any point, a
 * new run does it all again from the snapshots, which nothing here touches.
 */
export async function act(
  ports: Ports,
  facts: RestoreFacts,
  plan: RestorePlan,
  options: RestoreOptions,
): Promise<Ending> {
  const earlier = facts.backups.flatMap((b) => b.journal?.recreated ?? []);
  const recreated = objectsRecreated(facts, plan, earlier);
  const { session, cluster, tag } = facts;
  const interrupted = facts.backups.some((b) => b.interrupted);
  const truncated = { session, nodes: cluster.nodes, tag, tables: plan.tables, interrupted };
  await awaitLoads(ports, truncated, options);
  const journals = await begin(ports, facts, plan, recreated, options);
  const writes = await countWrites({ session, nodes: cluster.nodes }, plan.tables, options);
  await drop(ports, facts, plan, options);
  await truncate(ports, facts, plan, options);
  await create(ports, facts, plan, options);
  const links = await link(ports, facts, options, { emptied: emptiedIn(plan.tables) });
  await load(ports, session, links, options);
  await ports.progress.step('Verifying', () => verifyLoaded(ports, session, links, options));
  await recreateViews(ports, facts, plan.rebuilds, options);
  await verify(facts, options);
  const newer = await findConcurrentWrites(ports, writes, options);
  await givePermissionsBack(ports, facts, recreated, options);
  await ports.progress.step('Recording that all is loaded', () =>
    recordLoaded(ports, facts, journals, newer, options),
  );
  const building = keysOf(facts.rebuilt);
  return { tag: facts.tag, journals, method: 'warm', ...loads(plan), concurrentWrites: newer, building };
}

/** Write the journals: from here on an interrupted run is known to be one. Hints would bring newer writes back. */
async function begin(
  ports: Ports,
  facts: RestoreFacts,
  plan: RestorePlan,
  recreated: ReadonlySet<string>,
  options: RestoreOptions,
) {
  const startedAt = ports.clock.now().toISOString();
  const emptied = emptiedBy(facts, plan, options);
  const generations = await gossipGenerations(facts.session, facts.cluster, options.concurrency);
  return ports.progress.step('Writing the journal', async () => {
    const pairs = await each(
      facts.backups,
      async (own: NodeBackup) => {
        const { node, journal: earlier, autoSnapshots } = own;
        options.signal.throwIfAborted();
        const { record: links, left } = linksOf(own, generations.get(node.name) ?? 0);
        const journal: Journal = {
          version: 1,
          tag: facts.tag,
          stage: 'replacing',
          startedAt,
          // An earlier run's view counts: what it found is older than anything that either run made.
          autoSnapshots: [...(earlier?.autoSnapshots ?? autoSnapshots)],
          recreated: [...recreated],
          concurrentWrites: [],
          links,
          ...(emptied === undefined ? {} : { emptied }),
          ...loads(plan),
        };
        await ports.volumes.begin(node, facts.tag, renderJournal(journal));
        if (left !== null) await ports.volumes.unlink(node, left);
        await ports.control.truncateHints(node);
        return [node.name, journal] as const;
      },
      options,
    );
    return new Map(pairs);
  });
}

/**
 * Tables and views, `keyspace.name`, that this run or an interrupted one empties or drops. Of those that are kept people may cause
 * automatic snapshots meanwhile, the only copy of a table that was dropped by mistake. Undefined where nothing is kept.
 */
function emptiedBy(
  { live, backups }: RestoreFacts,
  plan: RestorePlan,
  { keepExtra }: RestoreOptions,
): string[] | undefined {
  const earlier = backups.flatMap((b) => b.journal ?? []);
  if (!keepExtra || earlier.some((j) => j.emptied === undefined)) return undefined;
  const drops = new Set(plan.drops.map((d) => d.object));
  const own = [...plan.tables, ...live.filter((o) => drops.has(keyOf(o)))].map(tableKey);
  return [...new Set([...own, ...earlier.flatMap((j) => j.emptied ?? [])])];
}

function loads(plan: RestorePlan) {
  const { tables, files, bytes } = totals(plan);
  return { tables, files, bytes };
}

async function recordLoaded(
  ports: Ports,
  { backups, tag, rebuilt }: RestoreFacts,
  journals: Map<string, Journal>,
  concurrentWrites: readonly string[],
  options: RestoreOptions,
): Promise<void> {
  const write = async ({ node }: NodeBackup) => {
    const journal = journals.get(node.name);
    if (journal === undefined) return;
    const { autoSnapshots } = await ports.volumes.survey(node);
    const caused = [...snapshotsSince(journal, autoSnapshots)];
    const ended = { caused, concurrentWrites: [...concurrentWrites], building: [...keysOf(rebuilt)] };
    const loaded: Journal = { ...journal, stage: 'loaded', ...ended };
    journals.set(node.name, loaded);
    await ports.volumes.writeJournal(node, tag, renderJournal(loaded));
  };
  await each(backups, write, options);
}

/** The schema is the saved one. */
async function verify(
  { session, settings, saved }: RestoreFacts,
  { keepExtra }: RestoreOptions,
): Promise<void> {
  const live = await liveSchema(session, settings);
  verifySchema(saved, live);
  const keys = new Set(saved.map(keyOf));
  const extra = live.map(keyOf).find((k) => !keys.has(k) && !keepExtra);
  if (extra !== undefined) throw notAsSaved(`${extra} is there, which the backup does not have`);
}
