import { formatBytes, formatSeconds } from '../../domain/amounts.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import type { WantedChecksum } from '../../domain/sstables/checksums.ts';
import { type BegunFile, type ReadSoFar, renderReadSoFar } from '../../domain/sstables/read-so-far.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ReadingOptions } from '../options.ts';
import type { SummingOptions } from './checksums.ts';

export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

type ReadingPorts = Pick<Ports, 'volumes' | 'clock' | 'progress'>;

/** One node's files being read: what earlier runs have read of them, how far this one is, and how fast. */
export class Reading {
  readonly #ports: ReadingPorts;
  readonly #node: Node;
  readonly #tag: string;
  readonly #total: Amount;
  readonly #options: ReadingOptions;
  readonly #before: ReadSoFar | null;
  readonly #startedAt: Date;
  #soFar: ReadSoFar;
  /** Read since then, in whole or in part. */
  #unnoted: Amount = { files: 0, bytes: 0 };
  #isSound = true;
  #isLate = false;

  /** @param before what is taken over; its last file is one of those that are read */
  constructor(
    ports: ReadingPorts,
    node: Node,
    {
      tag,
      of,
      total,
      before,
    }: {
      readonly tag: string;
      readonly of: string;
      readonly total: Amount;
      readonly before: ReadSoFar | null;
    },
    options: ReadingOptions,
  ) {
    this.#ports = ports;
    this.#node = node;
    this.#tag = tag;
    this.#total = total;
    this.#options = options;
    this.#before = before;
    this.#startedAt = ports.clock.now();
    const since = this.#startedAt.toISOString();
    this.#soFar = before ?? { of, since, at: since, files: 0, last: '', bytes: 0, begun: null };
  }

  get summing(): SummingOptions {
    return {
      most: this.#options.atOnce,
      begun: this.#before?.begun,
      onPart: (begun) => this.#readPart(begun),
    };
  }

  /** Those that no earlier run has read. */
  *rest(files: Iterable<WantedChecksum>): Generator<WantedChecksum> {
    let isBehind = this.#soFar.last === '';
    const { last } = this.#soFar;
    for (const file of files) {
      if (isBehind) yield file;
      else isBehind = file.path === last;
    }
  }

  /** Called with the files of one run in the volume. */
  async read(
    files: readonly WantedChecksum[],
    { isWhole, isSound }: { readonly isWhole: boolean; readonly isSound: boolean },
  ): Promise<void> {
    const { files: count, bytes } = this.#unnoted;
    this.#unnoted = { files: count + files.length, bytes: bytes + files.reduce((n, f) => n + f.bytes, 0) };
    // What is damaged has to be found by the next run, too.
    this.#isSound &&= isSound;
    const last = files.at(-1)?.path;
    if (!isWhole || last === undefined) return;
    if (this.#isSound) {
      const { files: before, bytes: bytesBefore } = this.#soFar;
      await this.#note({
        last,
        begun: null,
        files: before + this.#unnoted.files,
        bytes: bytesBefore + this.#unnoted.bytes,
      });
      this.#unnoted = { files: 0, bytes: 0 };
    }
    this.#warnIfLate(this.#soFar.bytes + this.#unnoted.bytes);
  }

  async #readPart(begun: BegunFile): Promise<void> {
    if (this.#isSound) await this.#note({ begun });
    this.#warnIfLate(this.#soFar.bytes + this.#unnoted.bytes + begun.bytes);
  }

  async #note(change: Partial<ReadSoFar>): Promise<void> {
    const { volumes, clock } = this.#ports;
    this.#soFar = { ...this.#soFar, ...change, at: clock.now().toISOString() };
    await volumes.writeProgress(this.#node, this.#tag, renderReadSoFar(this.#soFar));
  }

  /** @param bytes what is read by now, by whatever run */
  #warnIfLate(bytes: number): void {
    const { endsAt } = this.#options;
    if (endsAt === undefined || this.#isLate) return;
    const now = this.#ports.clock.now().getTime();
    const own = bytes - bytesOf(this.#before);
    const perSecond = (1000 * own) / (now - this.#startedAt.getTime());
    const [needs, has] = [(this.#total.bytes - bytes) / perSecond, (endsAt - now) / 1000];
    if (!(needs > has)) return;
    this.#isLate = true;
    this.#ports.progress.warn(
      `Reading what is left of ${this.#node.name}, ${formatBytes(this.#total.bytes - bytes)}, takes about ${formatSeconds(needs)} at the ${formatBytes(perSecond)} a second that were measured; this run is ended in ${formatSeconds(Math.max(0, has))} (\`--time-limit\`). Run the same command again then: it continues.`,
    );
  }
}

/** Bytes that an earlier run has read, a begun file's included. */
export function bytesOf(before: ReadSoFar | null): number {
  return (before?.bytes ?? 0) + (before?.begun?.bytes ?? 0);
}
