import { checkNode, checkWholeRing } from '../../domain/backup/backup-check.ts';
import type { Manifest } from '../../domain/backup/manifest.ts';
import type { Cluster } from '../../domain/cluster/ring.ts';
import type { Datacenter } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import { parseRecord } from '../../domain/restore/journal.ts';
import { type CandidatePart, type ChosenBase, chooseBase } from '../../domain/rewind/base.ts';
import { rewoundAt } from '../../domain/rewind/journal.ts';
import { checkNotSilent, type NodeLog } from '../../domain/rewind/node-log.ts';
import { planRewind, type RewindPlan } from '../../domain/rewind/rewind-plan.ts';
import { checkLogged } from '../../domain/rewind/unlogged.ts';
import { parseSchema } from '../../domain/schema/schema.ts';
import { filesOf } from '../../domain/sstables/file-list.ts';
import type { Ports } from '../../ports/ports.ts';
import { withSessions } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import { checkedLogs, earliestOf, type Seen } from './logs.ts';
import { manifestsOf } from './manifests.ts';
import type { RewindNode, RewindOptions } from './options.ts';

export interface Prepared {
  readonly plan: RewindPlan;
  readonly base: ChosenBase;
}

/** Whose log the replay knows. */
const RELEASE = '5.0';

/** That this kind of cluster can be set back at all. @throws REWIND_UNSUPPORTED */
export function checkSupported(
  { rewinding }: Pick<Ports, 'rewinding'>,
  datacenters: readonly Datacenter[],
): Datacenter {
  if (rewinding.unavailable !== undefined) throw rewinding.unavailable;
  const [only, other] = datacenters;
  if (only !== undefined && other === undefined) return only;
  throw new KassetteError(
    'REWIND_UNSUPPORTED',
    `A rewind of ${datacenters.length} datacenters is not possible yet: ${datacenters.map((d) => d.name).join(', ')}.`,
    'Nothing was changed. Restore a backup instead.',
  );
}

/** Everything that can be known before anything is stopped. @throws NO_BASE, LOG_GAP, NO_SPACE, REWIND_UNSUPPORTED, those of a restore's checks */
export async function prepare(
  ports: Ports,
  cluster: Cluster,
  nodes: readonly RewindNode[],
  target: Date,
  seen: Seen,
  options: RewindOptions,
): Promise<Prepared> {
  checkWholeRing(cluster, 'restore');
  checkRelease([...cluster.members].map(([name, m]) => [name, m.releaseVersion] as const));
  const base = await findBase(nodes, target);
  const [first] = nodes;
  const saved = first === undefined ? '' : (await first.volume.read(base.tag)).schema;
  checkLogged(parseSchema(saved).flatMap((o) => o.statements));
  const manifests = await manifestsOf(ports, nodes, base.tag, options);
  for (const { node } of nodes) {
    const manifest = manifests.get(node.name);
    if (manifest === undefined) continue;
    checkNode(cluster, node, manifest);
    checkRelease([[`Backup ${manifest.tag} of ${node.name}`, manifest.cassandraVersion]]);
  }
  const logs = await checkedLogs(ports, nodes, 'running', { base, target, seen }, options);
  const silence = checkNotSilent(logs, target, earliestOf(base), options.restored === true);
  if (silence !== null) ports.progress.warn(silence);
  if ([...logs.values()].some((log) => log.compressed))
    ports.progress.warn(
      'The commit logs are compressed: their sections are all there, and what is in them Cassandra checks when it replays them. Where that fails, `--undo` brings the state before back.',
    );
  await checkSpace(nodes, logs, options);
  return { base, plan: await planOf(ports, cluster, { base, manifests, logs, target }, options) };
}

function checkRelease(releases: readonly (readonly [who: string, release: string])[]): void {
  const other = releases.find(([, release]) => !release.startsWith(`${RELEASE}.`));
  if (other === undefined) return;
  throw new KassetteError(
    'REWIND_UNSUPPORTED',
    `${other[0]} is of Cassandra ${other[1]}; only logs of ${RELEASE} are replayed yet.`,
    'Nothing was changed. Restore a backup instead.',
  );
}

async function findBase(nodes: readonly RewindNode[], target: Date): Promise<ChosenBase> {
  const found = await each(nodes, async ({ node, volume }) => {
    const parts: CandidatePart[] = [];
    for (const { tag, complete } of await volume.backups()) {
      const marker = complete ? (await volume.read(tag)).marker : null;
      parts.push({ node: node.name, tag, marker });
    }
    return { parts, times: [rewoundAt(await volume.rewound()), await restoredAt(volume)] };
  });
  const times = found.flatMap((f) => f.times).filter((t) => t !== null);
  return chooseBase(
    nodes.map((n) => n.node.name),
    found.flatMap((f) => f.parts),
    target,
    times.toSorted().at(-1) ?? null,
  );
}

/** What a restore has loaded is in no log. */
async function restoredAt(volume: RewindNode['volume']): Promise<string | null> {
  return parseRecord(await volume.restored())?.restoredAt ?? null;
}

/** What is replayed is written once more, as SSTables, which take no more than the log before it was compressed. */
async function checkSpace(
  nodes: readonly RewindNode[],
  logs: ReadonlyMap<string, NodeLog>,
  { reserveBytes }: RewindOptions,
): Promise<void> {
  await each(nodes, async ({ node, volume }) => {
    const bytes = (logs.get(node.name)?.segments ?? []).reduce((sum, s) => sum + s.content, 0);
    const free = await volume.freeBytes();
    if (free >= bytes + reserveBytes) return;
    throw new KassetteError(
      'NO_SPACE',
      `The volume of ${node.name} has ${free} bytes free; the rewind needs ${bytes + reserveBytes} (${bytes} for what is replayed, ${reserveBytes} in reserve).`,
      'Nothing was changed. Remove old snapshots, enlarge the volume, or lower `--reserve`.',
    );
  });
}

interface Found {
  readonly base: ChosenBase;
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly logs: ReadonlyMap<string, NodeLog>;
  readonly target: Date;
}

async function planOf(
  ports: Ports,
  cluster: Cluster,
  { base, manifests, logs, target }: Found,
  options: RewindOptions,
): Promise<RewindPlan> {
  return withSessions(ports, [cluster], async ([connected]) => {
    const session = connected?.session;
    checkLogged((await session?.describeSchema()) ?? []);
    const truncations =
      session === undefined ? [] : await each(cluster.nodes, (n) => session.truncations(n), options);
    const files = [...manifests].map(([node, m]) => [node, [...filesOf(m.tables)].length] as const);
    return planRewind({
      ...{ cluster: cluster.name, target, now: ports.clock.now(), base: base.tag, logs, truncations },
      files: new Map(files),
      tables: [...manifests.values()][0]?.tables ?? [],
      live: (await session?.tableIds()) ?? new Map(),
      baseAt: Math.max(...[...base.on.values()].map((p) => Date.parse(p.endedAt))),
    });
  });
}

/** Where it has come to nothing, for a person to choose. */
export function nothingToDo(verb: 'undo' | 'accept'): KassetteError {
  return new KassetteError(
    'USAGE',
    `There is no rewind to ${verb}.`,
    hint`Nothing was changed. ${kassette('status')} shows what is in the volumes.`,
  );
}
