/** Counts calls of ports, in all and at one time. */
export class Counter {
  readonly calls = new Map<string, number>();
  readonly #running = new Map<string, number>();
  readonly mostAtOnce = new Map<string, number>();

  counted<T extends object>(name: string, port: T): T {
    return new Proxy(port, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          const call = `${name} ${String(key)}`;
          this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
          this.#count(name, 1);
          try {
            return await member.apply(target, args);
          } finally {
            this.#count(name, -1);
          }
        };
      },
    });
  }

  #count(name: string, by: number): void {
    const now = (this.#running.get(name) ?? 0) + by;
    this.#running.set(name, now);
    this.mostAtOnce.set(name, Math.max(now, this.mostAtOnce.get(name) ?? 0));
  }
}
