import { createInterface } from 'node:readline';
import { startProgram } from '../../../lab/cli.ts';

/** Start a command and kill it as soon as it has told the end of a step; answers what it has told. */
export async function killAfter(step: string, args: readonly string[]): Promise<string> {
  const child = startProgram(args);
  const ended = new Promise<NodeJS.Signals | null>((done) =>
    child.once('close', (_, signal) => done(signal)),
  );
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (line.replace(/^\S+Z /, '').startsWith(step)) child.kill('SIGKILL');
  });
  child.stdout.resume();
  if ((await ended) !== 'SIGKILL')
    throw new Error(`${args[0]} was not killed at \`${step}\`:\n${lines.join('\n')}`);
  return lines.join('\n');
}
