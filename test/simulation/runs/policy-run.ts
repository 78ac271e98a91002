import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { KassetteError } from '../../../src/domain/errors.ts';
import type { NodeControl } from '../../../src/ports/node-control.ts';
import { World } from '../cluster/world.ts';
import { restorable, wholeOn } from './ends.ts';
import { backUp, type Command, endBackup } from './history.ts';

export const HOUR = 3_600_000;

/** Two nodes with one table: all that policies meet. */
export function policyCluster(): World {
  const world = World.make({ dc: 2 });
  const { cluster } = world;
  cluster.change(
    "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '2'}",
  );
  cluster.change("CREATE TABLE ks.t (\n    key text PRIMARY KEY,\n    value text\n) WITH comment = ''");
  cluster.write('ks', 't', 'a', 'saved');
  return world;
}

/** The one backup that the volumes, as they are, could be restored to. */
export function restorableIn({ cluster }: World): string | null {
  return restorable(cluster.nodes.map(wholeOn));
}

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
  /** What others do while its snapshots are taken, once. */
  readonly meanwhile?: () => Promise<unknown>;
}

/**
 * One run of a policy, as Kasten makes it: preHook, volume by volume a copy, then onSuccess or onFailure. A preHook or onSuccess
 * that fails is tried once more; an onFailure is not.
 */
export class PolicyRun {
  readonly #world: World;
  readonly #options: RunOptions;
  #meanwhile: RunOptions['meanwhile'];
  /** What each copy of a volume can be restored to. */
  readonly #copies: (readonly string[])[] = [];
  #killed = false;
  /** Of the backup that its preHook has made. */
  tag: string | null = null;
  /** Whether Kasten keeps the restore point; null before the end. */
  kept: boolean | null = null;
  /** Codes of what its hooks failed with. */
  readonly failures: string[] = [];
  /** Port calls of each hook's last try. */
  readonly calls: Record<Kill['hook'], readonly string[]> = { before: [], end: [] };

  constructor(world: World, options: RunOptions) {
    this.#world = world;
    this.#options = options;
    this.#meanwhile = options.meanwhile;
  }

  /** What the copies can be restored to. */
  get restoresTo(): string | null {
    return this.#copies.length === this.#world.cluster.nodes.length ? restorable(this.#copies) : null;
  }

  /** Its parts, between which other runs may do something. */
  async *parts(): AsyncGenerator<void, void> {
    yield* this.#hook('before', async (ports, process) => {
      this.tag = (await backUp(this.#flags())(ports, process)).tag;
    });
    if (this.tag !== null) {
      for (const node of this.#world.cluster.nodes) {
        this.#copies.push(wholeOn(node));
        if (!this.#options.copiesAtOnce) yield;
      }
      if (this.#options.copiesAtOnce) yield;
    }
    if (this.tag === null || this.#options.copyFails) {
      this.kept = false;
      await this.#try('end', endBackup({ ...this.#flags(), failed: true }));
      return;
    }
    let closed = false;
    yield* this.#hook('end', async (ports, process) => {
      await endBackup(this.#flags())(ports, process);
      closed = true;
    });
    this.kept = closed;
  }

  /** A hook that is tried again: at once after a failure, and after something else where its process was killed. */
  async *#hook(hook: Kill['hook'], command: Command): AsyncGenerator<void, void> {
    const first = await this.#try(hook, command);
    if (first === 'killed') yield;
    if (first !== 'done') await this.#try(hook, command);
    if (hook === 'before') yield;
  }

  async #try(hook: Kill['hook'], command: Command): Promise<'done' | 'failed' | 'killed'> {
    const { kill } = this.#options;
    const dies = kill?.hook === hook && !this.#killed;
    if (dies) this.#killed = true;
    const disturbance = dies ? ({ fault: 'killed before', at: kill.at } as const) : undefined;
    const ending = await this.#world.run(
      (ports, process) => command({ ...ports, control: this.#watched(ports.control) }, process),
      disturbance,
    );
    this.calls[hook] = ending.calls;
    if (ending.kind !== 'failed') return ending.kind;
    if (!(ending.error instanceof KassetteError)) throw ending.error;
    this.failures.push(`${hook} ${ending.error.code}`);
    return 'failed';
  }

  #watched(control: NodeControl): NodeControl {
    return {
      ...control,
      takeSnapshot: async (...args) => {
        const meanwhile = this.#meanwhile;
        this.#meanwhile = undefined;
        await meanwhile?.();
        return control.takeSnapshot(...args);
      },
    };
  }

  #flags() {
    return { run: this.#options.run ?? undefined, hook: true };
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

/** A day later whatever was left is abandoned, and a policy alone has what it needs. */
export async function assertNextBackupIsKept(world: World, told: string): Promise<void> {
  const { cluster } = world;
  cluster.state.nowMs += 25 * HOUR;
  const next = new PolicyRun(world, { run: 'next' });
  await interleave([next], []);
  assert.ok(next.kept && next.restoresTo === next.tag, `${told}\nnext: ${next.failures}`);
  for (const { name, volume } of cluster.nodes) {
    const left = readdirSync(volume, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      left.filter((path) => /\/kassette-[^/]*$/.test(path)),
      [],
      `${name} ${told}`,
    );
  }
}
