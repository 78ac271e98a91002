import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** For one test file, all of its tests together; the longest one takes half of that. */
const FILE_LIMIT_MS = 30 * 60_000;

/** Run test files, tell each test's outcome, and count. A suite in which nothing ran has failed. */
export async function runTests(
  title: string,
  patterns: readonly string[],
  concurrency: number,
): Promise<Tally> {
  const files = patterns.flatMap((p) => globSync(p).toSorted());
  const tally = { passed: 0, failed: 0, skipped: 0 };
  console.log(`\n${title}`);
  // A file that hangs, or leaves something open, must not take the other ones' time.
  const stream = run({ files, concurrency, forceExit: true, timeout: FILE_LIMIT_MS });
  stream.on('test:pass', ({ skip, todo, details }) => {
    if (details.type === 'suite') return;
    if (skip !== undefined || todo !== undefined) tally.skipped++;
    else tally.passed++;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') tally.failed++;
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(String(text));
  if (tally.passed + tally.failed === 0) tally.failed++;
  return tally;
}

/** Run a program that tests something as a whole: one test, passed where it ends with 0. */
export async function runProgram(
  title: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Tally> {
  console.log(`\n${title}`);
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  const status = await new Promise<number | null>((done) => child.once('close', done));
  console.log(`${status === 0 ? '✔' : '✖'} ${title}`);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/** Start a program that ends with a closing line of its own, its output marked in ours; the answer waits for its end. */
export function startAside(mark: string, command: string, args: readonly string[]): () => Promise<Tally> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    console.log(`${mark} │ ${line}`);
    if (line !== '') last = line;
  });
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return async () => {
    const status = await ended;
    const [, passed, failed, skipped] = CLOSING.exec(last) ?? [];
    // Without its closing line it did not come to its end, whatever it says of itself.
    if (passed === undefined) return { passed: 0, failed: 1, skipped: 0 };
    const tally = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0) };
    return status === 0 || tally.failed + tally.skipped > 0 ? tally : { ...tally, failed: 1 };
  };
}

const CLOSING = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/** The closing line; the exit status is 1 where anything failed or was skipped. */
export function conclude(tallies: readonly Tally[]): never {
  const sum = (of: (t: Tally) => number) => tallies.reduce((n, t) => n + of(t), 0);
  const [passed, failed, skipped] = [sum((t) => t.passed), sum((t) => t.failed), sum((t) => t.skipped)];
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exit(failed + skipped > 0 ? 1 : 0);
}
