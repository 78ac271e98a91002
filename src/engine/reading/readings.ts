import { formatBytes } from '../../domain/amounts.ts';
import { damagedFiles, type FoundPart } from '../../domain/backup/backup-check.ts';
import type { Manifest } from '../../domain/backup/manifest.ts';
import type { ScannedManifest } from '../../domain/backup/manifest-scan.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { contentFault, wantedChecksums } from '../../domain/sstables/checksums.ts';
import { type ReadFor, type ReadSoFar, subjectOf, takeOver } from '../../domain/sstables/read-so-far.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { ReadingOptions } from '../options.ts';
import { AT_ONCE, checksumRuns } from './checksums.ts';
import { type Amount, bytesOf, Reading } from './reading.ts';

/** What was read by runs that were interrupted, and is not read again. */
export interface TakenOver extends Amount {
  /** When the first of these runs began, ISO 8601. */
  readonly since: string;
}

/** The files of a backup's parts being read, and what earlier runs that were interrupted have read of them. */
export class Readings {
  readonly #ports: Ports;
  readonly #purpose: ReadFor;
  readonly #options: ReadingOptions;
  /** Where how far a run has come may be noted, by the tag of the backup. */
  readonly #noted: { readonly node: Node; readonly tag: string }[] = [];
  #takenOver: TakenOver | null = null;

  constructor(ports: Ports, purpose: ReadFor, options: ReadingOptions) {
    this.#ports = ports;
    this.#purpose = purpose;
    this.#options = options;
  }

  /** Over all nodes; null where there is nothing. */
  get takenOver(): TakenOver | null {
    return this.#takenOver;
  }

  /** Read one node's files. @throws FILES_DAMAGED */
  async check(node: Node, readable: Readable, { sha256 }: Pick<ScannedManifest, 'sha256'>): Promise<void> {
    const { signal, atOnce: most = AT_ONCE } = this.#options;
    const total = amountOf(readable);
    // What takes no more than one run in the volume is as soon read again.
    if (total.bytes <= most.weight && total.files <= most.items)
      return checkContents(this.#ports, node, readable, { signal });
    const { tag, tables } = readable.manifest;
    const of = subjectOf(this.#purpose, sha256, tables);
    const before = await this.#before(node, readable, of);
    this.#noted.push({ node, tag });
    if (before !== null) this.#take(node, before);
    const reading = new Reading(this.#ports, node, { tag, of, total, before }, this.#options);
    await checkContents(this.#ports, node, readable, { signal, reading });
  }

  async #before(node: Node, { manifest, parts }: Readable, of: string): Promise<ReadSoFar | null> {
    const text = await this.#ports.volumes.readProgress(node, manifest.tag);
    const found = takeOver(text, of, this.#ports.clock.now());
    if (found === null || found.last === '') return found;
    // A TOC.txt that Cassandra has added to since is none of those that are read.
    for (const { path } of wantedChecksums(manifest, parts)) if (path === found.last) return found;
    return null;
  }

  /** From here on nothing of it is taken over any more. */
  async end(): Promise<void> {
    await each(this.#noted, async ({ node, tag }) => {
      try {
        await this.#ports.volumes.writeProgress(node, tag, '');
      } catch {
        // What the files are like is known; a note is void after a day.
      }
    });
  }

  #take(node: Node, before: ReadSoFar): void {
    const { files, since } = before;
    const own = { files, bytes: bytesOf(before), since };
    const others = this.#takenOver ?? { files: 0, bytes: 0, since };
    this.#takenOver = {
      files: others.files + own.files,
      bytes: others.bytes + own.bytes,
      since: since < others.since ? since : others.since,
    };
    this.#ports.progress.warn(
      `${node.name}: ${formatBytes(own.bytes)} in ${files} files were read since ${since} by a run that was interrupted, and are not read again.`,
    );
  }
}

/** Read files of backups; once it is known that some are damaged, the next run begins anew. */
export async function withReadings<T>(
  ports: Ports,
  purpose: ReadFor,
  options: ReadingOptions,
  work: (readings: Readings) => Promise<T>,
): Promise<T> {
  const readings = new Readings(ports, purpose, options);
  try {
    return await work(readings);
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'FILES_DAMAGED') await readings.end();
    throw error;
  }
}

function amountOf({ manifest, parts }: Readable): Amount {
  let [files, bytes] = [0, 0];
  for (const file of wantedChecksums(manifest, parts)) {
    files++;
    bytes += file.bytes;
  }
  return { files, bytes };
}

/** What is read: the files of a manifest, as they were found. */
export interface Readable {
  readonly manifest: Pick<Manifest, 'tag' | 'tables'>;
  readonly parts: readonly FoundPart[];
}

/**
 * Read every file through that the manifest has a checksum of: of a Data.db Cassandra's own, of the others kassette's.
 * @param reading leaves out what an earlier run has read, and notes how far this one comes
 * @throws FILES_DAMAGED
 */
export async function checkContents(
  { volumes }: Pick<Ports, 'volumes'>,
  node: Node,
  { manifest, parts }: Readable,
  { signal, reading }: { readonly signal?: AbortSignal; readonly reading?: Reading } = {},
): Promise<void> {
  const faults: string[] = [];
  const all = wantedChecksums(manifest, parts);
  const options = { signal, ...reading?.summing };
  for await (const { sums, isWhole } of checksumRuns(volumes, node, reading?.rest(all) ?? all, options)) {
    for (const [file, sum] of sums) {
      const fault = contentFault(file, sum);
      if (fault !== null) faults.push(fault);
    }
    await reading?.read(
      sums.map(([file]) => file),
      { isWhole, isSound: faults.length === 0 },
    );
  }
  if (faults.length > 0) throw damagedFiles(node, faults);
}
