import { basename, dirname } from 'node:path';
import { LOGS, type ManifestFile } from '../../domain/backup/manifest.ts';
import { isTag } from '../../domain/backup/tag.ts';
import { isAutoSnapshot, isComponentPath } from '../../domain/backup/untrusted.ts';
import { KassetteError } from '../../domain/errors.ts';
import { type JournalTexts, readKept } from '../../domain/restore-state/kept.ts';
import { parseComponent } from '../../domain/sstables/sstable.ts';
import type {
  BackupContents,
  BackupEntry,
  SnapshotPart,
  SnapshotProgress,
  VolumeSurvey,
} from '../../ports/volumes.ts';

/** A backup of which the journals are not read yet. */
type EntryTexts = Omit<BackupEntry, keyof JournalTexts> & JournalTexts;

/** The answer of `SURVEY`. */
export function parseSurvey(output: Buffer): VolumeSurvey {
  const backups = new Map<string, EntryTexts>();
  const words = new Map<string, string[]>();
  const attempts: { id: string; text: string }[] = [];
  for (const [kind = '', first = '', second = ''] of lines(output)) {
    if (kind === 'attempt') attempts.push({ id: first, text: decode(second) });
    const part = entryPart(kind, second);
    if (part === null) words.set(kind, [...(words.get(kind) ?? []), first]);
    else if (isTag(first)) {
      backups.set(first, {
        tag: first,
        complete: false,
        marker: null,
        journal: null,
        cold: null,
        ...backups.get(first),
        ...part,
      });
    }
  }
  if (!words.has('end')) throw cutShort();
  const [free] = words.get('free') ?? [];
  if (free === undefined || !/^\d+$/.test(free)) throw unexpected(`no free space: ${free}`);
  const textOf = (kind: string) => words.get(kind)?.map(decode)[0] ?? null;
  return readKept({
    backups: [...backups.values()],
    snapshots: words.get('snapshot') ?? [],
    autoSnapshots: (words.get('automatic') ?? []).filter(isAutoSnapshot),
    restored: textOf('restored'),
    closed: textOf('closed'),
    attempts,
    tables: textOf('tables'),
    freeBytes: Number(free),
  });
}

function entryPart(kind: string, payload: string): Partial<EntryTexts> | null {
  if (kind === 'backup') return {};
  if (kind === 'complete') return { complete: true, marker: decode(payload) };
  if (kind === 'cold') return { cold: decode(payload) };
  return kind === 'journal' ? { journal: decode(payload) } : null;
}

/** The answer of `READ`. */
export function parseRead(tag: string, output: Buffer): BackupContents {
  return contentsOf(tag, listingOf(output));
}

/** The answer of `READ_AND_SUM`, with how many files have their checksum and whether there are more to sum up. */
export function parseSummed(tag: string, output: Buffer) {
  const listing = listingOf(output);
  const more = listing.ends.has('more');
  if (!more && !listing.ends.has('summed')) throw cutShort();
  return { contents: contentsOf(tag, listing), summed: listing.sums.size, more };
}

interface ListedFile {
  readonly path: string;
  readonly bytes: number;
  readonly crc: string;
}

class Listing {
  readonly texts = new Map<string, string>();
  readonly files: ListedFile[] = [];
  /** `cksum` by path. */
  readonly sums = new Map<string, string>();
  readonly ends = new Set<string>();
  highestLinkedGeneration = 0;
  linkedFiles = 0;
}

function listingOf(output: Buffer): Listing {
  const listing = new Listing();
  for (const words of lines(output)) takeIn(listing, words);
  if (!listing.ends.has('listed') || !listing.ends.has('end')) throw cutShort();
  return listing;
}

function takeIn(listing: Listing, [kind = '', first = '', second = '', third = '']: readonly string[]): void {
  switch (kind) {
    case 'file':
      listing.texts.set(first, decode(second));
      return;
    case 'snap':
      listing.files.push({ path: third, bytes: Number(first), crc: second });
      return;
    case 'linked':
      listing.highestLinkedGeneration = Math.max(listing.highestLinkedGeneration, generationOf(first));
      listing.linkedFiles++;
      return;
    case 'sum':
      if (!/^\d+$/.test(second)) throw unexpected(`${kind} ${first} ${second}`);
      listing.sums.set(first, second);
      return;
    case 'listed':
    case 'end':
    case 'summed':
    case 'more':
      listing.ends.add(kind);
      return;
    default:
      throw unexpected(kind);
  }
}

function contentsOf(
  tag: string,
  { texts, files, sums, highestLinkedGeneration, linkedFiles }: Listing,
): BackupContents {
  return {
    manifest: texts.get('backup.json') ?? '',
    marker: texts.get('complete') ?? '',
    schema: texts.get('schema.cql') ?? '',
    parts: groupByTable(tag, files, sums),
    highestLinkedGeneration,
    linkedFiles,
    outside: LOGS.filter((log) => texts.get('outside')?.split(/\s/).includes(log)),
  };
}

/** The answer of `SNAPSHOT_PROGRESS`. A directory that went away while it was looked into is no fault, anything else is. */
export function parseProgress(output: Buffer): SnapshotProgress {
  const words = output
    .toString()
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  const all = words.map(([count, kind = '', ...rest]) => ({
    count: Number(count),
    kind,
    value: rest.join(' '),
  }));
  const of = (kind: string) => all.filter((line) => line.kind === kind);
  const fault = of('find:').find(({ value }) => !value.endsWith('No such file or directory'));
  if (fault !== undefined || of('end').length === 0) throw cutShort();
  return {
    files: of('file')[0]?.count ?? 0,
    // …/<table>-<id>/snapshots/<tag>
    whole: new Set(of('whole').map(({ value }) => value.split('/').at(-3)?.split('-').at(-1) ?? '')),
    changedAt: Math.max(0, ...of('changed').map(({ value }) => Number(value))),
  };
}

/** The answer of `NOT_LOADED`: by directory the number of files that have at least that generation. */
export function parseNotLoaded(firstGeneration: number, output: Buffer): ReadonlyMap<string, number> {
  const paths = output.toString().split('\n').filter(Boolean);
  if (paths.pop() !== 'end') throw cutShort();
  const isOurs = (path: string) => Number(parseComponent(basename(path))?.generation ?? 0) >= firstGeneration;
  const directories = Map.groupBy(paths.filter(isOurs), (path) => dirname(path));
  return new Map([...directories].map(([directory, own]) => [directory, own.length]));
}

/** The answer of `STAGED`. */
export function parseStaged(output: Buffer): ReadonlyMap<string, number> {
  const all = [...lines(output)];
  if (all.pop()?.[0] !== 'end') throw cutShort();
  return new Map(all.map(([, bytes = '', path = '']) => [path, Number(bytes)]));
}

function generationOf(fileName: string): number {
  return Number(parseComponent(fileName)?.generation ?? 0);
}

function groupByTable(
  tag: string,
  files: readonly ListedFile[],
  sums: ReadonlyMap<string, string>,
): readonly SnapshotPart[] {
  const separator = `/snapshots/${tag}/`;
  const crcs = new Map(
    files.filter((f) => f.crc !== '-').map((f) => [f.path.replace(/-Digest\.crc32$/, ''), f.crc]),
  );
  const parts = new Map<string, ManifestFile[]>();
  for (const { path, bytes } of files) {
    const [directory = '', name = ''] = path.split(separator);
    const part = parts.get(directory) ?? [];
    parts.set(directory, part);
    // Cassandra's own manifest.json and schema.cql are of no use to a restore.
    if (!isComponentPath(name)) continue;
    const crc = path.endsWith('-Data.db') ? crcs.get(path.replace(/-Data\.db$/, '')) : undefined;
    const cksum = sums.get(path);
    part.push({
      name,
      bytes,
      ...(crc === undefined ? {} : { crc }),
      ...(cksum === undefined ? {} : { cksum }),
    });
  }
  return [...parts]
    .map(([directory, own]) => ({ directory, files: own.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }))
    .toSorted((a, b) => (a.directory < b.directory ? -1 : 1));
}

function* lines(output: Buffer): Generator<readonly string[]> {
  for (const line of output.toString().split('\n')) {
    if (line !== '') yield line.split(' ');
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

/** A list of which a part is missing would pass for a whole one. */
function cutShort(): KassetteError {
  return new KassetteError(
    'NODE_SHELL',
    "The list of a node's files ended early: not all directories could be read.",
    'Look for input/output errors and rights in the data volume; then run the command again.',
  );
}

function unexpected(what: string): KassetteError {
  return new KassetteError(
    'NODE_SHELL',
    `A script on a node's files gave an unexpected answer: ${what.slice(0, 80)}`,
    'Find out what else writes to the standard output of shells in the container.',
  );
}
