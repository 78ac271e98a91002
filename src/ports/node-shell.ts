import { setTimeout as pause } from 'node:timers/promises';
import type { Node } from '../domain/cluster/topology.ts';
import { KassetteError } from '../domain/errors.ts';

/** What a script reads: bytes, or more of them than should be held at a time, the same whenever they are asked for. */
export type ShellInput = Uint8Array | SizedInput;

export interface SizedInput {
  /** All of it. */
  readonly bytes: number;
  chunks(): Iterable<Uint8Array>;
}

/** A POSIX shell with coreutils, findutils and grep that sees one node's files, as the user that owns them. */
export interface NodeShell {
  /**
   * Run `script` with `args` as its positional parameters and `input` as its standard input, which ends after the input.
   * Neither arguments nor input are ever looked at by a shell. Answers standard output; with `take` that is given each piece of it
   * instead, which is another one's when `take` returns, and what `take` throws ends the run.
   *
   * Bounded by the implementation's time limit; never retried here, because only the caller knows what is idempotent.
   * @throws NODE_SHELL with the end of standard error, on any exit status but 0, a cut connection or the time limit.
   */
  run(
    node: Node,
    script: string,
    args: readonly string[],
    input?: ShellInput,
    take?: (output: Buffer) => void,
  ): Promise<Buffer>;
}

const ATTEMPTS = 4;
/** What was cut off notices it by its input's end; it is given that long to be gone before it is begun again. */
const RETRY_PAUSE_MS = 1000;

/** A script that may be repeated: a connection that was lost is not the end, nor an answer that is not whole. */
export async function runAgain(
  run: () => Promise<Buffer>,
  isWhole: (output: Buffer) => boolean = () => true,
): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const output = await run();
      if (isWhole(output) || attempt === ATTEMPTS) return output;
    } catch (error) {
      const cut = error instanceof KassetteError && error.code === 'CONNECTION_CUT';
      if (!cut || attempt === ATTEMPTS) throw error;
    }
    await pause(attempt * RETRY_PAUSE_MS);
  }
}
