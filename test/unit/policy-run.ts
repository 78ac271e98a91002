import { KassetteError } from '../../src/domain/errors.ts';
import { afterBackup } from '../../src/engine/verbs/after-backup.ts';
import { beforeBackup } from '../../src/engine/verbs/before-backup.ts';
import { type BackupSimulation, type Disk, Killed, restorable } from './backup-simulation.ts';

/** When a hook's process is killed: at which of its port calls, in its first try. */
export interface Kill {
  readonly hook: 'before' | 'end';
  readonly at: number;
}

export interface RunOptions {
  /** What Kasten gives all hooks of the run; null where it gives nothing. */
  readonly run: string | null;
  readonly copyFails?: boolean;
  /** Whether nothing comes between the copies of the volumes. */
  readonly copiesAtOnce?: boolean;
  readonly kill?: Kill | undefined;
}

/**
 * One run of a policy, as Kasten makes it: preHook, volume by volume a copy, then onSuccess or onFailure. A preHook or onSuccess
 * that fails is tried once more; an onFailure is not.
 */
export class PolicyRun {
  readonly #simulation: BackupSimulation;
  readonly #options: RunOptions;
  readonly #copies: Disk[] = [];
  #killed = false;
  /** Of the backup that its preHook has made. */
  tag: string | null = null;
  /** Whether Kasten keeps the restore point; null before the end. */
  kept: boolean | null = null;
  /** Codes of what its hooks failed with. */
  readonly failures: string[] = [];
  /** Port calls of each hook's last try. */
  readonly calls = { before: 0, end: 0 };

  constructor(simulation: BackupSimulation, options: RunOptions) {
    this.#simulation = simulation;
    this.#options = options;
  }

  /** What the copies can be restored to. */
  get restoresTo(): string | null {
    return this.#copies.length === this.#simulation.nodes.length ? restorable(this.#copies) : null;
  }

  /** Its parts, between which other runs may do something. */
  async *parts(): AsyncGenerator<void, void> {
    yield* this.#hook('before', async () => {
      this.tag = await this.#before();
    });
    if (this.tag !== null) {
      for (const { name } of this.#simulation.nodes) {
        this.#copies.push(this.#simulation.copy(name));
        if (!this.#options.copiesAtOnce) yield;
      }
      if (this.#options.copiesAtOnce) yield;
    }
    if (this.tag === null || this.#options.copyFails) {
      this.kept = false;
      await this.#try('end', () => this.#after(true));
      return;
    }
    let closed = false;
    yield* this.#hook('end', async () => {
      await this.#after(false);
      closed = true;
    });
    this.kept = closed;
  }

  /** A hook that is tried again: at once after a failure, and after something else where its process was killed. */
  async *#hook(hook: Kill['hook'], work: () => Promise<void>): AsyncGenerator<void, void> {
    const first = await this.#try(hook, work);
    if (first === 'killed') yield;
    if (first !== 'done') await this.#try(hook, work);
    if (hook === 'before') yield;
  }

  async #try(hook: Kill['hook'], work: () => Promise<unknown>): Promise<'done' | 'failed' | 'killed'> {
    try {
      await work();
      return 'done';
    } catch (error) {
      if (error instanceof Killed) return 'killed';
      if (!(error instanceof KassetteError)) throw error;
      this.failures.push(`${hook} ${error.code}`);
      return 'failed';
    }
  }

  async #before(): Promise<string> {
    return (await this.#process('before', (ports) => beforeBackup(ports, this.#flags()))).tag;
  }

  #after(failed: boolean) {
    return this.#process('end', (ports) => afterBackup(ports, { ...this.#flags(), failed }));
  }

  async #process<T>(
    hook: Kill['hook'],
    work: (ports: ReturnType<BackupSimulation['ports']>['ports']) => Promise<T>,
  ): Promise<T> {
    const { kill } = this.#options;
    const dies = kill?.hook === hook && !this.#killed;
    if (dies) this.#killed = true;
    const { ports, calls } = this.#simulation.ports(dies ? kill.at : undefined);
    try {
      return await work(ports);
    } finally {
      this.calls[hook] = calls();
    }
  }

  #flags() {
    const common = { datacenters: [], timeoutMs: 1000, concurrency: 2, tag: undefined };
    const { run } = this.#options;
    const signal = new AbortController().signal;
    return { ...common, signal, run: run ?? undefined, hook: true };
  }
}

/** Let runs go on in the order given, by their numbers, until all have ended. */
export async function interleave(runs: readonly PolicyRun[], order: readonly number[]): Promise<void> {
  const parts = runs.map((r) => r.parts());
  for (const i of [...order, ...runs.keys()]) await parts[i]?.next();
  for (const part of parts) await rest(part);
}

/** What a run has still to do. */
export async function rest(parts: AsyncGenerator<void, void>): Promise<void> {
  while (!(await parts.next()).done);
}

/** Every order of so many steps of two runs. */
export function orders(first: number, second: number): readonly (readonly number[])[] {
  const all: number[][] = [];
  const grow = (order: number[], left: readonly [number, number]) => {
    if (left[0] + left[1] === 0) all.push(order);
    if (left[0] > 0) grow([...order, 0], [left[0] - 1, left[1]]);
    if (left[1] > 0) grow([...order, 1], [left[0], left[1] - 1]);
  };
  grow([], [first, second]);
  return all;
}
