import type { Cluster } from '../../domain/cluster/ring.ts';
import type { PlannedStatement, RestorePlan } from '../../domain/restore/restore-plan.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { waitForAgreement } from './agreement.ts';

/** More at a time gain nothing: a truncate is a flush and a snapshot on every node. */
const TRUNCATES_AT_ONCE = 16;

/** The cluster whose schema and rows give way. */
interface Changed {
  readonly cluster: Cluster;
  readonly session: CqlSession;
}

export async function drop(
  ports: Ports,
  facts: Changed,
  plan: Pick<RestorePlan, 'drops'>,
  options: CommonOptions,
): Promise<void> {
  options.signal.throwIfAborted();
  if (plan.drops.length === 0) return;
  await ports.progress.step('Dropping objects that the backup lacks or defines otherwise', async (report) => {
    await change(facts, plan.drops, options, (done) => report.count(done, plan.drops.length));
    await waitForAgreement(ports, facts.cluster, options);
  });
}

export async function truncate(
  ports: Ports,
  facts: Changed,
  plan: Pick<RestorePlan, 'truncates'>,
  { signal }: CommonOptions,
): Promise<void> {
  await ports.progress.step('Truncating tables', async (report) => {
    let done = 0;
    const empty = async ({ keyspace, name }: RestorePlan['truncates'][number]) => {
      await facts.session.truncate(keyspace, name);
      report.count(++done, plan.truncates.length);
    };
    await each(plan.truncates, empty, { concurrency: TRUNCATES_AT_ONCE, signal });
  });
}

/** Views come after their tables are truncated: one that is created on a full table would be built from what is there. */
export async function create(
  ports: Ports,
  facts: Changed,
  plan: Pick<RestorePlan, 'creates'>,
  options: CommonOptions,
): Promise<void> {
  if (plan.creates.length === 0) return;
  await ports.progress.step('Creating missing objects', async (report) => {
    await change(facts, plan.creates, options, (done) => report.count(done, plan.creates.length));
    await waitForAgreement(ports, facts.cluster, options);
  });
}

async function change(
  { session }: Changed,
  statements: readonly PlannedStatement[],
  { signal }: CommonOptions,
  report: (done: number) => void,
): Promise<void> {
  for (const [i, { statement }] of statements.entries()) {
    signal.throwIfAborted();
    await session.change(statement);
    report(i + 1);
  }
}
