import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  identityOf,
  type ProcessIdentity,
  stillRuns,
} from '../../../../src/adapters/embedded/nodes/process-identity.ts';
import { BedError } from '../bed-error.ts';
import type { Places } from '../places.ts';
import { cleanEnvironment } from '../run.ts';

const POLL_MS = 50;
const SHOWN_LOG_LINES = 30;

/** A long-running part of the bed. It names the bed's directory on its command line: a teardown finds it by that. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program that outlives this process, with its log and its identity in the bed's directory. */
export function start(places: Places, { name, command, args, env }: Program): void {
  mkdirSync(places.logs, { recursive: true });
  mkdirSync(places.pids, { recursive: true });
  const log = openSync(logFile(places, name), 'a');
  const child = spawn(command, [...args], {
    detached: true,
    cwd: places.directory,
    env: { ...cleanEnvironment, HOME: places.directory, ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  // A command that cannot run has no pid: readiness then reports it as ended.
  child.on('error', () => {});
  child.unref();
  if (child.pid === undefined) return;
  const { pid, startTime, program } = identityOf(child.pid, command);
  writeFileSync(pidFile(places, name), `${[pid, startTime, program].join('\n')}\n`);
}

/** Ends one program; insists after `patienceMs`. Nothing else is signalled, whatever has the program's number by now. */
export async function end(places: Places, name: string, patienceMs: number): Promise<void> {
  signal(runningPid(places, name), 'SIGTERM');
  const insist = Date.now() + patienceMs;
  while (runningPid(places, name) !== undefined) {
    if (Date.now() > insist) signal(runningPid(places, name), 'SIGKILL');
    await pause(POLL_MS);
  }
  rmSync(pidFile(places, name), { force: true });
}

/** All that have a pid file, running or not. */
export function knownPrograms(places: Places): readonly string[] {
  if (!existsSync(places.pids)) return [];
  return readdirSync(places.pids).map((file) => file.replace(/\.pid$/, ''));
}

/** The process that `start` started under this name, as long as it runs: known by its number, its start and its program. */
export function runningPid(places: Places, name: string): number | undefined {
  const identity = readIdentity(pidFile(places, name));
  return identity !== undefined && stillRuns(identity) ? identity.pid : undefined;
}

function readIdentity(file: string): ProcessIdentity | undefined {
  if (!existsSync(file)) return undefined;
  const [pid = '', startTime = '', program = ''] = readFileSync(file, 'utf8').split('\n');
  return { pid: Number(pid), startTime, program };
}

/** Waits until `probe` says yes, and fails with the end of the log when the program ended or the time is over. */
export async function untilReady(
  places: Places,
  name: string,
  probe: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await probe().catch(() => false))) {
    if (runningPid(places, name) === undefined) throw failure(places, name, 'ended');
    if (Date.now() > deadline) throw failure(places, name, `was not ready after ${timeoutMs / 1000} s`);
    await pause(POLL_MS);
  }
}

export function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between: that is what was wanted.
  }
}

export const logFile = (places: Places, name: string): string => join(places.logs, `${name}.log`);

const pidFile = (places: Places, name: string): string => join(places.pids, `${name}.pid`);

function failure(places: Places, name: string, what: string): BedError {
  const log = existsSync(logFile(places, name)) ? readFileSync(logFile(places, name), 'utf8') : '';
  const last = log.trim().split('\n').slice(-SHOWN_LOG_LINES).join('\n');
  return new BedError(`${name} ${what}. The end of ${logFile(places, name)}:\n${last}`);
}
