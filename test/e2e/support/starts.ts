import { publishWait } from '../../../lab/cluster/starts.ts';

/** Where a datacenter is ready already, nothing has started. */
const WORTH_TELLING_MS = 2000;
/** By then something has failed, even where it mended itself. */
const WORTH_EXPLAINING_MS = 300_000;

/**
 * Wait for a datacenter to start, for the suite that says how much of a file's time this was, and in a line of the output.
 * @param explain what is printed where it fails or takes far too long
 * @param look what the pods look like, for the error
 */
export async function waitForStart(
  what: string,
  work: () => Promise<void>,
  explain: () => Promise<string>,
  look: () => Promise<string>,
): Promise<void> {
  const from = Date.now();
  const took = () => Date.now() - from;
  const tell = async (how: string) => console.log(`${what}: ${how}\n${await explain().catch(String)}`);
  try {
    await publishWait(work);
  } catch (cause) {
    const pods = await look().catch(String);
    await tell('no start');
    throw new Error(`${what} did not start; its pods: ${pods}`, { cause });
  }
  if (took() >= WORTH_EXPLAINING_MS) await tell('a slow start');
  if (took() >= WORTH_TELLING_MS) console.log(`started ${what} in ${(took() / 1000).toFixed(1)} s`);
}
