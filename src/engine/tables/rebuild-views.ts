import type { SchemaObject } from '../../domain/schema/schema.ts';
import type { TableRestorePlan } from '../../domain/tables/table-plan.ts';
import type { Ports } from '../../ports/ports.ts';
import { lookUntil } from '../../ports/until.ts';
import { each } from '../each.ts';
import { waitForAgreement } from '../schema/agreement.ts';
import type { TableFacts } from './facts.ts';
import type { TableOptions } from './options.ts';

const POLL_MS = 500;

/** Drop the views of merged tables, make them again, and wait until every node has built its part of each. */
export async function rebuildViews(
  ports: Ports,
  facts: TableFacts,
  plan: TableRestorePlan,
  options: TableOptions,
): Promise<void> {
  if (plan.rebuilds.length === 0) return;
  await ports.progress.step('Building views from their tables', async (report) => {
    const views = facts.reconciled.rebuilt;
    // A node that hears of a drop only after the new view was made would take its record of that away.
    for (const statements of [plan.rebuilds.slice(0, views.length), plan.rebuilds.slice(views.length)]) {
      options.signal.throwIfAborted();
      for (const { statement } of statements) await facts.session.change(statement);
      await waitForAgreement(ports, facts.cluster, options);
    }
    const all = views.length * facts.nodes.length;
    // However long it takes: how much there is to build only Cassandra knows.
    const look = async () => {
      const built = await partsBuilt(facts, views, options);
      report.count(built, all);
      return built === all ? { found: true } : null;
    };
    await lookUntil(look, { every: POLL_MS, signal: options.signal, clock: ports.clock });
  });
}

async function partsBuilt(
  { nodes, session }: TableFacts,
  views: readonly SchemaObject[],
  options: TableOptions,
): Promise<number> {
  const built = await each(nodes, ({ node }) => session.builtViews(node), options);
  return views
    .map(({ keyspace, name }) => built.filter((views) => views.has(`${keyspace}.${name}`)).length)
    .reduce((sum, n) => sum + n, 0);
}
