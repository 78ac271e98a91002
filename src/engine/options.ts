import type { Runner } from '../domain/backup/opening.ts';
import type { Source } from '../domain/transfer/source.ts';
import type { Clock } from '../ports/clock.ts';

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

export interface TimeLimitOption {
  /** After which the run is ended from outside, milliseconds from its beginning. */
  readonly timeLimitMs?: number | undefined;
}

/** What reading through all files of a backup goes by. */
export interface ReadingOptions {
  readonly signal: AbortSignal;
  /** When the run is ended from outside, milliseconds since 1970. */
  readonly endsAt?: number | undefined;
  /** What one run in a volume reads at most; less than usual only in tests. */
  readonly atOnce?: AtOnce | undefined;
}

/** How many files, and bytes, one run in a volume reads at most. */
export interface AtOnce {
  readonly items: number;
  readonly weight: number;
}

/** The options of a run that begins now, with its end. */
export function withEnd<O extends TimeLimitOption>(
  options: O,
  { clock }: { readonly clock: Clock },
): O & Pick<ReadingOptions, 'endsAt'> {
  const { timeLimitMs } = options;
  return { ...options, endsAt: timeLimitMs === undefined ? undefined : clock.now().getTime() + timeLimitMs };
}

/** Of a hook that Kasten calls for one of the namespaces of a K8ssandraCluster. */
export interface SharingOption {
  /** That namespace; undefined where the run is for all of them. */
  readonly forNamespace?: string | undefined;
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
