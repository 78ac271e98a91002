import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { follow } from './follow.ts';

/*
 * The management API gives up a call after 30 s, and the node goes on. Removing files under a snapshot that is still being made
 * is a disk error to Cassandra, which by default stops CQL and gossip. So a run that wants to remove one looks first.
 */

/** A snapshot links files all the time, however slowly; only the flush of a table comes between, which is looked for. */
const QUIET_MS = 60_000;
/** One that was asked for a moment ago may not have begun. */
const BEGIN_MS = 10_000;

type SnapshotPorts = Pick<Ports, 'volumes' | 'control' | 'clock'>;

/** Wait until the snapshot that the node makes by itself is whole. @throws NODE_OPERATION where it stops before its end */
export async function awaitWhole(
  ports: SnapshotPorts,
  session: CqlSession,
  node: Node,
  tag: string,
  options: { readonly signal: AbortSignal; readonly note?: (text: string) => void },
): Promise<void> {
  const look = async () => {
    const { progress, missing, files } = await lookAt(ports, session, node, tag);
    options.note?.(`${node.name}: ${files} files, ${missing} tables to go`);
    return { done: missing === 0, progress };
  };
  if (await follow(ports.clock, look, { quietMs: QUIET_MS, signal: options.signal })) return;
  throw new KassetteError(
    'NODE_OPERATION',
    `${node.name}: snapshot ${tag} stopped before its end: nothing was added to it for ${QUIET_MS / 1000} s.`,
    `No backup was made. Read the Cassandra log of ${node.name} for the cause, then run the same command again.`,
  );
}

/**
 * Wait until nothing adds to the snapshot any more, whether or not it is whole. That a file is older than the start of Cassandra is no
 * sign of it: the node's clock may have been set back. @throws TIMEOUT after `limitMs`
 */
export async function awaitEnd(
  ports: SnapshotPorts,
  session: CqlSession,
  node: Node,
  tag: string,
  {
    signal,
    limitMs = Number.POSITIVE_INFINITY,
  }: { readonly signal?: AbortSignal; readonly limitMs?: number },
): Promise<void> {
  const deadline = ports.clock.now().getTime() + limitMs;
  let emptySince: number | undefined;
  const look = async () => {
    const { progress, missing, files } = await lookAt(ports, session, node, tag);
    const now = ports.clock.now().getTime();
    emptySince = files > 0 ? undefined : (emptySince ?? now);
    const isEmpty = emptySince !== undefined && now - emptySince >= BEGIN_MS;
    const done = missing === 0 || isEmpty;
    if (!done && now >= deadline) throw stillMade(node, tag);
    return { done, progress };
  };
  await follow(ports.clock, look, { quietMs: QUIET_MS, ...(signal === undefined ? {} : { signal }) });
}

async function lookAt(ports: SnapshotPorts, session: CqlSession, node: Node, tag: string) {
  const [{ files, whole, changedAt }, ids, flushing] = await Promise.all([
    ports.volumes.snapshotProgress(node, tag),
    session.tableIds(),
    session.isFlushing(node),
  ]);
  const missing = [...ids.values()].filter((id) => !whole.has(id.replaceAll('-', ''))).length;
  // A flush that goes on is progress, too.
  const moment = flushing ? ports.clock.now().getTime() : 0;
  return { files, missing, progress: [files, whole.size, changedAt, moment].join(' ') };
}

/** A backup's snapshot on one node, and whether Cassandra may still be making it. */
export interface Removable {
  readonly node: Node;
  readonly tags: readonly string[];
  /** Those of them that are known to have ended. */
  readonly ended: (tag: string) => boolean;
}

/**
 * Remove everything of these backups from one node, in the order in which nothing can go wrong: the marker, so that none passes
 * for a backup; once no snapshot is being made any more the snapshots, by Cassandra itself; at last the files.
 */
export async function removeSnapshots(
  ports: SnapshotPorts,
  session: CqlSession,
  { node, tags, ended }: Removable,
  options: { readonly signal?: AbortSignal; readonly limitMs?: number },
): Promise<void> {
  if (tags.length === 0) return;
  await ports.volumes.invalidate(node, tags);
  for (const tag of tags) {
    if (!ended(tag)) await awaitEnd(ports, session, node, tag, options);
    await clear(ports, node, tag);
  }
  await ports.volumes.remove(node, tags);
}

/** Let Cassandra remove a snapshot that has ended, and wait for the end of that. */
export async function clear(
  { control, volumes, clock }: SnapshotPorts,
  node: Node,
  tag: string,
): Promise<void> {
  while ((await control.clearSnapshot(node, tag)) === 'underway') {
    const look = async () => {
      const { files } = await volumes.snapshotProgress(node, tag);
      return { done: files === 0, progress: String(files) };
    };
    if (!(await follow(clock, look, { quietMs: QUIET_MS }))) throw stillRemoved(node, tag);
  }
}

function stillMade(node: Node, tag: string): KassetteError {
  return new KassetteError(
    'TIMEOUT',
    `${node.name} is still taking snapshot ${tag}; removing it now would stop Cassandra there.`,
    hint`Nothing of it was removed. Run ${kassette('after-backup', '--tag', tag)} when it has ended.`,
  );
}

function stillRemoved(node: Node, tag: string): KassetteError {
  return new KassetteError(
    'TIMEOUT',
    `${node.name} was asked to remove snapshot ${tag}, and nothing was removed for ${QUIET_MS / 1000} s.`,
    hint`Read the Cassandra log of ${node.name} for the cause. Then run ${kassette('after-backup', '--tag', tag)} again.`,
  );
}
