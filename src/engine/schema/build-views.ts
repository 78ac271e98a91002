import type { Cluster } from '../../domain/cluster/ring.ts';
import { KassetteError } from '../../domain/errors.ts';
import { type HeldView, heldView } from '../../domain/moment/held-views.ts';
import { type PlannedStatement, tableKey } from '../../domain/restore/restore-plan.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { batchesReplayed, describeWaiting } from '../cluster/batches.ts';
import { follow, loadPatience } from '../cluster/follow.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { waitForAgreement } from './agreement.ts';

interface Built {
  readonly cluster: Cluster;
  readonly session: CqlSession;
}

/**
 * Run the statements that drop and create views of loaded tables, drops first. Cassandra builds each view from what every node has of
 * its table, with the write times and times to live of those rows; `awaitViews` waits for that.
 *
 * A node builds a view as soon as it has created it, before the others have. One that knows the view and has no place for its rows yet
 * acknowledges them and drops them (`Keyspace.applyInternal`: "Attempting to mutate non-existant table"). So each view counts as built
 * until all nodes have it.
 */
export async function recreateViews(
  ports: Ports,
  { cluster, session }: Built,
  statements: readonly PlannedStatement[],
  options: CommonOptions,
): Promise<void> {
  if (statements.length === 0) return;
  const isDrop = ({ statement }: PlannedStatement) => /^DROP\b/i.test(statement);
  const drops = statements.filter(isDrop);
  const views = statements.filter((s) => !isDrop(s)).map(({ statement }) => heldView(statement));
  const countAsBuilt = (view: HeldView, built: boolean) =>
    each(cluster.nodes, (node) => session.countAsBuilt(node, view, built), options);
  await ports.progress.step('Creating views on loaded tables', async (report) => {
    let done = 0;
    const change = async (statement: string) => {
      options.signal.throwIfAborted();
      await session.change(statement);
      report.count(++done, drops.length + 2 * views.length);
    };
    for (const { statement } of drops) await change(statement);
    // A node that hears of a drop only after the new view was made would take its record of that away.
    if (drops.length > 0) await waitForAgreement(ports, cluster, options);
    for (const view of views) {
      try {
        await countAsBuilt(view, true);
        await change(view.create);
      } catch (error) {
        // One that somebody creates now is to be built at once.
        await countAsBuilt(view, false).catch(() => {});
        throw error;
      }
    }
    await waitForAgreement(ports, cluster, options);
    for (const view of views) {
      await countAsBuilt(view, false);
      await change(view.release);
    }
    await waitForAgreement(ports, cluster, options);
  });
}

/**
 * Wait until every node has built its part of each of these views, and has brought the rows to where they belong.
 * @param views `keyspace.name`; one that is not there any more is not waited for
 * @throws TIMEOUT where there is no progress
 */
export async function awaitViews(
  ports: Ports,
  { cluster, session }: Built,
  views: readonly string[],
  options: CommonOptions,
): Promise<void> {
  if (views.length === 0) return;
  const { nodes } = cluster;
  await ports.progress.step('Building views from their tables', async (report) => {
    const quietMs = loadPatience(options);
    let missing: readonly string[] = views;
    const look = async () => {
      const ids = await session.tableIds();
      const there = views.filter((view) => ids.has(view));
      const built = await each(nodes, (node) => session.builtViews(node), options);
      missing = there.filter((view) => !built.every((names) => names.has(view)));
      const parts = there.flatMap((view) => built.filter((names) => names.has(view))).length;
      report.count(parts, there.length * nodes.length);
      if (missing.length === 0) return { done: true, progress: '' };
      const progress = await each(nodes, (node) => session.viewProgress(node), options);
      return { done: false, progress: JSON.stringify([parts, progress]) };
    };
    if (!(await follow(ports.clock, look, { quietMs, signal: options.signal })))
      throw notBuilt(missing, quietMs);
  });
  // What a node could not bring to another one in time, it keeps as a batch.
  const { left } = await batchesReplayed(ports, { cluster, session }, options);
  if (left.length === 0) return;
  ports.progress.warn(
    `Batches still wait to be replayed (${describeWaiting(left)}): rows may be missing in ${views.join(', ')} until they are.`,
  );
}

/** Their keys in system tables. */
export function keysOf(views: Schema): readonly string[] {
  return views.map(tableKey);
}

function notBuilt(views: readonly string[], quietMs: number): KassetteError {
  return new KassetteError(
    'TIMEOUT',
    `Nodes have shown no progress for ${quietMs / 1000} s in building ${views.join(', ')}.`,
    'All tables are loaded. Read the logs of the nodes; Cassandra tries again after five minutes and after a restart. Then run the same command again.',
  );
}
