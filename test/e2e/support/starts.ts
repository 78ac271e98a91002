import { publishWait } from '../../../lab/cluster/starts.ts';

/** Where a datacenter is ready already, nothing has started. */
const WORTH_TELLING_MS = 2000;
/** By then something has failed, even where it mended itself. */
const WORTH_EXPLAINING_MS = 300_000;

/**
 * Wait for a datacenter to start, for the suite that says how much of a file's time this was, and in a line of the output.
 * @param explain what is printed where it fails or takes far too long
 */
export async function waitForStart(
  what: string,
  work: () => Promise<void>,
  explain: () => Promise<string>,
): Promise<void> {
  const from = Date.now();
  const took = () => Date.now() - from;
  let started = false;
  try {
    await publishWait(work);
    started = true;
  } finally {
    if (!started || took() >= WORTH_EXPLAINING_MS) {
      console.log(`${what}: ${started ? 'a slow start' : 'no start'}\n${await explain().catch(String)}`);
    }
  }
  if (took() >= WORTH_TELLING_MS) console.log(`started ${what} in ${(took() / 1000).toFixed(1)} s`);
}
