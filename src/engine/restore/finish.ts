import { isSnapshotOf } from '../../domain/backup/untrusted.ts';
import { type Journal, type RestoreRecord, renderRecord } from '../../domain/restore/journal.ts';
import type { Ports } from '../../ports/ports.ts';
import { gossipGenerations } from '../cluster/generations.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { clear } from '../cluster/snapshot-work.ts';
import { each } from '../each.ts';
import { awaitViews } from '../schema/build-views.ts';
import type { RestoreOptions } from './options.ts';
import type { RestoredCluster } from './restored.ts';

type KnownSnapshots = Pick<Journal, 'autoSnapshots' | 'caused' | 'emptied'>;

/** A restore whose data are loaded on all nodes, and which has only to tidy up. */
export interface Ending {
  readonly tag: string;
  /** Of the nodes that are not tidied yet, by node name. */
  readonly journals: ReadonlyMap<string, KnownSnapshots>;
  readonly method: RestoreRecord['method'];
  readonly tables: number;
  readonly files: number;
  readonly bytes: number;
  /** Tables, quoted, that were written to meanwhile. */
  readonly concurrentWrites: readonly string[];
  /** Views, `keyspace.name`, that nodes may still be building. */
  readonly building: readonly string[];
}

/** Wait for views that are being built, so that the data are the backup's. Then record the restore on every node; then remove the snapshots, kassette's and the automatic ones that the restore caused. */
export async function finish(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  ending: Ending,
  options: RestoreOptions,
): Promise<RestoredCluster> {
  const { tag, tables, files, bytes } = ending;
  await awaitViews(ports, { cluster, session }, ending.building, options);
  await ports.progress.step('Removing the backup and the automatic snapshots', async () => {
    const generations = await gossipGenerations(session, cluster, options.concurrency);
    await each(
      cluster.nodes,
      async (node) => {
        const journal = ending.journals.get(node.name);
        if (journal === undefined) return;
        const caused =
          journal.caused ?? snapshotsSince(journal, (await ports.volumes.survey(node)).autoSnapshots);
        const record = renderRecord({
          version: 1,
          tag,
          restoredAt: ports.clock.now().toISOString(),
          method: ending.method,
          gossipGeneration: generations.get(node.name) ?? 0,
          tables,
          files,
          bytes,
        });
        // By Cassandra first, which keeps a list of its snapshots.
        await clear(ports, node, tag);
        await ports.volumes.finish(node, tag, record, caused);
      },
      options,
    );
  });
  const outcome = 'finished';
  return {
    cluster: cluster.name,
    tag,
    outcome,
    tables,
    files,
    bytesLinked: bytes,
    bytesCopied: 0,
    why: null,
    cold: null,
    concurrentWrites: ending.concurrentWrites,
    viewsRebuilt: ending.building,
    plan: null,
  };
}

/** Automatic snapshots (`…/snapshots/truncated-<ms>-<table>`) that have come since the restore began, of what it empties or drops. */
export function snapshotsSince(
  { autoSnapshots: known, emptied }: KnownSnapshots,
  autoSnapshots: readonly string[],
): readonly string[] {
  const before = new Set(known);
  const tables = emptied?.map((key) => ({
    keyspace: key.split('.')[0] ?? '',
    name: key.split('.')[1] ?? '',
  }));
  return autoSnapshots.filter(
    (path) => !before.has(path) && (tables === undefined || isSnapshotOf(tables, path)),
  );
}
