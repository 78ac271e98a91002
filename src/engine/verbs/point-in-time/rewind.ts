import type { Datacenter } from '../../../domain/cluster/topology.ts';
import { isTouched, isWhole, parseRewindJournal, rewindPending } from '../../../domain/rewind/journal.ts';
import { type Asked, type Next, planRewinding } from '../../../domain/rewind/next.ts';
import type { ReplayReport } from '../../../domain/rewind/replay-report.ts';
import type { RewindPlan } from '../../../domain/rewind/rewind-plan.ts';
import { targetOf } from '../../../domain/rewind/target.ts';
import type { Ports } from '../../../ports/ports.ts';
import { healthyClusters } from '../../cluster/clusters.ts';
import { withLease } from '../../cluster/lease.ts';
import { each } from '../../each.ts';
import { forgetBegun, noteBegun, noteRunning, startUnchanged } from '../../rewind/begun.ts';
import { continuedBase } from '../../rewind/continued-base.ts';
import { accept, undo } from '../../rewind/ending.ts';
import { checkedLogs, type Seen } from '../../rewind/logs.ts';
import type { At, RewindNode, RewindOptions } from '../../rewind/options.ts';
import { checkSupported, nothingToDo, prepare } from '../../rewind/prepare.ts';
import { release, setBack, type Target } from '../../rewind/set-back.ts';
import { CHANGED, whileStopped } from '../../rewind/stopped.ts';

export interface RewindResult {
  readonly outcome: 'planned' | 'rewound' | 'undone' | 'accepted' | 'unchanged';
  readonly cluster: string;
  /** The second that was or is meant, ISO 8601. */
  readonly to: string;
  readonly seconds: number;
  /** Null where an earlier run made it. */
  readonly plan: RewindPlan | null;
  /** What each node replayed; empty where none did by this run. */
  readonly nodes: readonly ReplayedNode[];
  /** The last write until the target, ISO 8601, by `keyspace.table`. */
  readonly lastWrites: Readonly<Record<string, string>>;
}

export interface ReplayedNode {
  readonly node: string;
  readonly replayed: number;
  readonly later: number;
  /** To tables that did not exist at the target. */
  readonly unknown: number;
}

type Done = Omit<RewindResult, 'seconds' | 'cluster'>;

/** Set a cluster back to a second, in place; or undo or accept that. */
export async function rewind(ports: Ports, given: RewindOptions): Promise<RewindResult> {
  const started = ports.clock.now();
  const asked = askedOf(given, started);
  return withLease(ports, 'rewind', given, async (options, held) => {
    const datacenter = checkSupported(ports, await ports.datacenters.find([]));
    const nodes = await lookAt(ports, datacenter);
    const journals = new Map(nodes.map((n) => [n.node.name, n.journal] as const));
    const next = planRewinding(datacenter.cluster, journals, asked);
    const done = await take(ports, { held, datacenter, nodes }, next, asked, options);
    const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
    return { ...done, cluster: datacenter.cluster, seconds };
  });
}

function askedOf({ to, undo, accept }: RewindOptions, now: Date): Asked {
  if (undo) return { kind: 'undo' };
  if (accept) return { kind: 'accept' };
  return { kind: 'rewind', to: to === undefined ? null : targetOf(to, now).toISOString() };
}

async function lookAt({ rewinding }: Ports, { nodes }: Datacenter): Promise<readonly RewindNode[]> {
  return each(nodes, async (node) => {
    const volume = rewinding.volume(node);
    return { node, volume, journal: parseRewindJournal(node.name, await volume.rewinding()) };
  });
}

async function take(ports: Ports, at: At, next: Next, asked: Asked, options: RewindOptions): Promise<Done> {
  const done = (outcome: Done['outcome'], to: string): Done => ({
    ...{ outcome, to, plan: null, nodes: [], lastWrites: {} },
  });
  switch (next.kind) {
    case 'begin':
      return begin(ports, at, asked, options);
    case 'continue':
      return options.dryRun ? done('unchanged', next.to) : goOn(ports, at, next, options);
    case 'undo':
      await undo(ports, at, options);
      return done('undone', next.to);
    case 'accept':
      await accept(ports, at, options);
      return done('accepted', next.to);
    case 'nothing':
      if (asked.kind === 'undo') await startedAgain(ports, at);
      throw nothingToDo(asked.kind === 'undo' ? 'undo' : 'accept');
  }
}

async function begin(ports: Ports, given: At, asked: Asked, options: RewindOptions): Promise<Done> {
  const to = asked.kind === 'rewind' ? asked.to : null;
  const target = targetOf(to ?? '', ports.clock.now());
  const at = options.dryRun ? given : await startedAgain(ports, given);
  const earlier = at.nodes.find((n) => n.journal !== null)?.journal;
  if (earlier && at.datacenter.coldRestore !== undefined) throw rewindPending(at.datacenter.name, earlier);
  const { nodes } = at;
  const [cluster] = await healthyClusters(ports, options);
  if (cluster === undefined) throw nothingToDo('accept');
  const seen: Seen = new Map();
  const { plan, base } = await prepare(ports, cluster, nodes, target, seen, options);
  const planned = { to: plan.to, plan, nodes: [], lastWrites: {} };
  if (options.dryRun) return { ...planned, outcome: 'planned' };
  const reports = await replayed(ports, at, { at: target, base, seen }, options);
  return { ...planned, outcome: 'rewound', ...summary(reports) };
}

/** As it is when its nodes were started that an earlier run had stopped for nothing. */
async function startedAgain(ports: Ports, at: At): Promise<At> {
  if (!(await startUnchanged(ports, at))) return at;
  return { ...at, datacenter: checkSupported(ports, await ports.datacenters.find([])) };
}

/** Where an earlier run has come to its end but for the start, only that is done. */
async function goOn(
  ports: Ports,
  at: At,
  next: Extract<Next, { kind: 'continue' }>,
  options: RewindOptions,
): Promise<Done> {
  const { datacenter, nodes } = at;
  if (nodes.every((n) => isWhole(n.journal))) {
    // The mark goes when all of them were asked to start; later it is a cold restore's.
    const starts = datacenter.coldRestore !== undefined && nodes.some((n) => n.journal?.stage === 'rewound');
    if (starts) await startRewound(ports, at, options);
    await noteRunning(nodes);
    await healthyClusters(ports, options);
    return { outcome: starts ? 'rewound' : 'unchanged', to: next.to, plan: null, nodes: [], lastWrites: {} };
  }
  const base = await continuedBase(nodes, next.tag);
  const reports = await replayed(ports, at, { at: new Date(next.to), base, seen: new Map() }, options);
  return { outcome: 'rewound', to: next.to, plan: null, ...summary(reports) };
}

async function startRewound(ports: Ports, { held, datacenter, nodes }: At, options: RewindOptions) {
  await whileStopped(ports, held, datacenter, { ...CHANGED, change: () => release(nodes) }, options);
}

async function replayed(
  ports: Ports,
  { held, datacenter, nodes: found }: At,
  target: Target,
  options: RewindOptions,
): Promise<ReadonlyMap<string, ReplayReport>> {
  let reports: ReadonlyMap<string, ReplayReport> = new Map();
  const changed = found.some((n) => isTouched(n.journal));
  const facts = { base: target.base, target: target.at, seen: target.seen };
  const begun = { at: target.at, tag: target.base.tag, startedAt: ports.clock.now() };
  const nodes = await noteBegun(found, begun);
  await whileStopped(
    ports,
    held,
    datacenter,
    {
      changed,
      // The nodes have written and ended segments until they were stopped.
      check: async () => {
        if (!changed) await checkedLogs(ports, nodes, 'live', facts, options);
      },
      change: async () => {
        reports = await setBack(ports, nodes, target, options);
        await release(nodes);
      },
      leave: () => forgetBegun(nodes),
    },
    options,
  );
  await noteRunning(nodes);
  await healthyClusters(ports, options);
  return reports;
}

function summary(reports: ReadonlyMap<string, ReplayReport>): Pick<Done, 'nodes' | 'lastWrites'> {
  const last = new Map<string, number>();
  for (const { lastWrites } of reports.values())
    for (const [table, at] of Object.entries(lastWrites))
      last.set(table, Math.max(at, last.get(table) ?? Number.NEGATIVE_INFINITY));
  return {
    nodes: [...reports].map(([node, { replayed, later, laterSchema, unknown }]) => ({
      ...{ node, replayed, later: later + laterSchema },
      unknown: Object.values(unknown).reduce((sum, n) => sum + n, 0),
    })),
    lastWrites: Object.fromEntries(
      [...last]
        .filter(([table]) => !table.startsWith('system'))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([table, micros]) => [table, new Date(micros / 1000).toISOString()]),
    ),
  };
}
