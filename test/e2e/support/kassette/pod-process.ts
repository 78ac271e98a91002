import { readdirSync, readFileSync } from 'node:fs';

/**
 * Send a signal to a process of a pod from this machine: the first process of a container does not stop for a signal from
 * inside.
 */
export function signalPodProcess(pod: string, commandPart: string, signal: NodeJS.Signals): void {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter(
      (pid) =>
        read(pid, 'cmdline').includes(commandPart) && read(pid, 'environ').includes(`HOSTNAME=${pod}\0`),
    );
  if (found.length === 0) throw new Error(`No process \`${commandPart}\` in ${pod}.`);
  for (const pid of found) process.kill(Number(pid), signal);
}

/** Its words, NUL between them; empty for a process that has ended. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
