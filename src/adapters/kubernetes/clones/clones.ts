import { join, relative } from 'node:path';
import type { V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import pMap from 'p-map';
import type { Node } from '../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../domain/errors.ts';
import { hint, kubectl } from '../../../domain/hint.ts';
import type { JobSettings } from '../../../domain/jobs/settings.ts';
import { flagsTo, type Location, placeName } from '../../../domain/k8ssandra/locations.ts';
import { CLONING, READ } from '../../../domain/rights.ts';
import { type CloneSource, showSource } from '../../../domain/transfer/source.ts';
import { type NodeShell, runAgain } from '../../../ports/node-shell.ts';
import type { VolumeClones } from '../../../ports/volume-clones.ts';
import { checkRights } from '../client/access.ts';
import { call } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { type CloneClaim, cloneClaims } from './clone-claims.ts';
import { CLONE, hostOf } from './clone-job.ts';
import { AT_A_TIME, ClonePods } from './clone-pods.ts';
import { CoMounts } from './co-mounts.ts';
import type { MountedClone, MountedClones } from './mounted-clones.ts';

const HAS_BACKUPS = 'cd -- "$1" && if [ -d kassette ]; then echo yes; fi';

export interface ClonesOptions {
  readonly shell: NodeShell;
  readonly timeoutMs: number;
  /** Whether no other run that does is at work. */
  readonly holdsLease: boolean;
  /** Of the Jobs. */
  readonly settings: JobSettings;
  /** After how many milliseconds rights that are missing are asked for again; less than usual only in tests. */
  readonly againAfterMs?: readonly number[] | undefined;
  readonly warn: (message: string) => void;
}

/** Claims that a Volume Clone Restore has made, each mounted read-only by a pod of a Job. */
export function kubernetesClones(
  connection: Connection,
  mounted: MountedClones,
  { shell, timeoutMs, holdsLease, settings, againAfterMs, warn }: ClonesOptions,
): VolumeClones {
  const jobs = new ClonePods(connection, holdsLease, settings);
  const coMounts = new CoMounts(connection, mounted, jobs, timeoutMs);
  const mount = async (claim: CloneClaim, like: Node, pod: V1Pod, signal: AbortSignal) => {
    const near = claim.likely?.spec?.nodeName;
    const options = { host: hostOf(pod), clone: claim.name, near, live: undefined };
    const started = await jobs.start('read', options, { timeoutMs, signal });
    const clone = { claim, node: cloneNode(claim.name, like), started };
    mounted.set(claim.name, clone);
    const answer = await runAgain(() => shell.run(clone.node, HAS_BACKUPS, [CLONE]));
    return answer.length > 0 ? clone : null;
  };
  return {
    async find(from, live, signal) {
      if (from.kind !== 'clones') throw notHere(from);
      await checkRights(connection, Object.values(CLONING), againAfterMs);
      const { claims, pods } = await look(connection);
      const names = live.map((n) => n.name);
      const chosen = cloneClaims(claims, pods, names, from.suffixes);
      if (chosen.length === 0) throw noClones([connection], from.suffixes);
      await jobs.removeLeftovers();
      const each = async (claim: CloneClaim) => {
        const like = live.find((n) => n.name === claim.likely?.metadata?.name) ?? live[0];
        const pod = pods.find((p) => p.metadata?.name === like?.name);
        if (like === undefined || pod === undefined) throw noPod();
        return mount(claim, like, pod, signal);
      };
      const found = await all(chosen, each);
      const copies = found.flatMap((c) => c?.node ?? []);
      if (copies.length === 0) throw noClones([connection], from.suffixes);
      return copies;
    },
    coMount: (copy, live, signal) => coMounts.arrange(copy, live, signal),
    async release() {
      coMounts.end();
      mounted.clear();
      const left = await jobs.removeAll();
      if (left.length === 0) return;
      warn(`Not removed: ${left.map((l) => `Job ${l}`).join(', ')}. They end by themselves within minutes.`);
    },
  };
}

async function look({ core, namespace }: Connection): Promise<{
  readonly claims: readonly V1PersistentVolumeClaim[];
  readonly pods: readonly V1Pod[];
}> {
  const [claims, pods] = await Promise.all([
    call(CLONING.claims, namespace, () => core.listNamespacedPersistentVolumeClaim({ namespace })),
    call(READ.pods, namespace, () => core.listNamespacedPod({ namespace })),
  ]);
  return { claims: claims.items, pods: pods.items };
}

/** Removing what was begun must not race with the rest of it: the first error is thrown when all have ended. */
async function all<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  let failure: { readonly error: unknown } | undefined;
  const results = await pMap(
    items,
    async (item) => {
      try {
        return failure === undefined ? [await work(item)] : [];
      } catch (error) {
        failure ??= { error };
        return [];
      }
    },
    { concurrency: AT_A_TIME },
  );
  if (failure !== undefined) throw failure.error;
  return results.flat();
}

/** Directories that lie outside the volume are in no clone of it. */
function cloneNode(name: string, like: Node): MountedClone['node'] {
  const paths = like.dataDirectories.map((d) => relative(like.volume, d)).filter((p) => !p.startsWith('..'));
  return { ...like, name, volume: CLONE, dataDirectories: paths.map((p) => join(CLONE, p)) };
}

function notHere(from: CloneSource): KassetteError {
  return new KassetteError(
    'USAGE',
    `--from ${showSource(from)} is for embedded clusters.`,
    'Nothing was changed. On Kubernetes name a backup in the volumes, `--from backup:TAG`, or clones of the volumes, `--from clones:SUFFIX`.',
  );
}

/** @param places in which they were looked for */
export function noClones(
  places: readonly [Location, ...Location[]],
  suffixes: readonly string[],
): KassetteError {
  const ends = suffixes.map((s) => `\`${s}\``).join(' or ');
  return new KassetteError(
    'NO_VOLUME',
    `No claim in namespace ${places.map(placeName).join(', ')} is a clone of a node's volume with a backup in it and has a name that ends with ${ends}.`,
    hint`Nothing was changed. Look at ${kubectl('get', 'persistentvolumeclaims', ...flagsTo(places[0]))}: what has the Volume Clone Restore appended to the names? Check that its restore point was made between \`before-backup\` and \`after-backup\`.`,
  );
}

function noPod(): KassetteError {
  return new KassetteError(
    'NOT_READY',
    'There is no pod of the datacenter, whose image reads clones.',
    'Nothing was changed. Start the datacenter; then run the command again.',
  );
}
