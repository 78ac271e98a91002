import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { START_WAITS, type StartWait } from '../lab/cluster/starts.ts';

/*
 * How much of a test file's time was waiting for nodes to start. Loaded into every process of the tests, where it appends
 * each wait to the file that KASSETTE_START_WAITS names.
 */
const START_WAITS_FILE = 'KASSETTE_START_WAITS';

const target = process.env[START_WAITS_FILE];
if (target !== undefined) {
  subscribe(START_WAITS, (wait) => {
    appendFileSync(target, `${JSON.stringify({ ...(wait as StartWait), pid: process.pid })}\n`);
  });
}

const line = z.object({ from: z.number(), to: z.number() });

/** The environment in which a process of the tests tells its waits. */
export function tellingWaits(path: string): NodeJS.ProcessEnv {
  return { ...process.env, [START_WAITS_FILE]: path };
}

export function readWaits(path: string): readonly StartWait[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => line.parse(JSON.parse(text)));
}

/** Milliseconds of a span in which there was at least one wait: those of nodes that start side by side count once. */
export function waitedWithin(span: StartWait, waits: readonly StartWait[]): number {
  let [sum, until] = [0, span.from];
  for (const wait of waits.toSorted((a, b) => a.from - b.from)) {
    const from = Math.max(wait.from, until);
    const to = Math.min(wait.to, span.to);
    if (to <= from) continue;
    sum += to - from;
    until = to;
  }
  return sum;
}
