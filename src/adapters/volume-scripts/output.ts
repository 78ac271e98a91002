import { basename, dirname } from 'node:path';
import { parseSegmentName, type Segment } from '../../domain/archive/segments.ts';
import { isTag } from '../../domain/backup/tag.ts';
import { isAutoSnapshot } from '../../domain/backup/untrusted.ts';
import { isTableWithoutId } from '../../domain/cluster/data-directories.ts';
import { KassetteError } from '../../domain/errors.ts';
import { type FoundNote, noteNamed } from '../../domain/k8ssandra/note.ts';
import type { Space } from '../../domain/restore/space.ts';
import { type JournalTexts, readKept } from '../../domain/restore-state/kept.ts';
import { parseComponent } from '../../domain/sstables/sstable.ts';
import type { BackupEntry, LiveSize, LogFiles, SnapshotProgress, VolumeSurvey } from '../../ports/volumes.ts';
import { Lines } from './lines.ts';

/** A backup of which the journals are not read yet. */
type EntryTexts = Omit<BackupEntry, keyof JournalTexts> & JournalTexts & { readonly closed: boolean };

/** The answer of `SURVEY`. */
export function parseSurvey(output: Buffer): VolumeSurvey {
  const backups = new Map<string, EntryTexts>();
  const words = new Map<string, string[]>();
  const attempts: { id: string; text: string }[] = [];
  const all = [...lines(output)];
  for (const [kind = '', first = '', second = ''] of all) {
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
        closed: false,
        ...backups.get(first),
        ...part,
      });
    }
  }
  if (!words.has('end')) throw cutShort();
  const [free] = words.get('free') ?? [];
  if (free === undefined || !/^\d+$/.test(free)) throw unexpected(`no free space: ${free}`);
  const textOf = (kind: string) => words.get(kind)?.map(decode)[0] ?? null;
  const found = [...backups.values()];
  return readKept({
    backups: found
      .filter((b) => !isRetained(b))
      .map(({ closed: _, ...b }) => ({ ...b, ...notesOf(b.tag, all) })),
    retained: found.filter(isRetained).map(({ tag, marker }) => ({ tag, marker })),
    archives: words.has('archives'),
    rewinding: words.has('rewinding'),
    snapshots: words.get('snapshot') ?? [],
    autoSnapshots: (words.get('automatic') ?? []).filter(isAutoSnapshot),
    restored: textOf('restored'),
    closed: textOf('closed'),
    attempts,
    tables: textOf('tables'),
    freeBytes: Number(free),
    space: spacesOf(all),
    bareTables: (words.get('bare') ?? []).filter(isTableWithoutId),
    ...clockIn(words.get('now')),
  });
}

/** Left out where there are none, as in nearly all backups. */
function notesOf(tag: string, all: readonly (readonly string[])[]): Pick<BackupEntry, 'notes'> {
  const notes = all.flatMap(([kind, of, path = '', text = '']): FoundNote[] => {
    const named = kind === 'note' && of === tag ? noteNamed(path) : null;
    return named === null ? [] : [{ ...named, text: decode(text) }];
  });
  return notes.length === 0 ? {} : { notes };
}

/** One of which a restore has begun is that restore's. */
function isRetained({ closed, journal, cold }: EntryTexts): boolean {
  return closed && journal === null && cold === null;
}

function clockIn([seconds = '']: readonly string[] = []): Pick<VolumeSurvey, 'clock'> {
  return /^\d{1,11}$/.test(seconds) ? { clock: new Date(Number(seconds) * 1000) } : {};
}

function spacesOf(all: readonly (readonly string[])[]): readonly Space[] {
  return all
    .filter(([kind]) => kind === 'space')
    .map(([, device = '', bytes = '', directory = '']) => {
      if (!/^\d+$/.test(bytes)) throw unexpected(`no free space of ${directory}: ${bytes}`);
      return { directory, device, freeBytes: Number(bytes) };
    });
}

function entryPart(kind: string, payload: string): Partial<EntryTexts> | null {
  if (kind === 'backup') return {};
  if (kind === 'complete') return { complete: true, marker: decode(payload) };
  if (kind === 'retained') return { closed: true };
  if (kind === 'cold') return { cold: decode(payload) };
  return kind === 'journal' ? { journal: decode(payload) } : null;
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
  if (fault !== undefined) throw cutShort(fault.value);
  if (of('end').length === 0) throw cutShort();
  return {
    files: of('file')[0]?.count ?? 0,
    // …/<table>-<id>/snapshots/<tag>
    whole: new Set(of('whole').map(({ value }) => value.split('/').at(-3)?.split('-').at(-1) ?? '')),
    changedAt: Math.max(0, ...of('changed').map(({ value }) => Number(value))),
  };
}

/** The answer of `LIVE_SIZE`. */
export function parseLiveSize(output: Buffer): LiveSize {
  let [liveBytes, freeBytes, isWhole]: [number, number | null, boolean] = [0, null, false];
  for (const line of output.toString().split('\n')) {
    const [first = '', kind = '', bytes = ''] = line.trim().split(/ +/);
    if (first === 'free') freeBytes = Number(kind);
    else if (kind === 'live') liveBytes += Number(first) * Number(bytes);
    else if (kind === 'end') isWhole = true;
  }
  if (!isWhole) throw cutShort();
  if (freeBytes === null || Number.isNaN(freeBytes + liveBytes)) throw unexpected('no size of live files');
  return { liveBytes, freeBytes };
}

/** The answer of `NOT_LOADED`: by directory the number of files that have at least that generation. */
export class NotLoaded {
  readonly #firstGeneration: number;
  readonly #lines = new Lines((line) => this.#take(line));
  readonly #counts = new Map<string, number>();
  #isWhole = false;

  constructor(firstGeneration: number) {
    this.#firstGeneration = firstGeneration;
  }

  push(output: Buffer): void {
    this.#lines.push(output);
  }

  end(): ReadonlyMap<string, number> {
    this.#lines.end();
    if (!this.#isWhole) throw cutShort();
    return this.#counts;
  }

  #take(line: string): void {
    this.#isWhole = line === 'end';
    const generation = Number(parseComponent(basename(line))?.generation ?? 0);
    if (generation < this.#firstGeneration) return;
    const directory = dirname(line);
    this.#counts.set(directory, (this.#counts.get(directory) ?? 0) + 1);
  }
}

/** The answer of `LOG_FILES`. */
export function parseLogFiles(output: Buffer): LogFiles {
  const all = [...lines(output)];
  if (all.pop()?.[0] !== 'end') throw cutShort();
  const of = (kind: string) => all.filter((line) => line[0] === kind);
  const [, total = '', free = ''] = of('room')[0] ?? [];
  if (!/^\d+$/.test(total) || !/^\d+$/.test(free))
    throw unexpected(`no room of the volume: ${total} ${free}`);
  const [stopped] = of('stopped');
  return {
    archived: of('archived').flatMap(segmentIn),
    live: of('live').length === 0 ? null : of('active').flatMap(segmentIn),
    stopped: stopped === undefined ? null : decode(stopped[1] ?? ''),
    ...{ totalBytes: Number(total), freeBytes: Number(free) },
  };
}

function segmentIn([, bytes = '', seconds = '', name = '']: readonly string[]): readonly Segment[] {
  const id = parseSegmentName(name);
  if (id === null) return [];
  return [{ name, id, bytes: Number(bytes), modifiedAt: Number(seconds) * 1000 }];
}

/** The answer of `STAGED`. */
export function parseStaged(output: Buffer): ReadonlyMap<string, number> {
  const all = [...lines(output)];
  if (all.pop()?.[0] !== 'end') throw cutShort();
  return new Map(all.map(([, bytes = '', path = '']) => [path, Number(bytes)]));
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
export function cutShort(why = 'not all directories could be read'): KassetteError {
  return new KassetteError(
    'NODE_SHELL',
    `The list of a node's files ended early: ${why}.`,
    'Look for input/output errors and rights in the data volume; then run the command again.',
  );
}

export function unexpected(what: string): KassetteError {
  return new KassetteError(
    'NODE_SHELL',
    `A script on a node's files gave an unexpected answer: ${what.slice(0, 80)}`,
    'Find out what else writes to the standard output of shells in the container.',
  );
}
