import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BedError } from './bed-error.ts';
import { runningPid } from './machine/processes.ts';
import { MARKER, placesIn } from './places.ts';

/** Which bed the machine has, and the process that it is for; without one it is kept until somebody takes it down. */
export interface Holder {
  readonly directory: string;
  readonly owner: { readonly pid: number; readonly command: string } | undefined;
}

export function holder(): Holder | undefined {
  if (!existsSync(MARKER)) return undefined;
  const [directory = '', pid = '', command = ''] = readFileSync(MARKER, 'utf8').trim().split('\n');
  return { directory, owner: pid === '' ? undefined : { pid: Number(pid), command } };
}

/** Notes that the machine's bed is in that directory: for as long as this process lives, or until taken down. */
export function holdMachine(directory: string, kept: boolean): void {
  const owner = kept ? [] : [process.pid, commandOf(process.pid)];
  writeFileSync(MARKER, `${[directory, ...owner].join('\n')}\n`);
}

export function releaseMachine(): void {
  rmSync(MARKER, { force: true });
}

/** Refuses to go on where somebody works with a bed in another directory. A dead run's bed may go. */
export function refuseOtherUser(directory: string): void {
  const other = holder();
  if (other === undefined || other.directory === directory) return;
  if (!inUse(other)) return;
  const user = other.owner === undefined ? '' : ` for process ${other.owner.pid}`;
  throw new BedError(
    `A bed runs${user} in ${other.directory}, and a machine has one at a time. ` +
      `Take it down: node test/e2e/bed/main.ts down --directory ${other.directory}`,
  );
}

function inUse({ directory, owner }: Holder): boolean {
  if (owner === undefined) return runningPid(placesIn(directory), 'kube-apiserver') !== undefined;
  return commandOf(owner.pid) === owner.command;
}

/** A process number is used again; with its command line it is the same process, as good as always. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .replaceAll(/[\0\n]+/g, ' ')
      .trim();
  } catch {
    return '';
  }
}
