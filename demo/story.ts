/** Tells the demo's steps as they happen, and keeps them for the table at the end. */
export class Story {
  readonly #steps: { readonly title: string; readonly seconds: number }[] = [];
  readonly #checks: { readonly ok: boolean; readonly text: string }[] = [];

  title(text: string): void {
    console.log(text);
  }

  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    const seconds = (performance.now() - started) / 1000;
    this.#steps.push({ title, seconds });
    console.log(`${seconds.toFixed(1).padStart(6)} s  ${title}`);
    return result;
  }

  fact(text: string): void {
    console.log(`          ${text}`);
  }

  /** A check that the demo's exit status depends on. */
  check(ok: boolean, text: string): void {
    this.#checks.push({ ok, text });
    console.log(`${ok ? '      ok' : '   WRONG'}  ${text}`);
  }

  table(): void {
    const width = Math.max(...this.#steps.map((s) => s.title.length));
    console.log(`\n${'step'.padEnd(width)}   seconds`);
    for (const { title, seconds } of this.#steps)
      console.log(`${title.padEnd(width)}  ${seconds.toFixed(1).padStart(8)}`);
    console.log();
  }

  /** Repeats the last check, the one that counts, and sets the exit status. */
  conclude(): void {
    const last = this.#checks.at(-1);
    if (last !== undefined) console.log(last.text);
    if (this.#checks.some((c) => !c.ok)) process.exitCode = 1;
  }
}
