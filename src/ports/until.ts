import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** The time at which the process began, counted on: a clock of the machine that is set meanwhile makes no wait longer or shorter. */
export const SYSTEM_CLOCK: Clock = {
  now: () => new Date(performance.timeOrigin + performance.now()),
  sleep: async (ms) => sleep(ms),
};

/** One look at what is waited for: it has come, or not yet; then any text that changes as long as it gets nearer, or nothing. */
export type Look<T> = { readonly found: T } | string | null;

/** How a wait goes on, and when it ends. Times in milliseconds. */
export interface Pace {
  /** Between two looks; or at first, and then half as long again each time up to the slowest. */
  readonly every: number | { readonly first: number; readonly slowest: number };
  /** Limit for the time since the beginning, or since it last got nearer; left out where it takes as long as it takes. */
  readonly within?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** Look again and again until it has come, at least once. @throws what `late` makes, where the time is over; the signal's reason */
export async function until<T>(
  look: () => Promise<Look<T>>,
  { late, ...pace }: Pace & { readonly late: () => Error },
): Promise<T> {
  const end = await lookUntil(look, pace);
  if (end === null) throw late();
  return end.found;
}

/** The same; null where the time is over. */
export async function lookUntil<T>(
  look: () => Promise<Look<T>>,
  { every, within = Number.POSITIVE_INFINITY, signal, clock = SYSTEM_CLOCK }: Pace,
): Promise<{ readonly found: T } | null> {
  const { first, slowest } = typeof every === 'number' ? { first: every, slowest: every } : every;
  let seen: string | null = null;
  let since = clock.now().getTime();
  for (let pause = first; ; pause = Math.min(pause * 1.5, slowest)) {
    signal?.throwIfAborted();
    const sight = await look();
    if (sight !== null && typeof sight !== 'string') return sight;
    const now = clock.now().getTime();
    if (sight !== seen) [seen, since] = [sight, now];
    if (now - since >= within) return null;
    await clock.sleep(pause);
  }
}

/** Do the work again and again until it does not end so. @throws the last such error, where the time is over; the signal's reason */
export async function untilNot<T>(
  isYet: (error: unknown) => boolean,
  pace: Pace,
  work: () => Promise<T>,
): Promise<T> {
  let last: unknown;
  const look = async () => {
    try {
      return { found: await work() };
    } catch (error) {
      if (!isYet(error)) throw error;
      last = error;
      return null;
    }
  };
  const end = await lookUntil(look, pace);
  if (end === null) throw last;
  return end.found;
}
