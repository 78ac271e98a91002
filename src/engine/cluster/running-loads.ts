import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { follow, loadPatience } from './follow.ts';

/** What a restore is about to empty, and where. */
export interface Truncated {
  readonly session: CqlSession;
  readonly nodes: readonly Node[];
  readonly tag: string;
  readonly tables: readonly { readonly keyspace: string; readonly name: string }[];
  /** Whether an earlier run of the restore was cut off: then nodes may be loading what it linked. */
  readonly interrupted: boolean;
}

/** Files that are being taken in are renamed one after the other, in far less than this. */
const STEADY_MS = 2000;

/**
 * Wait until no node loads any of these tables: a run that was killed leaves loads behind, which go on by themselves, and one
 * into a table that is truncated meanwhile would fill it again, or fail half-way.
 * @throws TIMEOUT where a load goes on without progress
 */
export async function awaitLoads(ports: Ports, truncated: Truncated, options: CommonOptions): Promise<void> {
  const keys = new Set(truncated.tables.map(tableKey));
  await each(truncated.nodes, (node) => awaitLoadsOn(ports, truncated, node, keys, options), options);
}

async function awaitLoadsOn(
  { clock, volumes, progress }: Ports,
  { session, tag, interrupted }: Truncated,
  node: Node,
  keys: ReadonlySet<string>,
  { timeoutMs, signal }: CommonOptions,
): Promise<void> {
  let [linked, since, reported] = [-1, 0, false];
  const isSteady = async () => {
    if (!interrupted) return true;
    const { linkedFiles } = await volumes.read(node, tag);
    const now = clock.now().getTime();
    if (linkedFiles !== linked) [linked, since] = [linkedFiles, now];
    return linked === 0 || now - since >= STEADY_MS;
  };
  const look = async () => {
    const running = [...(await session.indexBuilds(node))].filter(
      ([key, build]) => keys.has(key) && build.progress !== null,
    );
    if (running.length > 0 && !reported) {
      reported = true;
      progress.warn(`${node.name} is still building indexes of ${running.map(([key]) => key).join(', ')}.`);
    }
    const done = (await isSteady()) && running.length === 0;
    return { done, progress: JSON.stringify([running, linked]) };
  };
  const quietMs = loadPatience({ timeoutMs });
  if (await follow(clock, look, { quietMs, signal })) return;
  throw new KassetteError(
    'TIMEOUT',
    `${node.name} is still loading tables of an earlier run, or building their indexes, without progress for ${quietMs / 1000} s.`,
    `This run changed nothing live. Read the Cassandra log of ${node.name}, then run the same command again.`,
  );
}
