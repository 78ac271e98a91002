import { type Journal, renderJournal } from '../../domain/restore/journal.ts';
import { type RestorePlan, totals } from '../../domain/restore/restore-plan.ts';
import { keyOf } from '../../domain/schema/schema.ts';
import type { Ports } from '../../ports/ports.ts';
import { awaitLoads } from '../cluster/running-loads.ts';
import { each } from '../each.ts';
import { notAsSaved } from '../schema/not-as-saved.ts';
import { givePermissionsBack, objectsRecreated } from '../schema/permissions.ts';
import { create, drop, truncate } from '../schema/schema-steps.ts';
import { liveSchema } from '../schema/schemas.ts';
import { verifySchema } from '../schema/verify-schema.ts';
import { countWrites, findConcurrentWrites } from './concurrent-writes.ts';
import { type Ending, snapshotsSince } from './finish.ts';
import { type LinkedNode, link, load, verifyLoaded } from './load.ts';
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
  const interrupted = facts.backups.some((b) => b.journal !== null);
  const truncated = { session, nodes: cluster.nodes, tag, tables: plan.tables, interrupted };
  await awaitLoads(ports, truncated, options);
  const journals = await begin(ports, facts, plan, recreated, options);
  const writes = await countWrites({ session, nodes: cluster.nodes }, plan.tables, options);
  await drop(ports, facts, plan, options);
  await truncate(ports, facts, plan, options);
  await create(ports, facts, plan, options);
  const links = await link(ports, facts, options, { state: 'emptied' });
  await load(ports, session, links, options);
  await verify(ports, facts, links, options);
  const newer = await findConcurrentWrites(ports, writes, options);
  await givePermissionsBack(ports, facts, recreated, options);
  await ports.progress.step('Recording that all is loaded', () =>
    recordLoaded(ports, facts, journals, newer, options),
  );
  return { tag: facts.tag, journals, method: 'warm', ...loads(plan), concurrentWrites: newer };
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
  return ports.progress.step('Writing the journal', async () => {
    const pairs = await each(
      facts.backups,
      async ({ node, journal: earlier, autoSnapshots }: NodeBackup) => {
        options.signal.throwIfAborted();
        const journal: Journal = {
          version: 1,
          tag: facts.tag,
          stage: 'replacing',
          startedAt,
          // An earlier run's view counts: what it found is older than anything that either run made.
          autoSnapshots: [...(earlier?.autoSnapshots ?? autoSnapshots)],
          recreated: [...recreated],
          concurrentWrites: [],
          ...loads(plan),
        };
        await ports.volumes.begin(node, facts.tag, renderJournal(journal));
        await ports.control.truncateHints(node);
        return [node.name, journal] as const;
      },
      options,
    );
    return new Map(pairs);
  });
}

function loads(plan: RestorePlan) {
  const { tables, files, bytes } = totals(plan);
  return { tables, files, bytes };
}

async function recordLoaded(
  ports: Ports,
  { backups, tag }: RestoreFacts,
  journals: Map<string, Journal>,
  concurrentWrites: readonly string[],
  options: RestoreOptions,
): Promise<void> {
  const write = async ({ node }: NodeBackup) => {
    const journal = journals.get(node.name);
    if (journal === undefined) return;
    const { autoSnapshots } = await ports.volumes.survey(node);
    const caused = [...snapshotsSince(journal, autoSnapshots)];
    const loaded: Journal = { ...journal, stage: 'loaded', caused, concurrentWrites: [...concurrentWrites] };
    journals.set(node.name, loaded);
    await ports.volumes.writeJournal(node, tag, renderJournal(loaded));
  };
  await each(backups, write, options);
}

/** Every linked file was taken in, and the schema is the saved one. */
async function verify(
  ports: Ports,
  facts: RestoreFacts,
  all: readonly LinkedNode[],
  options: RestoreOptions,
): Promise<void> {
  await ports.progress.step('Verifying', async () => {
    await verifyLoaded(ports, facts.session, all, options);
    const live = await liveSchema(facts.session, facts.settings);
    verifySchema(facts.saved, live);
    const saved = new Set(facts.saved.map(keyOf));
    const extra = live.map(keyOf).find((k) => !saved.has(k) && !options.keepExtra);
    if (extra !== undefined) throw notAsSaved(`${extra} is there, which the backup does not have`);
  });
}
