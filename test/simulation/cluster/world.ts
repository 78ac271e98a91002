import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../../../src/domain/last-runs.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { portsOf } from '../ports/ports.ts';
import type { Surroundings } from '../ports/surroundings.ts';
import { type Disturbance, Process } from '../runs/process.ts';
import { Schedule } from '../runs/schedule.ts';
import { Cluster, type Layout, type Setup } from './cluster.ts';

/** In memory where the machine has that: nothing here has to outlive it, and a file costs nothing there. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Directories of all worlds. One that was removed may come again: a process that was killed in it ends a call late. */
const homes = new Set<string>();
process.once('exit', () => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

function newHome(): string {
  const home = mkdtempSync(join(SCRATCH, 'kassette-world-'));
  homes.add(home);
  return home;
}

/** How a run of a command came to its end. */
export type Ending<T> =
  | { readonly kind: 'done'; readonly result: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'killed' };

interface Options {
  readonly seed?: number;
  /** How long each call takes; those that are made meanwhile overlap. */
  readonly latencyMs?: number;
  /** Where the volumes lie; what is much has no place in memory. */
  readonly home?: string;
  /** Another cluster, with the same time and one order of the calls on both. */
  readonly beside?: World | undefined;
}

/** A simulated cluster with its time, and all that happens to it. */
export class World implements Surroundings {
  readonly cluster: Cluster;
  readonly schedule: Schedule;
  readonly events: string[] = [];
  runs: readonly Run[] = [];
  readonly warnings: string[] = [];
  /** What must never be, and was. */
  readonly violations: string[] = [];
  /** Called whenever a port call may have changed something. */
  check: (call: string) => void = () => {};
  readonly #layout: Layout;
  #processes = 0;
  readonly #running = new Set<number>();

  private constructor(cluster: Cluster, layout: Layout, schedule: Schedule) {
    this.cluster = cluster;
    this.#layout = layout;
    this.schedule = schedule;
  }

  static make(layout: Layout, setup: Setup & Options = {}): World {
    const { seed = 1, latencyMs = 0, home = newHome(), beside } = setup;
    const cluster = Cluster.make(home, layout, setup);
    if (beside !== undefined) Object.defineProperty(cluster.state, 'nowMs', clockOf(beside.cluster));
    const schedule = beside?.schedule ?? new Schedule(clockOf(cluster), seed, latencyMs);
    return new World(cluster, layout, schedule);
  }

  /** The same at the same moment, in directories of its own. */
  copy(seed = 1): World {
    const home = newHome();
    copyTree(this.cluster.home, home);
    const { setup, state } = this.cluster;
    const cluster = new Cluster(home, this.#layout, setup, structuredClone(state));
    return new World(cluster, this.#layout, new Schedule(clockOf(cluster), seed));
  }

  remove(): void {
    rmSync(this.cluster.home, { recursive: true });
  }

  isRunning(process: number): boolean {
    return this.#running.has(process);
  }

  /** Of a process that nothing happens to. */
  ports(): Ports {
    return portsOf(this, new Process(this.schedule, () => {}), ++this.#processes);
  }

  /** Run a command to its end, whatever that is. */
  async run<T>(
    command: (ports: Ports, process: Process) => Promise<T>,
    disturbance?: Disturbance,
  ): Promise<Ending<T> & { readonly calls: readonly string[] }> {
    const number = ++this.#processes;
    const looked = (call: string) => this.check(call);
    const process = new Process(this.schedule, looked, disturbance, this.cluster);
    this.#running.add(number);
    const ended = command(portsOf(this, process, number), process).then(
      (result) => ({ kind: 'done', result }) as const,
      (error: unknown) => ({ kind: 'failed', error }) as const,
    );
    const ending = await Promise.race([ended, process.killed]);
    this.#running.delete(number);
    return { ...(ending === 'killed' ? { kind: ending } : ending), calls: process.calls };
  }
}

/** The time that a cluster's state has, so that it is kept and gone back to with that. */
function clockOf({ state }: Cluster): { nowMs: number } {
  return {
    get nowMs() {
      return state.nowMs;
    },
    set nowMs(ms) {
      state.nowMs = ms;
    },
  };
}

/**
 * Hard links stay such, and times of change as they are: both tell something.
 * @param emptied directories of which only the name is copied
 */
export function copyTree(
  from: string,
  to: string,
  emptied: readonly string[] = [],
  copied = new Map<number, string>(),
): void {
  mkdirSync(to, { recursive: true });
  if (emptied.includes(from)) return;
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      copyTree(source, target, emptied, copied);
      continue;
    }
    const { ino, nlink } = statSync(source);
    const same = nlink > 1 ? copied.get(ino) : undefined;
    if (same === undefined) copyFileSync(source, target);
    else linkSync(same, target);
    copied.set(ino, target);
  }
  const { mtimeMs } = statSync(from);
  utimesSync(to, mtimeMs / 1000, mtimeMs / 1000);
}
