import type { V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import { LABELS } from '../client/resources.ts';
import { OF_A_POD } from '../datacenters/claims.ts';

/** What a pod's claim is called in its `volumes`. */
const DATA_VOLUME = 'server-data';

export interface CloneClaim {
  readonly name: string;
  /** Whether only one pod at a time may use it, not only one machine. */
  readonly forOnePod: boolean;
  /** The pod whose claim's name begins the clone's: where it is likely to be needed, no more than that. */
  readonly likely: V1Pod | undefined;
}

/**
 * Claims of Cassandra's data whose names end in one of these, without those that pods of a datacenter have, and without clones of
 * another datacenter's: a Volume Clone Restore of a whole namespace makes those, too.
 * @param pods those of the namespace
 * @param names of the pods that may be meant
 */
export function cloneClaims(
  claims: readonly V1PersistentVolumeClaim[],
  pods: readonly V1Pod[],
  names: readonly string[],
  suffixes: readonly string[],
): readonly CloneClaim[] {
  const owners = new Map(pods.filter(isOfDatacenter).map((p) => [dataClaimOf(p) ?? '', p]));
  const isMeant = (pod: V1Pod | undefined) => pod === undefined || names.includes(pod.metadata?.name ?? '');
  return claims.flatMap((claim) => {
    const { name = '', deletionTimestamp } = claim.metadata ?? {};
    const isLive = OF_A_POD.test(name) || owners.has(name);
    const suffix = longestEndOf(name, suffixes);
    if (!name.startsWith(`${DATA_VOLUME}-`) || suffix === undefined) return [];
    if (isLive || deletionTimestamp !== undefined) return [];
    const likely = owners.get(name.slice(0, -suffix.length).replace(/-$/, ''));
    return isMeant(likely) ? [{ name, forOnePod: isForOnePod(claim), likely }] : [];
  });
}

function longestEndOf(name: string, suffixes: readonly string[]): string | undefined {
  return suffixes.filter((s) => name.endsWith(s)).toSorted((a, b) => b.length - a.length)[0];
}

export function dataClaimOf(pod: V1Pod): string | undefined {
  return pod.spec?.volumes?.find((v) => v.name === DATA_VOLUME)?.persistentVolumeClaim?.claimName;
}

export function isForOnePod({ spec }: V1PersistentVolumeClaim): boolean {
  return spec?.accessModes?.includes('ReadWriteOncePod') ?? false;
}

function isOfDatacenter({ metadata }: V1Pod): boolean {
  return metadata?.labels?.[LABELS.datacenter] !== undefined;
}
