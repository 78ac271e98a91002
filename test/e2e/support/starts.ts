import { publishWait } from '../../../src/embedded/starts.ts';

/** Where a datacenter is ready already, nothing has started. */
const WORTH_TELLING_MS = 2000;

/** Wait for a datacenter to start, for the suite that says how much of a file's time this was, and in a line of the output. */
export async function waitForStart(what: string, work: () => Promise<void>): Promise<void> {
  const from = Date.now();
  await publishWait(work);
  const seconds = (Date.now() - from) / 1000;
  if (seconds * 1000 >= WORTH_TELLING_MS) console.log(`started ${what} in ${seconds.toFixed(1)} s`);
}
