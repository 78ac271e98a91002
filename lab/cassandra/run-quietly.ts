import { execFile } from 'node:child_process';
import { LauncherError } from '../../src/adapters/embedded/nodes/launcher-error.ts';

const KEPT_OUTPUT = 4000;

/** Runs a program to its end and gives what it wrote; only a failure makes its output visible. */
export function runQuietly(
  program: string,
  args: readonly string[],
  options: { cwd?: string; timeoutMs?: number } = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      { cwd: options.cwd, timeout: options.timeoutMs ?? 600_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ stdout, stderr });
        const output = `${stdout}${stderr}`.trim().slice(-KEPT_OUTPUT);
        reject(
          new LauncherError(`${program} failed: ${output || error.message}`, `Run it by hand to see more.`, {
            cause: error,
          }),
        );
      },
    );
  });
}
