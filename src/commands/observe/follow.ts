import type { Clock } from '../../ports/clock.ts';

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

const FIRST_POLL_MS = 100;
const SLOWEST_POLL_MS = 2000;

/** Look again and again until the work is done, or shows no progress for too long. @returns whether it is done */
export async function follow(
  clock: Clock,
  look: () => Promise<Look>,
  { quietMs, signal }: FollowOptions,
): Promise<boolean> {
  let seen: string | undefined;
  let since = 0;
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 1.5, SLOWEST_POLL_MS)) {
    signal?.throwIfAborted();
    const { done, progress } = await look();
    if (done) return true;
    const now = clock.now().getTime();
    if (progress !== seen) [seen, since] = [progress, now];
    else if (now - since >= quietMs) return false;
    await clock.sleep(pause);
  }
}
