import type { Datacenter } from '../../../domain/cluster/topology.ts';
import { parseRewindJournal } from '../../../domain/rewind/journal.ts';
import { type Asked, type Next, planRewinding } from '../../../domain/rewind/next.ts';
import type { ReplayReport } from '../../../domain/rewind/replay-report.ts';
import type { RewindPlan } from '../../../domain/rewind/rewind-plan.ts';
import { targetOf } from '../../../domain/rewind/target.ts';
import type { HeldLease } from '../../../ports/platform/lease.ts';
import type { Ports } from '../../../ports/ports.ts';
import { healthyClusters } from '../../cluster/clusters.ts';
import { withLease } from '../../cluster/lease.ts';
import { each } from '../../each.ts';
import { continuedBase } from '../../rewind/continued-base.ts';
import { checkedLogs, type Seen } from '../../rewind/logs.ts';
import type { RewindNode, RewindOptions } from '../../rewind/options.ts';
import { checkSupported, nothingToDo, prepare } from '../../rewind/prepare.ts';
import { release, setBack, type Target } from '../../rewind/set-back.ts';
import { whileStopped } from '../../rewind/stopped.ts';
import { acceptAll, forgetAll, putAllBack } from '../../rewind/undo.ts';

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

interface At {
  readonly held: HeldLease;
  readonly datacenter: Datacenter;
  readonly nodes: readonly RewindNode[];
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
      await acceptAll(at.nodes);
      return done('accepted', next.to);
    case 'nothing':
      throw nothingToDo(asked.kind === 'undo' ? 'undo' : 'accept');
  }
}

async function begin(ports: Ports, at: At, asked: Asked, options: RewindOptions): Promise<Done> {
  const { nodes } = at;
  const to = asked.kind === 'rewind' ? asked.to : null;
  const target = targetOf(to ?? '', ports.clock.now());
  const [cluster] = await healthyClusters(ports, options);
  if (cluster === undefined) throw nothingToDo('accept');
  const seen: Seen = new Map();
  const { plan, base } = await prepare(ports, cluster, nodes, target, seen, options);
  const planned = { to: plan.to, plan, nodes: [], lastWrites: {} };
  if (options.dryRun) return { ...planned, outcome: 'planned' };
  const reports = await replayed(ports, at, { at: target, base, seen }, options);
  return { ...planned, outcome: 'rewound', ...summary(reports) };
}

/** Where an earlier run has come to its end but for the start, only that is done. */
async function goOn(
  ports: Ports,
  at: At,
  next: Extract<Next, { kind: 'continue' }>,
  options: RewindOptions,
): Promise<Done> {
  const isWhole = at.nodes.every((n) => n.journal?.stage === 'rewound');
  const running = isWhole && !(await ports.recovery.asked(at.datacenter)).stopped;
  const target = new Date(next.to);
  if (isWhole) {
    if (!running) await startRewound(ports, at, options);
    await healthyClusters(ports, options);
    return { outcome: running ? 'unchanged' : 'rewound', to: next.to, plan: null, nodes: [], lastWrites: {} };
  }
  const base = await continuedBase(at.nodes, next.tag);
  const reports = await replayed(ports, at, { at: target, base, seen: new Map() }, options);
  return { outcome: 'rewound', to: next.to, plan: null, ...summary(reports) };
}

async function startRewound(ports: Ports, { held, datacenter, nodes }: At, options: RewindOptions) {
  const work = { changed: true, check: async () => {}, change: () => release(nodes) };
  await whileStopped(ports, held, datacenter, work, options);
}

async function replayed(
  ports: Ports,
  { held, datacenter, nodes }: At,
  target: Target,
  options: RewindOptions,
): Promise<ReadonlyMap<string, ReplayReport>> {
  let reports: ReadonlyMap<string, ReplayReport> = new Map();
  const changed = nodes.some((n) => n.journal !== null);
  const facts = { base: target.base, target: target.at, seen: target.seen };
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
    },
    options,
  );
  await healthyClusters(ports, options);
  return reports;
}

async function undo(ports: Ports, { held, datacenter, nodes }: At, options: RewindOptions): Promise<void> {
  const isBack = nodes.every((n) => n.journal === null || n.journal.stage === 'put-back');
  if (!isBack || (await ports.recovery.asked(datacenter)).stopped) {
    const work = {
      changed: true,
      check: async () => {},
      change: () => putAllBack(ports, nodes, options),
    };
    await whileStopped(ports, held, datacenter, work, options);
  }
  await healthyClusters(ports, options);
  await forgetAll(nodes);
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
