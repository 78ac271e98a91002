import { randomUUID } from 'node:crypto';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { parseSegmentName } from '../../domain/archive/segments.ts';
import { isAutoSnapshot } from '../../domain/backup/untrusted.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { ChecksumKind } from '../../domain/sstables/checksums.ts';
import { type NodeShell, runAgain, type ShellInput, type SizedInput } from '../../ports/node-shell.ts';
import type {
  BackupContents,
  CksumOptions,
  LinkPart,
  LinkTarget,
  LiveSize,
  LogFiles,
  Move,
  NoteName,
  Replacement,
  Segment,
  SnapshotProgress,
  VolumeSurvey,
  Volumes,
} from '../../ports/volumes.ts';
import { LOG_FILES, PRUNE } from './archive-scripts.ts';
import { CKSUMS, CRC32S, RANGE_CRC32S, READ_AND_SUM } from './checksum-scripts.ts';
import { hardLinks, pieces } from './hard-links.ts';
import * as linking from './link-scripts.ts';
import { Listing } from './listing.ts';
import {
  cutShort,
  NotLoaded,
  parseLiveSize,
  parseLogFiles,
  parseProgress,
  parseStaged,
  parseSurvey,
} from './output.ts';
import { READ_PROGRESS, WRITE_PROGRESS } from './progress-scripts.ts';
import * as scripts from './scripts.ts';
import * as tables from './table-scripts.ts';

/** Decimal, at the beginning of a line. */
const SUM = /^\d{1,10}(?= |$)/;
/** Read in one run for checksums: an interrupted backup waits for its end, on a slow disk, too. What was read is kept for the next run. */
const BYTES_AT_ONCE = 2 * 1024 ** 3;

/** How an answer is read. */
interface Reading {
  /** Called at each attempt: who is given the pieces of the answer from its beginning. */
  readonly take?: () => (output: Buffer) => void;
  readonly isWhole?: (output: Buffer) => boolean;
}

/** `Volumes` by the scripts beside this file, run through any `NodeShell`. */
export class VolumeScripts implements Volumes {
  readonly #shell: NodeShell;
  /** Of this run; a volume knows the one that began last. */
  readonly #id = randomUUID();
  readonly #bytesAtOnce: number;

  constructor(shell: NodeShell, bytesAtOnce = BYTES_AT_ONCE) {
    this.#shell = shell;
    this.#bytesAtOnce = bytesAtOnce;
  }

  async survey(node: Node): Promise<VolumeSurvey> {
    return parseSurvey(await this.#run(node, scripts.SURVEY, dataDirectories(node)));
  }

  async liveSize(node: Node): Promise<LiveSize> {
    return parseLiveSize(await this.#run(node, scripts.LIVE_SIZE, dataDirectories(node)));
  }

  async read(node: Node, tag: string, cksums?: CksumOptions): Promise<BackupContents> {
    const args = [tag, ...dataDirectories(node)];
    const listing = () => new Listing(tag);
    if (cksums === undefined) return (await this.#take(node, scripts.READ, args, listing)).end();
    for (let before = 0; ; ) {
      cksums.signal.throwIfAborted();
      const input = Buffer.from(`${this.#bytesAtOnce}\n`);
      const read = await this.#take(node, READ_AND_SUM, args, listing, input);
      const contents = read.end();
      // Without progress nothing can be kept there.
      if (!read.hasMore || read.summed <= before) return contents;
      before = read.summed;
      cksums.onRest?.({ read: this.#bytesAtOnce, left: bytesWithoutCksum(contents) });
    }
  }

  async snapshotProgress(node: Node, tag: string): Promise<SnapshotProgress> {
    return parseProgress(await this.#run(node, scripts.SNAPSHOT_PROGRESS, [tag, ...dataDirectories(node)]));
  }

  async checksums(node: Node, paths: readonly string[], kind: ChecksumKind): Promise<readonly string[]> {
    return this.#sums(node, kind === 'crc32' ? CRC32S : CKSUMS, nulEnded(paths), paths.length);
  }

  async rangeChecksums(node: Node, segments: readonly Segment[]): Promise<readonly number[]> {
    return (await this.#sums(node, RANGE_CRC32S, segmentLines(segments), segments.length)).map(Number);
  }

  async readProgress(node: Node, tag: string): Promise<string | null> {
    return (await this.#run(node, READ_PROGRESS, [tag])).toString() || null;
  }

  async writeProgress(node: Node, tag: string, text: string): Promise<void> {
    const input = Buffer.from(text);
    await this.#run(node, WRITE_PROGRESS, [tag, String(input.length)], input);
  }

  async write(node: Node, tag: string, files: Parameters<Volumes['write']>[2]): Promise<void> {
    const schema = Buffer.from(files.schema);
    const manifest = typeof files.manifest === 'string' ? whole(files.manifest) : files.manifest;
    const above = files.k8ssandra === undefined ? [] : [Buffer.from(files.k8ssandra)];
    const lengths = [schema.length, manifest.bytes, ...above.map((text) => text.length)].map(String);
    const input = behind(Buffer.concat([schema, ...above]), manifest);
    await this.#run(node, scripts.WRITE, [tag, ...lengths], input);
  }

  async complete(node: Node, tag: string, marker: string): Promise<void> {
    await this.#put(node, tag, 'complete', marker);
  }

  async retain(node: Node, tag: string, text: string): Promise<void> {
    await this.#put(node, tag, 'closed', text);
  }

  async logFiles(node: Node): Promise<LogFiles> {
    return parseLogFiles(await this.#run(node, LOG_FILES, []));
  }

  async prune(node: Node, names: readonly string[]): Promise<void> {
    const wrong = names.find((name) => parseSegmentName(name) === null);
    if (wrong !== undefined) throw unsafe(`${JSON.stringify(wrong)} is no segment: it is not removed.`);
    const input = nulEnded(names);
    await this.#run(node, PRUNE, [String(input.length)], input);
  }

  async writeJournal(node: Node, tag: string, journal: string): Promise<void> {
    await this.#put(node, tag, 'restore.json', journal, this.#id);
  }

  async invalidate(node: Node, tags: readonly string[]): Promise<void> {
    if (tags.length > 0) await this.#run(node, scripts.INVALIDATE, tags);
  }

  async writeNote(node: Node, name: NoteName, text: string): Promise<void> {
    const input = Buffer.from(text);
    await this.#run(node, scripts.WRITE_NOTE, [name, String(input.length)], input);
  }

  async removeNotes(node: Node, names: readonly NoteName[]): Promise<void> {
    if (names.length > 0) await this.#run(node, scripts.REMOVE_NOTES, names);
  }

  async remove(node: Node, tags: readonly string[]): Promise<void> {
    if (tags.length === 0) return;
    await this.#run(node, scripts.REMOVE, [String(tags.length), ...tags, ...dataDirectories(node)]);
  }

  async begin(node: Node, tag: string, journal: string): Promise<void> {
    const input = Buffer.from(journal);
    const args = [this.#id, tag, String(input.length), ...dataDirectories(node)];
    await this.#run(node, scripts.BEGIN, args, input);
  }

  async link(
    node: Node,
    tag: string,
    parts: readonly LinkPart[],
    into: LinkTarget,
  ): Promise<readonly string[]> {
    const links = { [Symbol.iterator]: () => inOrder(tag, parts, into.components) };
    const tar = hardLinks(links);
    const before = into.components === 'data' ? countOf(inOrder(tag, parts, 'others')) : 0;
    const all = before + tar.count;
    const targets = nulEnded([...new Set(parts.map((p) => p.target))]);
    const emptied = (into.emptied ?? []).flatMap((d) => dataDirectories(node).map((data) => `${data}/${d}`));
    const others = nulEnded(emptied);
    const counts = [all, targets.length, this.#id, into.firstGeneration, into.state, before, others.length];
    const directories = Buffer.concat([targets, others]);
    const run = async (script: string, rest: SizedInput) =>
      (await this.#run(node, script, counts.map(String), behind(directories, rest))).toString().trim();
    let answer = await run(linking.LINK_BY_TAR, tar);
    if (answer === 'no tar') answer = await run(linking.LINK_BY_LN, nulEndedPairs(links));
    const lines = answer.split('\n');
    const strays = lines
      .slice(0, -1)
      .flatMap((l) => (l.startsWith('stray ') ? [l.slice('stray '.length)] : []));
    // Silence is no proof that anything was done.
    if (lines.at(-1) === `linked ${all}` && strays.length === lines.length - 1) return strays;
    throw new KassetteError(
      'NODE_SHELL',
      `${node.name} was asked to link ${all} files and answered \`${answer.slice(0, 200)}\`.`,
      'Find out what else writes to the standard output of shells in that container, then run the same command again.',
    );
  }

  async unlink(node: Node, firstGeneration: number): Promise<void> {
    await this.#run(node, linking.UNLINK, [this.#id, String(firstGeneration), ...dataDirectories(node)]);
  }

  async replace(node: Node, files: readonly Replacement[]): Promise<void> {
    if (files.length === 0) return;
    const lines = Buffer.from(files.map((f) => `${f.content.length} ${f.path}\n`).join(''));
    const input = Buffer.concat([lines, ...files.map((f) => f.content)]);
    await this.#run(node, linking.REPLACE, [this.#id, String(lines.length)], input);
  }

  async notLoaded(
    node: Node,
    targets: readonly string[],
    from: number,
  ): Promise<ReadonlyMap<string, number>> {
    const input = nulEnded(targets);
    const args = [String(input.length)];
    return (await this.#take(node, linking.NOT_LOADED, args, () => new NotLoaded(from), input)).end();
  }

  async beginTables(node: Node, journal: string, from: 'own' | 'staged'): Promise<void> {
    const input = Buffer.from(journal);
    const args = [this.#id, String(input.length), from, ...dataDirectories(node)];
    await this.#run(node, tables.BEGIN_TABLES, args, input);
  }

  async finishTables(node: Node, journal: string, autoSnapshots: readonly string[]): Promise<void> {
    const text = Buffer.from(journal);
    const paths = autoSnapshotPaths(node, autoSnapshots);
    const args = [...[text.length, paths.length].map(String), ...dataDirectories(node)];
    await this.#run(node, tables.FINISH_TABLES, args, Buffer.concat([text, paths]));
  }

  async stagedFiles(node: Node): Promise<ReadonlyMap<string, number>> {
    return parseStaged(await this.#run(node, tables.STAGED, []));
  }

  async readSegments(node: Node, segments: readonly Segment[]): Promise<Buffer> {
    const output = await this.#run(node, tables.READ_SEGMENTS, [], segmentLines(segments));
    const expected = segments.reduce((sum, s) => sum + s.bytes, 0);
    if (output.length === expected) return output;
    throw new KassetteError(
      'NODE_SHELL',
      `${node.name} returned ${output.length} bytes of its files instead of ${expected}; the first file is ${segments[0]?.path}.`,
      'Look for input/output errors on that node, then run the command again: it continues with the files that are already there.',
    );
  }

  async stage(node: Node, segments: readonly Segment[], data: Uint8Array): Promise<void> {
    const lines = segmentLines(segments);
    await this.#run(node, tables.STAGE, [String(lines.length)], Buffer.concat([lines, data]));
  }

  async copyDirect(copy: Node, live: Node, moves: readonly Move[]): Promise<void> {
    const lines = moves.map((m) => `${m.offset} ${m.bytes} ${m.to} ${m.from}\n`).join('');
    // The script runs where the copy is; there both volumes are.
    await this.#run({ ...copy, volume: live.volume }, tables.COPY_DIRECT, [copy.volume], Buffer.from(lines));
  }

  async syncStaged(node: Node): Promise<void> {
    await this.#run(node, tables.SYNC_STAGED, []);
  }

  async removeRehearsals(node: Node, live: readonly string[]): Promise<void> {
    await this.#run(node, scripts.REMOVE_REHEARSALS, [live.join(' '), ...dataDirectories(node)]);
  }

  async finish(node: Node, tag: string, record: string, autoSnapshots: readonly string[]): Promise<void> {
    const text = Buffer.from(record);
    const paths = autoSnapshotPaths(node, autoSnapshots);
    const args = [String(text.length), String(paths.length), tag, ...dataDirectories(node)];
    await this.#run(node, scripts.FINISH, args, Buffer.concat([text, paths]));
  }

  async #put(node: Node, tag: string, name: string, text: string, run = ''): Promise<void> {
    const input = Buffer.from(text);
    const args = [tag, name, String(input.length), run, ...dataDirectories(node)];
    await this.#run(node, scripts.PUT, args, input);
  }

  /** The first number of each line. What did not come is no fault of a file: it is asked for again. */
  async #sums(node: Node, script: string, input: ShellInput, count: number): Promise<readonly string[]> {
    const isWhole = (output: Buffer) => sumsOf(output).length === count;
    const sums = sumsOf(await this.#run(node, script, [], input, { isWhole }));
    if (sums.length === count) return sums;
    throw cutShort(`of ${count} checksums ${sums.length} came`);
  }

  /** Have an answer read while it comes, from the beginning where it has to be asked for again. */
  async #take<T extends { push(output: Buffer): void }>(
    node: Node,
    script: string,
    args: readonly string[],
    taker: () => T,
    input?: ShellInput,
  ): Promise<T> {
    let taking = taker();
    const take = () => {
      taking = taker();
      return (output: Buffer) => taking.push(output);
    };
    await this.#run(node, script, args, input, { take });
    return taking;
  }

  /** All scripts may be repeated. */
  async #run(
    node: Node,
    script: string,
    args: readonly string[],
    input?: ShellInput,
    { take, isWhole }: Reading = {},
  ): Promise<Buffer> {
    const run = () => this.#shell.run(node, script, [node.volume, ...args], input, take?.());
    try {
      return await runAgain(run, isWhole);
    } catch (error) {
      throw asUnsafe(error, node);
    }
  }
}

const sumsOf = (output: Buffer): readonly string[] =>
  output
    .toString()
    .split('\n')
    .flatMap((line) => SUM.exec(line)?.[0] ?? []);

/** Relative to the volume where they lie in it, so that a manifest fits a volume that is mounted in another place. */
function dataDirectories(node: Node): readonly string[] {
  return node.dataDirectories.map((d) => {
    const path = relative(node.volume, d);
    return path.startsWith('..') || isAbsolute(path) ? resolve(d) : path;
  });
}

/** Every Data.db after all other files. */
function* inOrder(
  tag: string,
  parts: readonly LinkPart[],
  components: LinkTarget['components'],
): Generator<readonly [string, string]> {
  for (const isDataNow of components === undefined ? [false, true] : [components === 'data'])
    for (const { directory, target, links } of parts) {
      const snapshot = join(directory, 'snapshots', tag);
      for (const [from, to] of links)
        if (to.endsWith('-Data.db') === isDataNow) yield [`${snapshot}/${from}`, `${target}/${to}`];
    }
}

function countOf(items: Iterable<unknown>): number {
  let count = 0;
  for (const _ of items) count++;
  return count;
}

function whole(text: string): SizedInput {
  const bytes = Buffer.from(text);
  return { bytes: bytes.length, chunks: () => [bytes] };
}

/** The first input and then the other one. */
function behind(first: Uint8Array, second: SizedInput): SizedInput {
  return {
    bytes: first.length + second.bytes,
    *chunks() {
      yield first;
      yield* second.chunks();
    },
  };
}

/** Whole directories go: they are what Cassandra made in this node's data directories, whatever a journal in the volume says. */
function autoSnapshotPaths(node: Node, paths: readonly string[]): Buffer {
  const data = dataDirectories(node);
  const wrong = paths.find((p) => !isAutoSnapshot(p) || !data.some((d) => p.startsWith(`${d}/`)));
  if (wrong !== undefined)
    throw unsafe(`${JSON.stringify(wrong)} is no automatic snapshot of ${node.name}: it is not removed.`);
  return nulEnded(paths);
}

/** What the scripts say of a volume that was made to lead out of itself. */
function asUnsafe(error: unknown, node: Node): unknown {
  if (!(error instanceof KassetteError) || error.code !== 'NODE_SHELL') return error;
  const [, what] = /data directory (.+)$/m.exec(error.message) ?? [];
  if (what !== undefined) return dataDirectory(node, what, error);
  return /which kassette does not follow|is too big to be what kassette wrote/.test(error.message)
    ? unsafe(error.message, error)
    : error;
}

function unsafe(message: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'UNSAFE_VOLUME',
    message,
    'Find out who made it: kassette makes nothing of that kind, and it may lead out of the volume. Remove it, or restore the volume from another restore point; then run the same command again.',
    { cause },
  );
}

function dataDirectory(node: Node, what: string, cause: KassetteError): KassetteError {
  return new KassetteError(
    'DATA_DIRECTORY',
    `${node.name}: data directory ${what}.`,
    'Nothing was changed. Name in `data_file_directories` (spec.config of the datacenter) the directories themselves, not links to them; every directory in them must be readable for the user of Cassandra, `lost+found` of the file system too, or name a directory below it.',
    { cause },
  );
}

function segmentLines(segments: readonly Segment[]): Buffer {
  return Buffer.from(segments.map((s) => `${s.offset} ${s.bytes} ${s.path}\n`).join(''));
}

function nulEnded(texts: readonly string[]): Buffer {
  return Buffer.from(texts.map(withNul).join(''));
}

function nulEndedPairs(pairs: Iterable<readonly [string, string]>): SizedInput {
  let bytes = 0;
  for (const pair of pairs) for (const name of pair) bytes += Buffer.byteLength(withNul(name));
  const chunks = function* () {
    for (const pair of pairs) yield Buffer.from(pair.map(withNul).join(''));
  };
  return { bytes, chunks: () => pieces(chunks()) };
}

function withNul(text: string): string {
  if (!text.includes('\0') && !text.includes('\n')) return `${text}\0`;
  throw new KassetteError('INTERNAL', `A path has a line end in it: ${JSON.stringify(text)}`, 'Report this.');
}

/** Of all components but Data.db, which keeps Cassandra's own checksum. */
function bytesWithoutCksum({ parts }: BackupContents): number {
  let bytes = 0;
  for (const { files } of parts)
    for (const file of files)
      if (file.cksum === undefined && !file.name.endsWith('-Data.db')) bytes += file.bytes;
  return bytes;
}
