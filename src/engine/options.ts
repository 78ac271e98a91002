import type { Runner } from '../domain/backup/opening.ts';
import type { Source } from '../domain/transfer/source.ts';

/** The options of every command. */
export interface CommonOptions {
  /** Names of datacenters; empty for all. */
  readonly datacenters: readonly string[];
  /** How long to wait for a state that may come by itself while nothing gets nearer to it, milliseconds. */
  readonly timeoutMs: number;
  /** How long to wait for nodes in all, milliseconds; without it as long as they get further. */
  readonly maxWaitMs?: number | undefined;
  /** Nodes worked on at a time; for snapshots all at once, to keep the skew small. */
  readonly concurrency: number;
  /** Ends the run at its next step; what it did is undone or left for the next run, as after a failure. */
  readonly signal: AbortSignal;
}

export interface TagOption {
  readonly tag: string | undefined;
}

/** Where a backup is, whose parts or tables are looked at. */
export interface SourceOptions extends CommonOptions, TagOption {
  readonly from: Source;
}

/** Who runs a hook's command; left out, a person. */
export interface RunnerOptions {
  /** What identifies the policy's run to all of its hooks; undefined where nothing does. */
  readonly run?: string | undefined;
  /** Whether a blueprint's hook runs it. */
  readonly hook?: boolean;
}

export function runnerOf({ run, hook }: RunnerOptions): Runner {
  return { run: run ?? null, hook: hook ?? false };
}
