/*
 * Loaded into every process of the tests: what a pipe still holds when a process is ended by force would be lost, and with it
 * the results of tests.
 */
for (const { _handle } of [process.stdout, process.stderr] as {
  _handle?: { setBlocking?(on: boolean): void };
}[]) {
  _handle?.setBlocking?.(true);
}

export {};
