import {
  needsCure,
  notCured,
  type Stuck,
  statusToWrite,
  waitsForReplication,
} from '../../domain/k8ssandra/cure.ts';
import { locationText } from '../../domain/k8ssandra/locations.ts';
import { refuseUnderway } from '../../domain/k8ssandra/restoring.ts';
import type { ObjectAbove } from '../../ports/platform/object-above.ts';
import type { Ports } from '../../ports/ports.ts';
import { lookUntil } from '../../ports/until.ts';
import type { CommonOptions, TagOption } from '../options.ts';
import { savedInVolumes } from './saved-in-volumes.ts';

/** The operator needs some seconds. */
const CURED_MS = 60_000;
const POLL_MS = 1000;

/**
 * Give a restored K8ssandraCluster back what its status lacks, from the backup in the volumes, and have its operator look again where it waits for
 * ever: it would take restored datacenters for new ones. Once in a run. Where nothing was kept, nothing is written.
 * @throws NOT_READY while a datacenter is rebuilt, and where the operator still does not get further
 */
export async function mendAbove(ports: Ports, options: CommonOptions & TagOption): Promise<void> {
  const { above } = ports;
  if (above === undefined) return;
  const { state, tasks, stuck } = await above.now();
  refuseUnderway(state, tasks);
  if (!needsCure(state, stuck)) return;
  const kept = await savedInVolumes(ports, options);
  if (kept === null) return;
  options.signal.throwIfAborted();
  await ports.progress.step('Giving the K8ssandraCluster its status back', async (report) => {
    const written = await above.giveBack((now) => statusToWrite(kept.saved, now, kept.hostIds), stuck.roles);
    if (written.length > 0) report.note(`datacenters ${written.join(', ')}`);
    if (stuck.replication) await awaitCure(ports, above, options);
  });
  warnOfCure(ports, stuck);
}

async function awaitCure({ clock }: Ports, above: ObjectAbove, { signal }: CommonOptions): Promise<void> {
  const look = async () => {
    const { state } = await above.now();
    return waitsForReplication(state) ? null : { found: true };
  };
  const pace = { every: POLL_MS, within: CURED_MS, signal, clock };
  if ((await lookUntil(look, pace)) === null) throw notCured((await above.now()).state);
}

function warnOfCure({ progress }: Ports, { replication, roles }: Stuck): void {
  if (replication)
    progress.warn(
      'k8ssandra-operator had altered system keyspaces to a part of the datacenters, and got no further. It was helped; their replication is its own to set, and no part of the backup.',
    );
  for (const role of roles)
    progress.warn(
      `Datacenter ${role.name} in ${locationText(role)} had not got its superuser yet, for which all datacenters must be up. cass-operator was told to try again.`,
    );
}
