import { spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { NodeShell } from '../../ports/node-shell.ts';

/** A shell on this machine, for nodes whose files are here: the embedded cluster, or a Job that mounts a volume. */
export function localShell(timeoutMs = 600_000): NodeShell {
  return {
    async run(node, script, args, input = new Uint8Array(), take) {
      const child = spawn('sh', ['-c', script, 'kassette', ...args], {
        stdio: ['pipe', 'pipe', 'pipe'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      });
      const exited = new Promise<string>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (status, signal) => resolve(signal ?? String(status)));
      });
      // A script may end without reading all of its input; its exit status says why.
      child.stdin.on('error', () => {});
      if (input instanceof Uint8Array) child.stdin.end(input);
      else Readable.from(input.chunks(), { objectMode: true }).pipe(child.stdin);
      let fault: { readonly thrown: unknown } | null = null;
      const stop = (thrown: unknown) => {
        fault ??= { thrown };
        child.kill('SIGKILL');
        child.stdout.destroy();
      };
      const output = take === undefined ? buffer(child.stdout) : taken(child.stdout, take, stop);
      const [status, all, stderr] = await Promise.all([exited, output, buffer(child.stderr)]).catch(
        (cause: unknown) => {
          throw failed(node, 'the shell could not be started', cause);
        },
      );
      rethrow(fault);
      if (status !== '0')
        throw failed(node, `exit status ${status}: ${stderr.toString().trim().slice(-400)}`);
      return all;
    },
  };
}

/** Ends with the output; nothing more of it is taken after a fault. */
async function taken(
  output: Readable,
  take: (piece: Buffer) => void,
  stop: (thrown: unknown) => void,
): Promise<Buffer> {
  let isOver = false;
  const taker = new Writable({
    write(piece: Buffer, _encoding, done) {
      try {
        if (!isOver) take(piece);
      } catch (thrown) {
        isOver = true;
        stop(thrown);
      }
      done();
    },
  });
  await new Promise((resolve) => output.once('close', resolve).pipe(taker));
  return Buffer.alloc(0);
}

function rethrow(fault: { readonly thrown: unknown } | null): void {
  if (fault !== null) throw fault.thrown;
}

function failed(node: Node, what: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'NODE_SHELL',
    `A script on the files of ${node.name} failed: ${what}`,
    'Check the disk, the rights in the volume and that sh, coreutils, findutils and grep are there; then run the command again.',
    { cause },
  );
}
