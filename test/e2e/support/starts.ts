import { channel } from 'node:diagnostics_channel';

/** Where the suites listen that say how much of a file's time was waiting for nodes to start. */
const waits = channel('kassette.embedded.start');
/** Where a datacenter is ready already, nothing has started. */
const WORTH_TELLING_MS = 2000;

/** Wait for a datacenter to start, and say how long that was, as milliseconds on the channel and as a line of the output. */
export async function waitForStart(what: string, work: () => Promise<void>): Promise<void> {
  const from = Date.now();
  await work();
  const to = Date.now();
  waits.publish({ from, to });
  if (to - from >= WORTH_TELLING_MS) console.log(`started ${what} in ${((to - from) / 1000).toFixed(1)} s`);
}
