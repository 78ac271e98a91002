import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestDatacenter } from '../datacenter.ts';
import type { NamespaceBackup } from './volume-snapshots.ts';

const run = promisify(execFile);
let number = 0;

/** A claim beside the live ones, and the directory with its content on this machine. */
export interface Clone {
  readonly claim: string;
  readonly volume: string;
  readonly path: string;
}

/**
 * What a Volume Clone Restore makes: of each volume snapshot a claim with the labels of the original, whose name has something
 * appended.
 * @param nameOf the name before that, by the original's
 */
export async function cloneVolumes(
  backup: NamespaceBackup,
  datacenter: TestDatacenter,
  appended: string,
  { nameOf = (claim) => claim, accessMode = 'ReadWriteOnce' }: CloneOptions = {},
): Promise<readonly Clone[]> {
  const { bed, namespace } = datacenter;
  const clones: Clone[] = [];
  for (const { claim, snapshot } of backup.snapshots) {
    const name = `${nameOf(claim.metadata.name)}-${appended}`;
    const volume = `clone-${process.pid}-${++number}`;
    await bed.volumes.restore(snapshot, volume, { claim: { namespace, name } });
    const accessModes = [accessMode];
    await bed.kubectl(['patch', 'pv', volume, '-p', JSON.stringify({ spec: { accessModes } })]);
    const metadata = { name, namespace, labels: claim.metadata.labels };
    const spec = { ...claim.spec, volumeName: volume, accessModes };
    await bed.apply([{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }]);
    clones.push({ claim: name, volume, path: bed.volumes.path(volume) });
  }
  return clones;
}

interface CloneOptions {
  readonly nameOf?: (claim: string) => string;
  readonly accessMode?: 'ReadWriteOnce' | 'ReadWriteOncePod';
}

export async function removeClones(clones: readonly Clone[], datacenter: TestDatacenter): Promise<void> {
  for (const { claim, volume } of clones) {
    await datacenter.kubectl('delete', 'pvc', claim, '--ignore-not-found', '--timeout=60s');
    await datacenter.bed.volumes.delete(volume);
  }
}

/** Every file of the clones with its content's sum, times, mode and owner. */
export async function fingerprint(clones: readonly Clone[]): Promise<string> {
  const script = `find "$@" -printf '%p %s %T@ %C@ %m %u %g\\n' -type f -exec cksum {} + | sort`;
  const args = ['-c', script, 'sh', ...clones.map((c) => c.path)];
  return (await run('sh', args, { maxBuffer: 2 ** 28 })).stdout;
}

/** Files below the staging directories of the live volumes that have anything in them, with their sizes. */
export async function staged(datacenter: TestDatacenter): Promise<ReadonlyMap<string, number>> {
  const script = `find "$1/kassette/staging" -type f -size +0 -printf '%s %p\\n' 2> /dev/null || true`;
  const paths = await livePaths(datacenter);
  const listed = await Promise.all(paths.map(async (p) => (await run('sh', ['-c', script, 'sh', p])).stdout));
  const lines = listed.flatMap((text) => text.split('\n').filter(Boolean));
  return new Map(lines.map((line) => [line.replace(/^\d+ /, ''), Number(line.split(' ')[0])]));
}

async function livePaths(datacenter: TestDatacenter): Promise<readonly string[]> {
  const { bed, namespace } = datacenter;
  const claims = (await datacenter.pods()).map((p) => p.claim);
  const names = await Promise.all(claims.map((c) => bed.volumes.ofClaim(namespace, c)));
  return names.map((n) => bed.volumes.path(n ?? ''));
}

/** A Data.db of the backup in a clone. */
export async function dataFile({ path }: Clone, tag: string, table: string): Promise<string> {
  const wanted = `*/${table}-*/snapshots/${tag}/*-Data.db`;
  return (await run('find', [join(path, 'data'), '-path', wanted, '-print', '-quit'])).stdout.trim();
}
