import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import { TRUNCATE_MS, truncatedOnSome } from '../../domain/moment/same-moment.ts';
import type { Ports } from '../../ports/ports.ts';
import { lookUntil } from '../../ports/until.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { truncatedAt } from './moment.ts';
import type { SnapshotCluster } from './snapshot.ts';

const EVERY = { first: 100, slowest: 2000 };

/**
 * That no node has truncated a table since the snapshots that others had truncated before: theirs have the rows of after it then, its
 * own those of before. A TRUNCATE that has come since does no harm; all nodes carry it out, and that is waited for. To be called right before
 * the markers are written: what a node does later does not show.
 * @throws TABLES_TRUNCATED
 */
export async function refuseIfTruncatedLate(
  ports: Ports,
  { session, cluster, schema, truncatedAt: since }: ConnectedCluster & SnapshotCluster,
  options: CommonOptions,
): Promise<void> {
  let table: string | null = null;
  const look = async () => {
    const pairs = await each(
      cluster.nodes,
      async (node) => {
        const now = await truncatedAt(session, node, schema);
        return { now, before: since.get(node.name) ?? now };
      },
      options,
    );
    table = truncatedOnSome(schema, pairs);
    return table === null ? { found: true } : null;
  };
  const { clock } = ports;
  if (await lookUntil(look, { every: EVERY, within: TRUNCATE_MS, clock, signal: options.signal })) return;
  throw new KassetteError(
    'TABLES_TRUNCATED',
    `Table ${table} was truncated on some nodes after the snapshots were taken, and on others not.`,
    hint`No backup was made. Run ${kassette('before-backup')} when nobody truncates tables.`,
  );
}
