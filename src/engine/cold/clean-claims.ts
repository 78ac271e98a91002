import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import type { ColdResult } from '../../domain/restore/cold-result.ts';
import type { ColdVolume } from '../../ports/platform/recovery.ts';
import type { Ports } from '../../ports/ports.ts';
import { withLease } from '../cluster/lease.ts';
import { cleanAll } from './clean-all.ts';
import type { CleanVolumeOptions } from './volume/options.ts';

export interface CleanClaimsOptions extends Omit<CleanVolumeOptions, 'expected'> {
  readonly claims: readonly string[];
  /** All claims of these datacenters, whose objects may be gone. */
  readonly datacenters: readonly string[];
}

export interface CleanClaimsResult {
  readonly seconds: number;
  readonly volumes: readonly ColdResult[];
}

/** Restore the volumes of claims cold, all at once; no pod may use them. */
export async function cleanClaims(ports: Ports, given: CleanClaimsOptions): Promise<CleanClaimsResult> {
  return withLease(ports, 'clean-volume', given, async (options) => {
    const started = ports.clock.now();
    const volumes = await findVolumes(ports, options);
    const results = await cleanAll(ports, volumes, options);
    if (results === null) throw startedSince(volumes);
    const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
    return { seconds, volumes: results };
  });
}

async function findVolumes(
  { recovery, datacenters }: Ports,
  { claims, datacenters: names }: CleanClaimsOptions,
): Promise<readonly ColdVolume[]> {
  // Where the object is there it has the user of the pods; where it is gone, cass-operator's own is taken.
  await datacenters.find([]).catch(ifNotFound);
  if (claims.length > 0) return recovery.volumes({ names: claims });
  return (await Promise.all(names.map((datacenter) => recovery.volumes({ datacenter })))).flat();
}

function ifNotFound(error: unknown): readonly [] {
  if (error instanceof KassetteError && error.code === 'NOT_FOUND') return [];
  throw error;
}

function startedSince(volumes: readonly ColdVolume[]): KassetteError {
  return new KassetteError(
    'STARTED_SINCE',
    `All of ${volumes.map((v) => v.name).join(', ')} were restored cold, and Cassandra has run on them since.`,
    hint`Nothing was changed. Run ${kassette('after-restore')} to finish the restore. Or restore again with \`--again\`: what was written since is lost then.`,
  );
}
