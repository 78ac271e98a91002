import { readdirSync, readFileSync } from 'node:fs';

/** The number in a pid file; undefined where there is none. */
export function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the process runs and names `path` on its command line. Process ids are used again: without this a stale pid
 * file could make us kill a stranger. A process that is ending loses its command line before it lets go of its ports, so
 * one without a command line counts until it has ended.
 */
export function isOurs(pid: number, path: string): boolean {
  return runs(pid, (command) => (command === '' ? isEnding(pid) : command.includes(path)));
}

/** A process and no other, also when its number is given to another one later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began: clock ticks since the machine's start, as the kernel writes it. */
  readonly startTime: string;
  /** The program, as the first word of its command line. */
  readonly program: string;
}

/** Of a process that has just been started. */
export function identityOf(pid: number, program: string): ProcessIdentity {
  return { pid, startTime: statOf(`${pid}`).startTime, program };
}

/** Whether that very process still runs, or is ending. One that has just been started has no command line for a moment. */
export function stillRuns({ pid, startTime, program }: ProcessIdentity): boolean {
  const isIt = (command: string) => (command === '' ? threadIsLeft(pid) : command.split('\0')[0] === program);
  return startTime !== '' && statOf(`${pid}`).startTime === startTime && runs(pid, isIt);
}

/** Whether there is such a process, by its command line, which may be empty; the number of a thread is none, though a signal to it meets its process. */
function runs(pid: number, isIt: (command: string) => boolean): boolean {
  try {
    const [, leader] = /^Tgid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    if (Number(leader) !== pid) return false;
    return isIt(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

const PF_EXITING = 4;

function isEnding(pid: number): boolean {
  return (statOf(`${pid}`).flags & PF_EXITING) !== 0 && threadIsLeft(pid);
}

/** A process's files stay open until its last thread has ended. */
function threadIsLeft(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  const isLeft = (thread: string) => !/^[ZX]$/.test(statOf(`${pid}/task/${thread}`).state);
  return threads.some(isLeft);
}

/** One that is gone by now is like one that has ended. */
function statOf(process: string): {
  readonly state: string;
  readonly flags: number;
  readonly startTime: string;
} {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${process}/stat`, 'utf8');
  } catch {
    return { state: 'X', flags: 0, startTime: '' };
  }
  // pid (command) state ppid pgrp session tty tpgid flags …; the command may hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', flags: Number(fields[6]), startTime: fields[19] ?? '' };
}
