import { isTag } from '../backup/tag.ts';
import { type ColdJournal, lastOf, restoredColdBy } from '../restore/cold-journal.ts';
import type { Journal, RestoreRecord } from '../restore/journal.ts';
import { unended } from '../tables/table-journal.ts';
import type {
  AssessedBackup,
  AssessedVolume,
  BackupParts,
  Generations,
  Loaded,
  RestoredCold,
  RestoreState,
  TablesUnderWay,
} from './state.ts';

/** Of a cluster that only its volumes are known of. */
export const NOT_ASKED: Generations = { now: new Map(), saved: new Map() };

/**
 * What all volumes of one cluster say together. Pure: what is not asked for in `generations` is not found, and then never taken
 * for done.
 */
export function assess(volumes: readonly AssessedVolume[], generations: Generations): RestoreState {
  const parts = partsIn(volumes);
  const begun = begunIn(volumes);
  const common = {
    parts,
    done: begun.length > 0 ? null : doneOf(volumes, generations),
    restarted: restartedOf(parts, generations),
    tables: tablesOf(volumes, generations),
  };
  const endings = [...coldEndings(volumes, generations), ...warmEndings(volumes)];
  const [ended] = endings;
  if (ended !== undefined) {
    const others = new Set([...begun, ...endings.map((e) => e.tag)]);
    others.delete(ended.tag);
    if (others.size > 0) return { ...common, kind: 'contradictory', ended, begun: [...others] };
    return { ...common, ...ended };
  }
  if (begun.length > 0) return { ...common, kind: 'replacing', tags: begun };
  return { ...common, kind: parts.length > 0 ? 'awaiting' : 'nothing' };
}

/** Whether a restore with this backup has begun in this volume, whatever has become of it. */
function hasBegun({ journal, cold }: AssessedBackup): boolean {
  return journal !== null || cold?.value?.stage === 'replacing';
}

function begunIn(volumes: readonly AssessedVolume[]): readonly string[] {
  return [...new Set(volumes.flatMap((v) => v.backups.filter(hasBegun).map((b) => b.tag)))];
}

function partsIn(volumes: readonly AssessedVolume[]): readonly BackupParts[] {
  const parts = volumes.flatMap(({ node, backups }) =>
    backups.map(({ tag, complete, journal, cold }) => ({
      ...{ tag, node, complete, restoring: journal !== null || cold !== null },
    })),
  );
  return [...Map.groupBy(parts, (p) => p.tag)].map(([tag, on]) => ({
    tag,
    on: on.map(({ node, complete }) => ({ node, complete })),
    restoring: on.some((p) => p.restoring),
  }));
}

function recordOf({ restored }: AssessedVolume): RestoreRecord | null {
  return restored?.value ?? null;
}

/** Whether the volume says that the restore with this backup is done, and has nothing of the backup any more. */
function isTidied(volume: AssessedVolume, tag: string): boolean {
  return recordOf(volume)?.tag === tag && !volume.backups.some((b) => b.tag === tag);
}

/** A volume that was restored after the record was written has been started since: it is not taken for a database in order. */
function doneOf(volumes: readonly AssessedVolume[], { now }: Generations): RestoreRecord | null {
  const [first] = volumes.map(recordOf);
  if (first === undefined || first === null) return null;
  const isDone = (v: AssessedVolume) =>
    isTidied(v, first.tag) && recordOf(v)?.gossipGeneration === now.get(v.node);
  return volumes.every(isDone) ? first : null;
}

/** A manifest that is damaged hides nothing: the others' files may still be all that is left of these data. */
function restartedOf(parts: readonly BackupParts[], { now, saved }: Generations): readonly string[] {
  return parts
    .map((p) => p.tag)
    .filter((tag) => {
      const said = [...(saved.get(tag) ?? [])].filter((pair): pair is [string, number] => pair[1] !== null);
      return said.length > 0 && said.every(([node, generation]) => (now.get(node) ?? 0) > generation);
    });
}

function tablesOf(volumes: readonly AssessedVolume[], { now }: Generations): TablesUnderWay | null {
  const entries = volumes.flatMap((v) => v.tables?.value ?? []);
  if (entries.length === 0) return null;
  const tags = volumes.flatMap((v) => v.backups.map((b) => b.tag));
  const left = unended(entries, tags);
  const begun = Date.parse(left[0]?.startedAt ?? '') / 1000;
  return { unended: left, startedSince: volumes.every((v) => (now.get(v.node) ?? 0) > begun) };
}

/** Every volume has come to the end of a cold restore with the same backup, or is tidied after that already. */
function coldEndings(volumes: readonly AssessedVolume[], { now }: Generations): readonly RestoredCold[] {
  return endingsOf<ColdJournal>(volumes, restoredColdBy).map(({ tag, journals }) => {
    const seconds = Math.floor(Date.parse(lastOf([...journals.values()])) / 1000);
    const early = volumes.find((v) => (now.get(v.node) ?? 0) < seconds)?.node ?? null;
    const tidied = volumes.find((v) => !journals.has(v.node));
    const record = tidied === undefined ? null : recordOf(tidied);
    return { kind: 'restored-cold', tag, journals, record, early };
  });
}

/** Every volume's journal says that all nodes had loaded everything, or it is tidied after that already. */
function warmEndings(volumes: readonly AssessedVolume[]): readonly Loaded[] {
  const loaded = ({ journal }: AssessedBackup) => (journal?.value?.stage === 'loaded' ? journal.value : null);
  return endingsOf<Journal>(volumes, loaded).map(({ tag, journals }) => ({ kind: 'loaded', tag, journals }));
}

function endingsOf<J>(volumes: readonly AssessedVolume[], journalOf: (backup: AssessedBackup) => J | null) {
  const tags = new Set(
    volumes.flatMap((v) => v.backups.filter((b) => journalOf(b) !== null).map((b) => b.tag)),
  );
  return [...tags].filter(isTag).flatMap((tag) => {
    const journals = new Map<string, J>();
    for (const volume of volumes) {
      const backup = volume.backups.find((b) => b.tag === tag);
      const journal = backup === undefined ? null : journalOf(backup);
      if (journal !== null) journals.set(volume.node, journal);
      else if (!isTidied(volume, tag)) return [];
    }
    return [{ tag, journals }];
  });
}
