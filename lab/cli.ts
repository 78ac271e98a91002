import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { followMemory } from './memory.ts';

/** How one run of the command line ended. */
export interface CliRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** Peak resident memory, MB. */
  readonly rssMb: number;
}

const PROGRAM = join(import.meta.dirname, '..', 'dist', 'kassette.mjs');

/** Start the built command line on an embedded cluster, as a user would. */
export function startCli(directory: string, args: readonly string[]) {
  return startProgram([...args, '--embedded', directory]);
}

export function startProgram(args: readonly string[]) {
  return spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

export function runCli(directory: string, args: readonly string[]): Promise<CliRun> {
  return runProgram([...args, '--embedded', directory]);
}

/** Run the built command line with all its arguments. */
export async function runProgram(args: readonly string[]): Promise<CliRun> {
  const started = performance.now();
  const child = startProgram(args);
  const memory = followMemory(child.pid);
  const ended = new Promise<number | null>((done) => child.once('close', (status) => done(status)));
  const [status, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { status, stdout, stderr, seconds: (performance.now() - started) / 1000, rssMb: memory() };
}

const envelope = z.looseObject({ ok: z.boolean(), result: z.unknown().optional() });

/** Run a command that must succeed and answer its result. */
export function mustRun<T>(
  directory: string,
  args: readonly string[],
  result: z.ZodType<T>,
): Promise<{ readonly run: CliRun; readonly result: T }> {
  return mustRunProgram([...args, '--embedded', directory], result);
}

export async function mustRunProgram<T>(
  args: readonly string[],
  result: z.ZodType<T>,
): Promise<{ readonly run: CliRun; readonly result: T }> {
  const run = await runProgram([...args, '--output', 'json']);
  if (run.status !== 0) throw new Error(`kassette ${args.join(' ')} ended with ${run.status}: ${run.stderr}`);
  return { run, result: resultOf(run.stdout, result) };
}

/** The result in what a command printed as JSON. */
export function resultOf<T>(stdout: string, result: z.ZodType<T>): T {
  return result.parse(envelope.parse(JSON.parse(stdout)).result);
}
