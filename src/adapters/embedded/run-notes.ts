import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRuns, type Run, renderRuns, withRun } from '../../domain/last-runs.ts';
import type { RunNotes } from '../../ports/platform/run-notes.ts';
import { clusterFilePath } from './cluster-file.ts';

const SUFFIX = '.json';

/** Beside `cluster.json`: a file for each run, which no other run writes. */
export function embeddedRunNotes(directory: string): RunNotes {
  const notes = join(directory, 'runs');
  const fileOf = (id: string) => join(notes, `${id}${SUFFIX}`);
  return {
    last: async () => [...readAll(notes).values()].reduce(withRun, []),
    async note(run) {
      try {
        // Where there is no cluster no directory is made: what looks for its datacenters says so.
        if (!existsSync(clusterFilePath(directory))) return;
        mkdirSync(notes, { recursive: true });
        const all = readAll(notes);
        const known = [...all.values()].reduce(withRun, []);
        const kept = withRun(known, run);
        const now = kept.find((r) => r.id === run.id);
        if (now !== undefined) write(fileOf(run.id), now);
        for (const id of all.keys()) {
          if (!kept.some((r) => r.id === id)) rmSync(fileOf(id), { force: true });
        }
      } catch {
        // What cannot be noted is no reason to stop.
      }
    },
  };
}

function write(path: string, run: Run): void {
  const whole = `${path}.new`;
  writeFileSync(whole, renderRuns([run]));
  renameSync(whole, path);
}

/** By the id that their file has. What cannot be read is left out, and goes with the old ones. */
function readAll(notes: string): ReadonlyMap<string, Run> {
  const runs = new Map<string, Run>();
  for (const name of namesIn(notes)) {
    if (!name.endsWith(SUFFIX)) continue;
    const [run] = parseRuns(textOf(join(notes, name)));
    if (run !== undefined) runs.set(name.slice(0, -SUFFIX.length), run);
  }
  return runs;
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
