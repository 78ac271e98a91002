/** Whoever has calls under way: a process that may be killed, or the cluster itself. */
export interface Owner {
  readonly isGone: boolean;
}

interface Task {
  readonly owner: Owner;
  readonly run: () => Promise<void>;
}

interface Timer extends Task {
  readonly at: number;
}

/** Numbers that look random and are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * What happens when, without any waiting: calls that are under way at the same time come to their turn one after the other, in an
 * order that the seed decides; when nothing is to be done but to wait, the clock is set forward.
 */
export class Schedule {
  readonly #clock: { nowMs: number };
  readonly #random: () => number;
  readonly #latencyMs: number;
  #tasks: Task[] = [];
  #timers: Timer[] = [];
  #runs = false;

  /**
   * @param seed 0 for the order in which calls were made
   * @param latencyMs how long each call takes: with 0 one after the other, else all at the same time
   */
  constructor(clock: { nowMs: number }, seed: number, latencyMs = 0) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
    this.#random = seed === 0 ? () => 0 : seeded(seed);
  }

  get now(): number {
    return this.#clock.nowMs;
  }

  /** Do the work when its turn comes. What belongs to somebody who is gone by then is not done, and never answers. */
  turn<T>(owner: Owner, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = async () => {
        if (this.#latencyMs === 0) this.#clock.nowMs += 1;
        try {
          const value = await work();
          if (!owner.isGone) resolve(value);
        } catch (error) {
          if (!owner.isGone) reject(error);
        }
      };
      if (this.#latencyMs > 0) this.#timers.push({ owner, run, at: this.now + this.#latencyMs });
      else this.#tasks.push({ owner, run });
      void this.#go();
    });
  }

  after(owner: Owner, milliseconds: number, work: () => void): void {
    this.#timers.push({ owner, at: this.now + milliseconds, run: async () => work() });
    void this.#go();
  }

  sleep(owner: Owner, milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(owner, milliseconds, resolve));
  }

  async #go(): Promise<void> {
    if (this.#runs) return;
    this.#runs = true;
    for (;;) {
      // What follows from the last answer is asked for first.
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#due() ?? this.#pick() ?? this.#due(Number.POSITIVE_INFINITY);
      if (next === undefined) break;
      if (!next.owner.isGone) await next.run();
    }
    this.#runs = false;
  }

  #due(until = this.now): Timer | undefined {
    if (this.#timers.length === 0) return undefined;
    const [first] = this.#timers.filter((t) => t.at <= until).toSorted((a, b) => a.at - b.at);
    if (first === undefined) return undefined;
    this.#timers = this.#timers.filter((t) => t !== first);
    this.#clock.nowMs = Math.max(this.now, first.at);
    return first;
  }

  #pick(): Task | undefined {
    if (this.#tasks.length === 0) return undefined;
    return this.#tasks.splice(Math.floor(this.#random() * this.#tasks.length), 1)[0];
  }
}
