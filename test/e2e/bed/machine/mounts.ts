import { readFileSync } from 'node:fs';
import { attempt, run } from '../run.ts';

/** What is mounted below a directory, the innermost and latest first. */
export function mountsBelow(directory: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter((path) => path.startsWith(`${directory}/`))
    .reverse();
}

export async function unmountBelow(directory: string): Promise<void> {
  for (const path of mountsBelow(directory)) {
    // Busy when a process of a pod is only just ending: then it is let go of as soon as that is over.
    if (!(await attempt('umount', [path]))) await run('umount', ['--lazy', path]);
  }
}
