import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCli } from '../../../demo/lab/cli.ts';

/** When to send a signal to a run: as soon as it has told the end of a step, or some time after that. */
export interface Moment {
  /** How the step's line begins, behind its time. */
  readonly step: string;
  readonly laterMs?: number;
}

export interface StoppedRun {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
}

/** Start a command and send it a signal at a moment; answers how it ended. */
export async function stopRunAt(
  directory: string,
  args: readonly string[],
  moment: Moment,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<StoppedRun> {
  const child = startCli(directory, args);
  const ended = new Promise<Pick<StoppedRun, 'status' | 'signal'>>((done) =>
    child.once('close', (status, by) => done({ status, signal: by })),
  );
  const lines: string[] = [];
  let stopped: Promise<unknown> | undefined;
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (stopped !== undefined || !titleOf(line).startsWith(moment.step)) return;
    const send = () => child.kill(signal);
    if (moment.laterMs === undefined) stopped = Promise.resolve(send());
    else stopped = sleep(moment.laterMs).then(send);
  });
  child.stdout.resume();
  const outcome = await ended;
  if (stopped === undefined) {
    throw new Error(`${args[0]} never told the end of «${moment.step}»:\n${lines.join('\n')}`);
  }
  await stopped;
  return { ...outcome, lines };
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
