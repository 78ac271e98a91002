import type { Manifest } from '../../domain/backup/manifest.ts';
import { KassetteError } from '../../domain/errors.ts';
import { type ColdPlan, planColdRestore } from '../../domain/restore/cold-plan.ts';
import type { ChosenBase } from '../../domain/rewind/base.ts';
import {
  BEFORE,
  DISCARDED,
  parseRewindJournal,
  type RewindJournal,
  renderRewindJournal,
  renderRewound,
} from '../../domain/rewind/journal.ts';
import {
  forgetsIndexes,
  isIndexInfo,
  type Layer,
  LEFT_OUT,
  systemLayer,
  tablesLayer,
} from '../../domain/rewind/layers.ts';
import type { NodeLog } from '../../domain/rewind/node-log.ts';
import {
  checkNoTruncateUnderWay,
  checkNoViews,
  checkOneSchema,
  type ReplayReport,
} from '../../domain/rewind/replay-report.ts';
import type { ReplayPass } from '../../ports/platform/rewinding.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { clear, refuseIfUsed } from './clear.ts';
import { checkedLogs, type Seen } from './logs.ts';
import { manifestsOf } from './manifests.ts';
import type { RewindNode, RewindOptions } from './options.ts';

/** What is asked of the volumes. */
export interface Target {
  readonly at: Date;
  readonly base: ChosenBase;
  readonly seen: Seen;
}

/**
 * With all nodes stopped, and every volume `begun` at least, make of their volumes what they were at the target: set live files aside, put the base in their place, and have each
 * node replay its log on its own; first the schema, by which the rest is read. No node may start before all of them are `rewound`. Killed at any
 * point, a new run makes everything again but what was set aside.
 */
export async function setBack(
  ports: Ports,
  nodes: readonly RewindNode[],
  target: Target,
  options: RewindOptions,
): Promise<ReadonlyMap<string, ReplayReport>> {
  const { progress } = ports;
  const manifests = await manifestsOf(ports, nodes, target.base.tag, options);
  await progress.step('Setting the live files aside', () => each(nodes, setAside, options));
  const logs = await checkedLogs(
    ports,
    nodes,
    'aside',
    { base: target.base, target: target.at, seen: target.seen },
    options,
  );
  const plans = new Map<string, ColdPlan>();
  await progress.step('Putting the schema of the backup in place', () =>
    each(
      nodes,
      async (n) => {
        await clear(n);
        plans.set(n.node.name, await planFor(n, manifests));
        await place(n, systemLayer(planOf(plans, n)));
      },
      options,
    ),
  );
  const replay = (pass: ReplayPass['pass']) => replayAll(ports, nodes, logs, pass, target, options);
  const at = await progress.step('Replaying the schema', () => replay('schema'));
  checkOneSchema(at, target.at.toISOString());
  checkNoTruncateUnderWay(at, target.at);
  checkNoViews(at, target.at.toISOString());
  await progress.step('Putting the tables of the backup in place', () =>
    each(nodes, (n) => placeTables(n, planOf(plans, n), reportOf(at, n)), options),
  );
  const reports = await progress.step('Replaying the commit logs', () => replay('all'));
  await each(nodes, (n) => tidyReplayed(n, reportOf(at, n)), options);
  const ended = ports.clock.now().toISOString();
  await each(nodes, (n) => record(n, ended), options);
  return reports;
}

/** Of a volume that is `rewound`: from here on Cassandra may start there. */
export async function release(nodes: readonly RewindNode[]): Promise<void> {
  await each(nodes, async ({ volume }) => {
    await volume.discard();
    await volume.unguard(BEFORE);
  });
}

async function setAside(n: RewindNode): Promise<void> {
  const { volume, journal } = n;
  if (journal === null) throw missing(n.node.name);
  if (journal.stage !== 'begun' && journal.stage !== 'setting-aside') {
    // One that was whole is made again as well: no node was started.
    await volume.writeJournal(renderRewindJournal({ ...journal, stage: 'replaying' }));
    return;
  }
  const begun: RewindJournal = { ...journal, stage: 'setting-aside' };
  await volume.writeJournal(renderRewindJournal(begun));
  await volume.guard(BEFORE);
  await refuseIfUsed(n);
  const live = await volume.live();
  await volume.displace({ moves: live.tables.flatMap((t) => t.files), empties: live.transient }, BEFORE);
  await volume.setArchiveAside();
  await volume.writeJournal(renderRewindJournal({ ...begun, stage: 'replaying' }));
}

async function planFor(
  { node, volume }: RewindNode,
  manifests: ReadonlyMap<string, Manifest>,
): Promise<ColdPlan> {
  const manifest = manifests.get(node.name);
  if (manifest === undefined) throw missing(node.name);
  return planColdRestore(manifest, await volume.live(), { elsewhere: false });
}

async function place({ node, volume }: RewindNode, layer: Layer): Promise<void> {
  await volume.link(layer);
  const [wrong] = await volume.notLinked(layer);
  if (wrong === undefined) return;
  throw new KassetteError(
    'VERIFY_FAILED',
    `On ${node.name} ${wrong} is not the backup's file.`,
    'The state before the rewind is kept. Stop what else works on the volume, then run the command again.',
  );
}

async function placeTables(n: RewindNode, plan: ColdPlan, at: ReplayReport): Promise<void> {
  await place(n, tablesLayer(plan, at));
  if (forgetsIndexes(at)) await removeLive(n, isIndexInfo);
}

/** What is derived from tables, and says what they were in the middle of the replay. */
async function tidyReplayed(n: RewindNode, at: ReplayReport): Promise<void> {
  const { volume } = n;
  const { transient } = await volume.live();
  await volume.displace({ moves: [], empties: transient }, DISCARDED);
  if (forgetsIndexes(at)) await removeLive(n, isIndexInfo);
}

async function removeLive({ volume }: RewindNode, isMeant: (path: string) => boolean): Promise<void> {
  const { tables } = await volume.live();
  await volume.displace({ moves: tables.flatMap((t) => t.files).filter(isMeant), empties: [] }, DISCARDED);
}

async function replayAll(
  { rewinding, progress }: Pick<Ports, 'rewinding' | 'progress'>,
  nodes: readonly RewindNode[],
  logs: ReadonlyMap<string, NodeLog>,
  pass: ReplayPass['pass'],
  { at }: Target,
  { signal, concurrency }: RewindOptions,
): Promise<ReadonlyMap<string, ReplayReport>> {
  const reports = await each(
    nodes,
    async ({ node }) => {
      const segments = logs.get(node.name)?.segments ?? [];
      const asked = { pass, target: at, segments, leftOut: LEFT_OUT };
      return [node.name, await rewinding.replay(node, asked, { signal })] as const;
    },
    { concurrency, signal },
  );
  for (const [node, { torn }] of reports)
    if (torn > 0)
      progress.warn(`${node}: the end of ${torn} segments is half written, as the node's end left it.`);
  return new Map(reports);
}

async function record({ node, volume }: RewindNode, at: string): Promise<void> {
  const begun = parseRewindJournal(node.name, await volume.rewinding());
  if (begun === null) throw missing(node.name);
  const journal: RewindJournal = { ...begun, stage: 'rewound', rewoundAt: at };
  await volume.writeRewound(renderRewound(journal, at));
  await volume.writeJournal(renderRewindJournal(journal));
}

function planOf(plans: ReadonlyMap<string, ColdPlan>, { node }: RewindNode): ColdPlan {
  const plan = plans.get(node.name);
  if (plan === undefined) throw missing(node.name);
  return plan;
}

function reportOf(reports: ReadonlyMap<string, ReplayReport>, { node }: RewindNode): ReplayReport {
  const report = reports.get(node.name);
  if (report === undefined) throw missing(node.name);
  return report;
}

function missing(node: string): KassetteError {
  return new KassetteError('INTERNAL', `nothing is known of ${node}`, 'Report this.');
}
