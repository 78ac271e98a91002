import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram } from '../../../lab/cli.ts';
import type { Ended, OracleCommand } from '../ground.ts';
import type { Kill } from '../plan.ts';

/** About so many lines of progress does a run print. */
const LINES: Readonly<Record<OracleCommand, number>> = {
  'before-backup': 10,
  'after-backup': 4,
  'after-restore': 16,
  'clean-volume': 8,
};
/** How long after a line the signal comes, so that it is in the midst of the next step. */
const LATER_MS: Readonly<Record<Kill['how'], number>> = { kill: 0, term: 0, fail: 40, late: 150, cut: 400 };

/** Run the built program with these arguments, and send it a signal at a part of its way. */
export async function runDisturbed(
  command: OracleCommand,
  args: readonly string[],
  kill: Kill | null,
): Promise<Ended> {
  const child = startProgram([command, ...args]);
  const lines: string[] = [];
  let point: string | null = null;
  const ended = new Promise<number | null>((done) => child.once('close', (status) => done(status)));
  const at = kill === null ? Number.POSITIVE_INFINITY : Math.floor(kill.at * LINES[command]);
  const disturb = async (line: string) => {
    if (kill === null || point !== null) return;
    point = titleOf(line);
    await sleep(LATER_MS[kill.how]);
    child.kill(kill.how === 'term' ? 'SIGTERM' : 'SIGKILL');
  };
  child.stdout.resume();
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > at) void disturb(line);
  });
  const status = await ended;
  return { ...endOf(status, lines.join('\n')), point };
}

function endOf(status: number | null, stderr: string): Omit<Ended, 'point'> {
  if (status === 0) return { kind: 'done', code: null, text: '' };
  if (status === null) return { kind: 'killed', code: null, text: '' };
  const code = /^error ([A-Z_]+) \(exit status/m.exec(stderr)?.[1] ?? 'INTERNAL';
  return { kind: 'refused', code, text: stderr.split('\n').slice(-6).join('\n') };
}

/** What a line of progress is about, without its time and numbers. */
function titleOf(line: string): string {
  return line
    .replace(/^\S+Z /, '')
    .replace(/kassette-\d{8}T\S+/g, 'TAG')
    .replace(/([:(]| \d+ of \d+).*$/, '')
    .trim();
}
