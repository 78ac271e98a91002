import { spawn } from 'node:child_process';
import { BedError } from './bed-error.ts';

const KEPT_OUTPUT = 4000;

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  /** Added to the clean environment below. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/**
 * The environment of everything that the bed runs: no proxy of the machine may come between the parts of the cluster, and
 * no `KUBECONFIG` of the user may lead a program to another cluster.
 */
export const cleanEnvironment: Readonly<Record<string, string>> = {
  PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
};

/** For downloads, unlike the bed itself: they go through what the user has set, proxies and mirrors. */
export function userEnvironment(): Record<string, string> {
  const given = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(given);
}

/** Runs a program to its end and gives its standard output; a failure names what it wrote last. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd: options.cwd,
      env: { ...cleanEnvironment, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // Not spawn's own timeout: where the program cannot be started, that one would keep this process waiting for it.
    const limit = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 600_000);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (cause) => {
      clearTimeout(limit);
      reject(new BedError(`${program} did not start`, { cause }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      if (code === 0) return resolve(stdout);
      const output = `${stdout}\n${stderr}`.trim().slice(-KEPT_OUTPUT);
      reject(new BedError(`${[program, ...args].join(' ')} ended with ${code ?? signal}: ${output}`));
    });
    // A program that ends before it has read its input says why on stderr.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** For what may well fail without harm, such as removing a thing that is not there. */
export function attempt(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<boolean> {
  return run(program, args, options).then(
    () => true,
    () => false,
  );
}
