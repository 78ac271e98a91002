import { seeded } from '../simulation/runs/schedule.ts';

/** Choices that look random and are the same for the same seed. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  /** From 0 to below 1, two digits. */
  part(): number {
    return this.below(100) / 100;
  }

  below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<const T>(from: readonly T[]): T {
    const chosen = from[this.below(from.length)];
    if (chosen === undefined) throw new RangeError('There is nothing to pick from.');
    return chosen;
  }

  /** In a random order. */
  shuffled<T>(of: readonly T[]): readonly T[] {
    const left = [...of];
    return of.flatMap(() => left.splice(this.below(left.length), 1));
  }

  times<T>(count: number, make: () => T): readonly T[] {
    return Array.from({ length: count }, make);
  }
}
