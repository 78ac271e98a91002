import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram } from '../../../lab/cli.ts';

/** When to send a signal to a run: as soon as it has told the end of a step, or some time after that. */
export interface Moment {
  /** How the step's line begins, behind its time. */
  readonly step: string;
  /** Another one that does as well, where a run may have nothing to do in that step. */
  readonly orStep?: string | undefined;
  readonly laterMs?: number;
}

export interface StoppedRun {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** Of standard error. */
  readonly lines: readonly string[];
}

/** Start a command on an embedded cluster and send it a signal at a moment; answers how it ended. */
export async function stopRunAt(
  directory: string,
  args: readonly string[],
  { step, orStep, laterMs }: Moment,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<StoppedRun> {
  return actAt([step, orStep ?? step], [...args, '--embedded', directory], async (child) => {
    if (laterMs !== undefined) await sleep(laterMs);
    child.kill(signal);
  });
}

/** Run a command, and do something while it stands still: from when it has told the end of a step. */
export async function pausedAt(
  step: string,
  args: readonly string[],
  work: () => Promise<unknown>,
): Promise<StoppedRun> {
  return actAt([step], args, async (child) => {
    child.kill('SIGSTOP');
    try {
      await work();
    } finally {
      child.kill('SIGCONT');
    }
  });
}

/** Run a command and do something to it, once, as soon as it has told the end of one of these steps. */
async function actAt(
  steps: readonly string[],
  args: readonly string[],
  act: (child: ChildProcess) => Promise<unknown>,
): Promise<StoppedRun> {
  const child = startProgram(args);
  const ended = new Promise<Pick<StoppedRun, 'status' | 'signal'>>((done) =>
    child.once('close', (status, signal) => done({ status, signal })),
  );
  const lines: string[] = [];
  const acted = new Promise<unknown>((done, fail) => {
    let reached = false;
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (reached || !steps.some((step) => titleOf(line).startsWith(step))) return;
      reached = true;
      act(child).then(done, fail);
    });
    child.once('close', () => {
      if (!reached) fail(new Error(`${args[0]} never told the end of \`${steps[0]}\`:\n${lines.join('\n')}`));
    });
  });
  const [outcome, stdout] = await Promise.all([ended, text(child.stdout), acted]);
  return { ...outcome, stdout, lines };
}

/** A progress line without its time; lines in the course of a step are not about its end. */
function titleOf(line: string): string {
  const text = line.replace(/^\S+Z /, '');
  return text.startsWith('warning:') || / \([^()]* (s|min)[^()]*\)$/.test(text) ? text : '';
}

/** How long each step of a whole run took, milliseconds, by title. */
export function stepTimes(stderr: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  let last = Number.NaN;
  for (const line of stderr.split('\n')) {
    const [, time, text] = /^(\S+Z) (.*)$/.exec(line) ?? [];
    if (time === undefined || text === undefined) continue;
    const at = Date.parse(time);
    const title = text.replace(/(: \d+ of \d+)?( \([^()]*\))?$/, '');
    times.set(title, (times.get(title) ?? 0) + (Number.isNaN(last) ? 0 : at - last));
    last = at;
  }
  return times;
}
