import { channel } from 'node:diagnostics_channel';

/** One wait for nodes to start, as milliseconds since the epoch. */
export interface StartWait {
  readonly from: number;
  readonly to: number;
}

/** Where each wait for a start is published when it has ended: the test suites say how much of their time these were. */
export const START_WAITS = 'kassette.embedded.start';

const waits = channel(START_WAITS);

export async function publishWait<T>(work: () => Promise<T>): Promise<T> {
  const from = Date.now();
  try {
    return await work();
  } finally {
    waits.publish({ from, to: Date.now() } satisfies StartWait);
  }
}
