import { existsSync } from 'node:fs';
import { chown, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { BedError } from '../bed-error.ts';
import { apply, kubectl } from '../kubernetes/kubectl.ts';
import type { Places } from '../places.ts';
import { run } from '../run.ts';
import { type ClaimName, persistentVolume, STORAGE_CLASS } from './volume-objects.ts';

const SIZE_BYTES = 8 * 1024 ** 3;
/** The user that the Cassandra image runs as. */
const OWNER = 999;

/** Persistent volumes on btrfs subvolumes. A snapshot is instant and crash-consistent, as a storage system's is. */
export interface Volumes {
  /** An empty volume, kept for that claim, or free for the first one of the storage class. */
  create(name: string, claim?: ClaimName): Promise<void>;
  snapshot(name: string, snapshot: string): Promise<void>;
  /** A volume with the snapshot's content, kept for that claim: the claim may be made before or after. */
  restore(snapshot: string, name: string, target: { readonly claim: ClaimName }): Promise<void>;
  /** The volume with its content. One that a claim still holds is waited for, up to a minute. */
  delete(name: string): Promise<void>;
  deleteSnapshot(snapshot: string): Promise<void>;
  /** Writes a snapshot into a file outside the bed, which outlives it. */
  exportSnapshot(snapshot: string, file: string): Promise<void>;
  /** Reads a snapshot back from such a file, under the name that it had. */
  importSnapshot(file: string): Promise<void>;
  /** Makes every volume whose claim is gone anew and empty, and tells which. */
  remakeReleased(): Promise<readonly string[]>;
  /** The volume that the claim is bound to. */
  ofClaim(namespace: string, claim: string): Promise<string | undefined>;
  /** Where this machine finds the volume's content. */
  path(name: string): string;
}

interface VolumeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly storageClassName?: string };
    readonly status: { readonly phase: string };
  }[];
}

export async function mountVolumes(places: Places): Promise<void> {
  const file = await open(places.volumesFile, 'w');
  await file.truncate(SIZE_BYTES);
  await file.close();
  await run('mkfs.btrfs', ['--quiet', places.volumesFile]);
  await mkdir(places.volumes, { recursive: true });
  await run('mount', ['-t', 'btrfs', '-o', 'loop', places.volumesFile, places.volumes]);
  for (const name of ['data', 'snapshots']) await mkdir(join(places.volumes, name));
}

export function volumesOf(places: Places): Volumes {
  const data = (name: string) => join(places.volumes, 'data', name);
  const kept = (snapshot: string) => join(places.volumes, 'snapshots', snapshot);
  const remove = async (name: string) => {
    await kubectl(places, ['delete', 'persistentvolume', name, '--ignore-not-found', '--timeout=60s']);
    if (existsSync(data(name))) await subvolume('delete', data(name));
  };
  const create = async (name: string, claim?: ClaimName) => {
    await subvolume('create', data(name));
    await chown(data(name), OWNER, OWNER);
    await apply(places, [persistentVolume(name, data(name), claim)]);
  };
  return {
    create,
    delete: remove,
    path: data,
    snapshot: (name, snapshot) => subvolume('snapshot', '-r', data(name), kept(snapshot)),
    deleteSnapshot: (snapshot) => subvolume('delete', kept(snapshot)),
    exportSnapshot: (snapshot, file) => btrfs('send', '--quiet', '-f', file, kept(snapshot)),
    importSnapshot: (file) => btrfs('receive', '--quiet', '-f', file, join(places.volumes, 'snapshots')),
    restore: async (snapshot, name, { claim }) => {
      await subvolume('snapshot', kept(snapshot), data(name));
      await apply(places, [persistentVolume(name, data(name), claim)]);
    },
    remakeReleased: async () => {
      const released = await releasedVolumes(places);
      for (const name of released) {
        await remove(name);
        await create(name);
      }
      return released;
    },
    ofClaim: async (namespace, claim) => {
      const name = ['get', 'persistentvolumeclaim', claim, '--namespace', namespace, '--ignore-not-found'];
      return (await kubectl(places, [...name, '-o', 'jsonpath={.spec.volumeName}'])) || undefined;
    },
  };
}

async function releasedVolumes(places: Places): Promise<readonly string[]> {
  const { items } = JSON.parse(
    await kubectl(places, ['get', 'persistentvolumes', '-o', 'json']),
  ) as VolumeList;
  return items
    .filter(({ spec, status }) => spec.storageClassName === STORAGE_CLASS && status.phase === 'Released')
    .map(({ metadata }) => metadata.name);
}

async function subvolume(...args: readonly string[]): Promise<void> {
  const target = args.at(-1) ?? '';
  // btrfs would put the snapshot into an existing one of that name.
  if (args[0] === 'snapshot' && existsSync(target)) throw new BedError(`${target} exists already.`);
  await btrfs('subvolume', ...args);
}

async function btrfs(...args: readonly string[]): Promise<void> {
  await run('btrfs', args);
}
