import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { KassetteError } from '../../../src/domain/errors.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { type Ending, World } from '../cluster/world.ts';
import { restorable, wholeOn } from './ends.ts';
import { backUp, type Command, endBackup } from './history.ts';
import { HOUR, type Kill } from './policy-run.ts';

/** Where the datacenters of one ring are. */
export const NAMESPACES = { dc1: 'a', dc2: 'b' };
/** Longer than all that others have still to do. */
const PATIENCE_MS = 3_600_000;

/** Two datacenters of one node each, with one table: all that hooks of two namespaces meet. */
export function joinedCluster(): World {
  const world = World.make({ dc1: 1, dc2: 1 }, { namespaces: NAMESPACES });
  const { cluster } = world;
  const replication = "{'class': 'NetworkTopologyStrategy', 'dc1': '1', 'dc2': '1'}";
  cluster.change(`CREATE KEYSPACE ks WITH replication = ${replication}`);
  cluster.change("CREATE TABLE ks.t (\n    key text PRIMARY KEY,\n    value text\n) WITH comment = ''");
  cluster.write('ks', 't', 'a', 'saved');
  return world;
}

export interface JoinedOptions {
  readonly namespace: string;
  /** What Kasten gives all hooks of the run in this namespace; null where it gives nothing. */
  readonly run: string | null;
  readonly copyFails?: boolean;
  readonly kill?: Kill | undefined;
}

/**
 * One namespace's part of a policy's run, as Kasten makes it: preHook, a copy of its volumes, then onSuccess or onFailure. A preHook or onSuccess
 * that fails is tried once more, and then onFailure follows; that is not tried again. While a hook waits for others, they go on.
 */
export class JoinedRun {
  readonly #world: World;
  readonly #options: JoinedOptions;
  readonly #copies: (readonly string[])[] = [];
  #killed = false;
  #wake: (() => void) | undefined;
  #sleeps = Promise.withResolvers<'asleep'>();
  /** Of the backup that its preHook has made or joined. */
  tag: string | null = null;
  /** Whether Kasten keeps the restore point; null before the end. */
  kept: boolean | null = null;
  readonly failures: string[] = [];
  readonly calls: Record<Kill['hook'], readonly string[]> = { before: [], end: [] };

  constructor(world: World, options: JoinedOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** What each copy of a volume can be restored to. */
  get copies(): readonly (readonly string[])[] {
    return this.#copies;
  }

  /** Its parts, between which other runs may do something. */
  async *parts(): AsyncGenerator<void, void> {
    yield* this.#hook('before', async (ports, process) => {
      this.tag = (await backUp(this.#flags())(ports, process)).tag;
    });
    yield;
    if (this.tag !== null) {
      for (const node of this.#world.cluster.nodes)
        if (NAMESPACES[node.datacenter as 'dc1' | 'dc2'] === this.#options.namespace)
          this.#copies.push(wholeOn(node));
      yield;
    }
    let closed = false;
    if (this.tag !== null && !this.#options.copyFails)
      yield* this.#hook('end', async (ports, process) => {
        await endBackup(this.#flags())(ports, process);
        closed = true;
      });
    if (!closed) yield* this.#try('end', endBackup({ ...this.#flags(), failed: true }));
    this.kept = closed;
  }

  /** A hook that is tried again: at once after a failure, and after something else where its process was killed. */
  async *#hook(hook: Kill['hook'], command: Command): AsyncGenerator<void, void> {
    const first = yield* this.#try(hook, command);
    if (first === 'killed') yield;
    if (first !== 'done') yield* this.#try(hook, command);
  }

  async *#try(hook: Kill['hook'], command: Command): AsyncGenerator<void, Ending<unknown>['kind']> {
    const { kill } = this.#options;
    const dies = kill?.hook === hook && !this.#killed;
    if (dies) this.#killed = true;
    const disturbance = dies ? ({ fault: 'killed before', at: kill.at } as const) : undefined;
    const running = this.#world.run(
      (ports, process) => command(this.#waitingForOthers(ports), process),
      disturbance,
    );
    for (;;) {
      const ending = await Promise.race([running, this.#sleeps.promise]);
      if (ending !== 'asleep') {
        this.calls[hook] = ending.calls;
        if (ending.kind === 'failed') this.failures.push(`${hook} ${codeOf(ending.error)}`);
        return ending.kind;
      }
      yield;
      this.#sleeps = Promise.withResolvers<'asleep'>();
      this.#wake?.();
    }
  }

  /** A wait for another namespace sleeps until that has had its turn. */
  #waitingForOthers(ports: Ports): Ports {
    let waits = false;
    return {
      ...ports,
      progress: {
        ...ports.progress,
        step: async (title, work) => {
          waits = title.startsWith('Waiting for namespace');
          return ports.progress.step(title, work).finally(() => {
            waits = false;
          });
        },
      },
      clock: {
        ...ports.clock,
        sleep: async (ms) => {
          if (!waits) return ports.clock.sleep(ms);
          await new Promise<void>((wake) => {
            this.#wake = wake;
            this.#sleeps.resolve('asleep');
          });
          this.#world.cluster.state.nowMs += ms;
        },
      },
    };
  }

  #flags() {
    const { run, namespace } = this.#options;
    return { run: run ?? undefined, hook: true, forNamespace: namespace, timeoutMs: PATIENCE_MS };
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof KassetteError)) throw error;
  return error.code;
}

/** Let runs go on in the order given, by their numbers, and then by turns until all have ended. */
export async function inTurns(runs: readonly JoinedRun[], order: readonly number[]): Promise<void> {
  const parts = runs.map((r) => r.parts());
  for (const i of order) await parts[i]?.next();
  for (let going = parts; going.length > 0; ) {
    const left: typeof parts = [];
    for (const part of going) if (!(await part.next()).done) left.push(part);
    going = left;
  }
}

/** What the copies of all of them together can be restored to. */
export function restoresTo(runs: readonly JoinedRun[]): string | null {
  return restorable(runs.flatMap((r) => r.copies));
}

/** A day later whatever was left is abandoned, and a policy alone has what it needs; nothing is left after it. */
export async function assertNextIsKept(world: World, told: string): Promise<void> {
  const { cluster } = world;
  cluster.state.nowMs += 25 * HOUR;
  const next = ['a', 'b'].map((namespace) => new JoinedRun(world, { namespace, run: `next ${namespace}` }));
  await inTurns(next, []);
  assert.ok(
    next.every((r) => r.kept && r.tag === restoresTo(next)),
    `${told}\nnext: ${next.map((r) => `${r.tag} kept ${r.kept} ${r.failures}`)}`,
  );
  for (const { name, volume } of cluster.nodes) {
    const left = readdirSync(volume, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      left.filter((path) => /\/kassette-[^/]*$/.test(path)),
      [],
      `${name} ${told}`,
    );
  }
}
