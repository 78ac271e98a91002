import { readFile } from 'node:fs/promises';

/** Follow a process's peak resident memory; the answer stops following and tells MB. */
export function followMemory(pid: number | undefined): () => number {
  let peak = 0;
  const look = async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  };
  const timer = setInterval(look, 25);
  return () => {
    clearInterval(timer);
    return peak / 1024;
  };
}
