import { recreateStatements } from '../../domain/restore/restore-plan.ts';
import { keyOf } from '../../domain/schema/schema.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import type { CommonOptions } from '../options.ts';
import { recreateViews } from '../schema/build-views.ts';
import { givePermissionsBack } from '../schema/permissions.ts';
import type { ColdDatabase } from './cold-checks.ts';

/** A view that has another id than in the backup was recreated by an earlier run, which may have been killed before its permissions. */
export async function rebuildViews(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  database: ColdDatabase,
  options: CommonOptions,
): Promise<void> {
  await recreateViews(ports, { cluster, session }, recreateStatements(database.due), options);
  await givePermissionsBack(
    ports,
    { ...database, session, cluster },
    new Set(database.rebuilt.map(keyOf)),
    options,
  );
}
