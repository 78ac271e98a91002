import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import './blocking-output.ts';
import { scratchPlace } from './scratch.ts';
import { readWaits, tellingWaits, waitedWithin } from './start-waits.ts';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, one line each. */
  readonly failures: readonly string[];
}

/** For one test file that hangs, all of its tests together. */
const FILE_LIMIT_MS = 60 * 60_000;
/** Of files that share processes: few load less, many have all processors at work to the end. */
const GROUPS = 6;
/** Compiled modules, for all processes of the tests: most of what a file of unit tests takes is loading them. */
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../node_modules/.cache/kassette/modules');
process.env['TMPDIR'] = scratchPlace();
/** How test files are run. */
export interface RunOptions {
  /** Processes at a time, one without it. */
  readonly concurrency?: number;
  /** Before each line. */
  readonly mark?: string;
  /** Patterns of further files, of which several share a process: small ones, that change nothing of it. */
  readonly together?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Only with what the others leave of the processors. */
  readonly idle?: boolean;
}

/** Run test files, tell each test's outcome, and count. A suite in which nothing ran has failed. */
export async function runTests(
  title: string,
  patterns: readonly string[],
  { concurrency = 1, mark = '', together = [], env = {}, idle = false }: RunOptions = {},
): Promise<Tally> {
  const marked = (text: string) => (mark === '' ? text : text.replaceAll(/^(?=.)/gm, `${mark} │ `));
  const filesOf = (all: readonly string[]) => all.flatMap((p) => globSync(p).toSorted());
  const tally = { passed: 0, failed: 0, skipped: 0, failures: [] as string[] };
  const times: FileTime[] = [];
  /** Of files that share a process: the sum of their tests, milliseconds. */
  const shared = new Map<string, number>();
  const scratch = mkdtempSync(join(tmpdir(), 'kassette-suite-'));
  const waits = join(scratch, 'waits');
  const groups = inGroups(filesOf(together), GROUPS, scratch);
  const files = [...filesOf(patterns).map((file) => resolve(file)), ...groups];
  console.log(`\n${title}`);
  // A file that hangs, or leaves something open, must not take the other ones' time.
  const stream = run({
    ...{ files, concurrency, forceExit: true, timeout: FILE_LIMIT_MS },
    execArgv: preloading(['./blocking-output.ts', './start-waits.ts', ...(idle ? ['./idle.ts'] : [])]),
    env: { ...tellingWaits(waits), ...env },
  });
  stream.on('test:summary', ({ file, duration_ms }) => {
    if (file === undefined || groups.includes(file)) return;
    const span = { from: Date.now() - duration_ms, to: Date.now() };
    const waitedMs = waitedWithin(span, readWaits(waits));
    times.push({ file: relative('', file), milliseconds: duration_ms, waitedMs });
  });
  stream.on('test:complete', ({ file, nesting, details }) => {
    if (nesting > 0 || file === undefined || files.includes(file)) return;
    shared.set(file, (shared.get(file) ?? 0) + details.duration_ms);
  });
  stream.on('test:pass', ({ skip, todo, details }) => {
    if (details.type === 'suite') return;
    if (skip !== undefined || todo !== undefined) tally.skipped++;
    else tally.passed++;
  });
  stream.on('test:fail', ({ name, file = '', details }) => {
    if (details.type === 'suite') return;
    tally.failed++;
    const { cause } = details.error;
    const why = cause instanceof Error ? withCauses(cause) : details.error.message;
    tally.failures.push(`${relative('', file)}: ${name}: ${oneLine(why)}`);
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(marked(String(text)));
  rmSync(scratch, { recursive: true });
  for (const [file, milliseconds] of shared)
    times.push({ file: relative('', file), milliseconds, waitedMs: 0 });
  for (const line of timeLines(times)) console.log(marked(line));
  return tally.passed + tally.failed === 0 ? failedAs(`${title}: nothing ran`) : tally;
}

const preloading = (modules: readonly string[]) =>
  modules.flatMap((module) => ['--import', fileURLToPath(import.meta.resolve(module))]);

/** Files that load other ones, each into its process: most of what a small file takes is loading the sources. */
function inGroups(files: readonly string[], count: number, directory: string): readonly string[] {
  const all = Array.from({ length: Math.min(count, files.length) }, (_, n) => {
    const own = files.filter((_, i) => i % count === n);
    return { name: join(directory, `group-${n + 1}.test.ts`), own };
  });
  for (const { name, own } of all)
    writeFileSync(name, own.map((file) => `import ${JSON.stringify(resolve(file))};\n`).join(''));
  return all.map(({ name }) => name);
}

interface FileTime {
  readonly file: string;
  readonly milliseconds: number;
  /** Of that, waiting for nodes to start. */
  readonly waitedMs: number;
}

/** Files that take less are not worth a line. */
const WORTH_TELLING_MS = 5_000;
const WORTH_NAMING = 0.1;

/** The time of each file, the longest first, and where more than a tenth of it was waiting for starts. */
export function timeLines(times: readonly FileTime[]): readonly string[] {
  const told = times.filter((t) => t.milliseconds >= WORTH_TELLING_MS);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(0).padStart(5)} s`;
  return told
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
    .map(({ file, milliseconds, waitedMs }) => {
      const share = waitedMs / milliseconds;
      const waiting = share > WORTH_NAMING ? ` (${(share * 100).toFixed(0)} % waiting for starts)` : '';
      return `${seconds(milliseconds)}  ${file}${waiting}`;
    });
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
  if (status !== 0) return failedAs(`${title}: it ended with ${status}`);
  return { passed: 1, failed: 0, skipped: 0, failures: [] };
}

/** One failure of something as a whole. */
export function failedAs(what: string): Tally {
  return { passed: 0, failed: 1, skipped: 0, failures: [what] };
}

/** Run a program that ends with a closing line of its own, its output marked in ours. */
export async function runMarked(
  mark: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Tally> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let last = '';
  const failures: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    console.log(`${mark} │ ${line}`);
    if (line !== '') last = line;
    if (line.startsWith(FAILED)) failures.push(line.slice(FAILED.length));
  });
  const status = await new Promise<number | null>((done) => child.once('close', done));
  const [, passed, failed, skipped] = CLOSING.exec(last) ?? [];
  // Without its closing line it did not come to its end, whatever it says of itself.
  if (passed === undefined) return failedAs(`${mark}: it ended with ${status}, without a closing line`);
  const tally = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0), failures };
  return status === 0 || tally.failed + tally.skipped > 0
    ? tally
    : { ...tally, failed: 1, failures: [`${mark}: it ended with ${status}`] };
}

/** Begins a line for each failure before the closing line: who sees only the end of the output is to see what failed. */
const FAILED = '✖ failed: ';
const CLOSING = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/** The message of an error and of what caused it: the last one often says most. */
function withCauses({ message, cause }: Error): string {
  return cause instanceof Error ? `${message} (${withCauses(cause)})` : message;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** What failed, and the closing line; the exit status is 1 where anything failed or was skipped. */
export function conclude(tallies: readonly Tally[]): never {
  const sum = (of: (t: Tally) => number) => tallies.reduce((n, t) => n + of(t), 0);
  const [passed, failed, skipped] = [sum((t) => t.passed), sum((t) => t.failed), sum((t) => t.skipped)];
  console.log('');
  for (const failure of tallies.flatMap((t) => t.failures)) console.log(`${FAILED}${failure}`);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exit(failed + skipped > 0 ? 1 : 0);
}
