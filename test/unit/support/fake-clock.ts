import type { Clock } from '../../../src/ports/clock.ts';

/** Time that goes by only while somebody sleeps. */
export function fakeClock(): Clock & { seconds(): number } {
  let now = 0;
  return {
    now: () => new Date(now),
    async sleep(ms) {
      now += ms;
    },
    seconds: () => now / 1000,
  };
}
