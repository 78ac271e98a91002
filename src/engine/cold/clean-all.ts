import { KassetteError } from '../../domain/errors.ts';
import type { ColdResult } from '../../domain/restore/cold-result.ts';
import { type Look, planVolumes } from '../../domain/restore-state/offline.ts';
import type { ColdOptions, ColdVolume } from '../../ports/platform/recovery.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';

/**
 * Restore these volumes cold, all at once. Each is looked at first, so that one that cannot be restored keeps all of them
 * as they are.
 * @param ready called with what was found, before the first one is changed; where it fails none is
 * @returns null where all of them were restored before and have been started since: then there is nothing to do. Some may be tidied
 *   already, and have no backup any more; the run that starts the nodes checks whether all is as it was restored.
 */
export async function cleanAll(
  { recovery, progress }: Pick<Ports, 'recovery' | 'progress'>,
  volumes: readonly ColdVolume[],
  options: ColdOptions,
  ready: (found: readonly ColdResult[]) => Promise<void> = async () => {},
): Promise<readonly ColdResult[] | null> {
  const run = (volume: ColdVolume, changed: Partial<ColdOptions>, note: (text: string) => void) =>
    recovery.clean(volume, { ...options, ...changed }, (line) => note(`${volume.name}: ${line}`));
  const seen = await progress.step('Checking the backup in every volume', async (report) => {
    let done = 0;
    return each(
      volumes,
      async (volume): Promise<Look | KassetteError> => {
        const looking = { dryRun: true, listed: options.dryRun && options.listed };
        const found = await orWithout(() => run(volume, looking, report.note));
        report.count(++done, volumes.length);
        return found;
      },
      options,
    );
  });
  // A run that was killed while it tidied up has removed the backup from some volumes.
  if (seen.includes('started since') && seen.every((l) => l === 'started since' || l instanceof Error)) {
    return null;
  }
  const looks = checkAllFound(seen);
  checkOneBackup(volumes, looks);
  const planned = planVolumes(looks, options.again);
  if (planned === null) return null;
  const found = looks.filter((l) => l !== 'started since');
  if (options.dryRun) return found;
  await ready(found);
  return progress.step('Restoring the volumes cold', async (report) => {
    let done = 0;
    return each(
      volumes,
      async (volume) => {
        const result = await run(volume, planned[volumes.indexOf(volume)] ?? {}, report.note);
        report.count(++done, volumes.length);
        return result;
      },
      options,
    );
  });
}

/** A volume without a backup is answered as the error that says so. */
async function orWithout(work: () => Promise<ColdResult>): Promise<Look | KassetteError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'STARTED_SINCE') return 'started since';
    if (error instanceof KassetteError && error.code === 'NO_BACKUP') return error;
    throw error;
  }
}

function checkAllFound(seen: readonly (Look | KassetteError)[]): readonly Look[] {
  return seen.map((look) => {
    if (look instanceof KassetteError) throw look;
    return look;
  });
}

/** Without --tag every volume could have another one. */
function checkOneBackup(volumes: readonly ColdVolume[], looks: readonly Look[]): void {
  const tags = volumes.flatMap((v, i) => {
    const look = looks[i];
    return look === undefined || look === 'started since' ? [] : [{ ...v, tag: look.tag }];
  });
  const byCluster = Map.groupBy(tags, (t) => t.cluster);
  for (const own of byCluster.values()) {
    const other = own.find((t) => t.tag !== own[0]?.tag);
    if (other === undefined) continue;
    throw new KassetteError(
      'BACKUP_AMBIGUOUS',
      `The volumes hold different backups: ${own[0]?.name} has ${own[0]?.tag}, ${other.name} has ${other.tag}.`,
      'Nothing was changed. Restore all volumes from one restore point, or name a backup that all of them have with `--tag`.',
    );
  }
}
