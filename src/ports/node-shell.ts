import type { Node } from '../domain/cluster/topology.ts';

/** A POSIX shell with coreutils and findutils that sees one node's files, as the user that owns them. */
export interface NodeShell {
  /**
   * Run `script` with `args` as its positional parameters and `input` as its standard input, which ends after the input.
   * Neither arguments nor input are ever looked at by a shell. Answers standard output.
   *
   * Bounded by the implementation's time limit; never retried here, because only the caller knows what is idempotent.
   * @throws NODE_SHELL with the end of standard error, on any exit status but 0, a cut connection or the time limit.
   */
  run(node: Node, script: string, args: readonly string[], input?: Uint8Array): Promise<Buffer>;
}
