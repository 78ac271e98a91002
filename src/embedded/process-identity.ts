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
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command === '' ? isEnding(pid) : command.includes(path);
  } catch {
    return false;
  }
}

const PF_EXITING = 4;

/** Whether some thread of an exiting process is left; its files stay open until the last one has ended. */
function isEnding(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`);
  const isLeft = (thread: string) => !/^[ZX]$/.test(statOf(`${pid}/task/${thread}`).state);
  return (statOf(`${pid}`).flags & PF_EXITING) !== 0 && threads.some(isLeft);
}

/** One that is gone by now is like one that has ended. */
function statOf(process: string): { readonly state: string; readonly flags: number } {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${process}/stat`, 'utf8');
  } catch {
    return { state: 'X', flags: 0 };
  }
  // pid (command) state ppid pgrp session tty tpgid flags …; the command may hold blanks and brackets.
  const [state = '', , , , , , flags] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, flags: Number(flags) };
}
