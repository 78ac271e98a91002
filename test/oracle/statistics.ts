/** How often what happened, over all rounds. */
export class Statistics {
  readonly #counts = new Map<string, Map<string, number>>();

  count(what: string, kind: string, times = 1): void {
    const kinds = this.#counts.get(what) ?? new Map<string, number>();
    kinds.set(kind, (kinds.get(kind) ?? 0) + times);
    this.#counts.set(what, kinds);
  }

  of(what: string, kind: string): number {
    return this.#counts.get(what)?.get(kind) ?? 0;
  }

  /** A line for each kind of thing, the most frequent first. */
  lines(): readonly string[] {
    return [...this.#counts].map(([what, kinds]) => {
      const sorted = [...kinds].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
      return `${what}: ${sorted.map(([kind, n]) => `${kind} ${n}`).join(', ')}`;
    });
  }
}
