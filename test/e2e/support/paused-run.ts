import { once } from 'node:events';
import { startProgram } from '../../../demo/lab/cli.ts';

export interface PausedRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a command, and do something while it stands still: from when it has told the end of that step. */
export async function pausedAt(
  step: string,
  args: readonly string[],
  work: () => Promise<unknown>,
): Promise<PausedRun> {
  const child = startProgram(args);
  const said = { stdout: '', stderr: '' };
  const closed = once(child, 'close');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  let stopped = false;
  const reached = new Promise<boolean>((done) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text;
      if (stopped || !new RegExp(`^\\S+Z ${step}.*\\(`, 'm').test(said.stderr)) return;
      stopped = child.kill('SIGSTOP');
      done(stopped);
    });
    child.once('close', () => done(false));
  });
  if (!(await reached))
    throw new Error(`${args[0]} had ended before it told the end of «${step}»:\n${said.stderr}`);
  try {
    await work();
  } finally {
    child.kill('SIGCONT');
  }
  const [status] = (await closed) as [number | null];
  return { status, ...said };
}
