import type { Clock } from '../../ports/clock.ts';
import { lookUntil } from '../../ports/until.ts';

/** One look at work that a node does by itself. */
export interface Look {
  readonly done: boolean;
  /** Any text that changes as long as the work goes on. */
  readonly progress: string;
}

export interface FollowOptions {
  /** Milliseconds without progress after which the work is given up for dead. */
  readonly quietMs: number;
  readonly signal?: AbortSignal;
}

const EVERY = { first: 100, slowest: 2000 };

/** Loading a table, or waiting for a thread to do it, may show nothing for a while. */
const LEAST_LOAD_PATIENCE_MS = 60_000;

/** How long a load may show no progress, milliseconds. */
export function loadPatience({ timeoutMs }: { readonly timeoutMs: number }): number {
  return Math.max(timeoutMs, LEAST_LOAD_PATIENCE_MS);
}

/** Look again and again until the work is done, or shows no progress for too long. @returns whether it is done */
export async function follow(
  clock: Clock,
  look: () => Promise<Look>,
  { quietMs, signal }: FollowOptions,
): Promise<boolean> {
  const once = async () => {
    const { done, progress } = await look();
    return done ? { found: true } : progress;
  };
  const pace = { every: EVERY, within: quietMs, clock, ...(signal === undefined ? {} : { signal }) };
  return (await lookUntil(once, pace)) !== null;
}
