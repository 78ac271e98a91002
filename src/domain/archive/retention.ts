import { tagTime } from '../backup/tag.ts';
import { type Base, baseIn } from './base.ts';
import { byId, type Segment } from './segments.ts';

/** A backup that was closed and kept, in one volume. */
export interface RetainedBackup {
  readonly tag: string;
  /** The text of its complete marker; null where it has none. */
  readonly marker: string | null;
}

/** What of one volume says which backups may stay. */
export interface RetainingVolume {
  readonly retained: readonly RetainedBackup[];
  /** When a restore of these data was finished, ISO 8601; null where there was none. */
  readonly restoredAt: string | null;
  /** Whether its archive has stopped by itself. */
  readonly stopped: boolean;
}

/**
 * Which kept backups stay while another is made: the newest, and only what all of these volumes have whole. What is older than a restore,
 * or than a stop of the archive, is no base any more: the log between is another database's, or is missing.
 * @param keep how many backups there are to be with the new one
 * @param isRewinding whether a rewind may still be undone: what is of no use now is of use then, and all stay
 */
export function planRetention(
  volumes: readonly RetainingVolume[],
  keep: number,
  isRewinding = false,
): { readonly stay: readonly string[]; readonly go: readonly string[] } {
  const all = [...new Set(volumes.flatMap((v) => v.retained.map((r) => r.tag)))].toSorted();
  if (isRewinding) return { stay: all, go: [] };
  const restored = Math.max(0, ...volumes.map((v) => Date.parse(v.restoredAt ?? '') || 0));
  const isBase = (tag: string) =>
    (tagTime(tag)?.getTime() ?? 0) > restored &&
    volumes.every((v) => !v.stopped && v.retained.some((r) => r.tag === tag && r.marker !== null));
  const stay = keep <= 1 ? [] : all.filter(isBase).slice(-(keep - 1));
  return { stay, go: all.filter((tag) => !stay.includes(tag)) };
}

/**
 * Names of archived segments that no kept backup of the node needs. The last of them stays as a margin, and as what shows that the node
 * archives. A backup that says nothing of the log was made before the node archived it: no segment is needed for it.
 */
export function prunable(
  archived: readonly Segment[],
  kept: readonly Pick<RetainedBackup, 'marker'>[],
): readonly string[] {
  const firsts = kept.flatMap(({ marker }) => firstIn(baseIn(marker)));
  const isNeeded = (s: Segment) => firsts.some((first) => s.id >= first);
  return archived
    .filter((s) => !isNeeded(s))
    .toSorted(byId)
    .slice(0, -1)
    .map((s) => s.name);
}

const firstIn = (base: Base | null): readonly bigint[] => (base === null ? [] : [BigInt(base.first)]);
